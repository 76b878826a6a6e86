"""The record of one trial: what it takes to repeat it, what users got, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from telic.model.goodput import Goodput, Phases, Verdict

WorldName = Literal["local", "simulated"]
CARRIED = 0.95  # share of good answers, of that before the trigger, at which a load is carried well [1]


@dataclass(frozen=True)
class Fullness:
    """How full one service was over a stretch of time."""

    service: str
    utilisation: float  # slots taken of those that it had, on average [1]
    queued: float  # requests that waited for a slot, on average [1]
    held: str = ""  # what its slots were held by while it was full, in words


@dataclass(frozen=True)
class Evidence:
    """One trial on one world."""

    trial: str  # id in the intent
    kind: str  # trigger | benefit
    inject: Mapping[str, object]
    system: str
    world: WorldName
    wiring: str  # bundled name or whole path; "" is the design's own
    workload: str  # id
    rate: float  # [requests/s]
    seed: int
    telic: str  # version
    hashes: Mapping[str, str]  # of intent, design, wiring, and of Telic's code
    phases: Phases
    seconds: tuple[Goodput, ...]
    verdict: Verdict
    bottleneck: str = ""  # the service that this load fills most
    calm: float = 0.0  # calls to it for one user request before the trigger [1]
    amplification: float = 0.0  # calls to it for one user request during or after the trigger, the larger [1]
    full: tuple[Fullness, ...] = ()  # fullest first, over the same stretch
    operated: bool = False  # an operator was at work
    actions: tuple[str, ...] = field(default=())  # what it did, and the outcome
    source: str = ""  # of the intent: bundled name or whole path


@dataclass(frozen=True)
class Hysteresis:
    """Both states at one load, and at which load the system came back."""

    before: float  # share of good answers before the trigger [1]
    collapsed: float  # after the trigger, at the same load [1]
    restored: float  # at the same load once more, after less of it [1]
    levels: tuple[tuple[float, float], ...]  # load [1] and share of good answers [1], in the order of the cuts

    @property
    def recovered_at(self) -> float | None:
        """The first load [1] at which users were well again; None where none was low enough."""
        return next((load for load, good in self.levels if good >= CARRIED * self.before), None)

    @property
    def metastable(self) -> bool:
        """Whether one load is carried well and badly, depending on what was before."""
        bound = CARRIED * self.before
        return self.collapsed < bound <= self.restored


@dataclass(frozen=True)
class HysteresisEvidence:
    """One test of metastability on one world."""

    trial: str  # whose trigger
    inject: Mapping[str, object]
    system: str
    source: str  # of the intent: bundled name or whole path
    world: WorldName
    wiring: str  # bundled name or whole path; "" is the design's own
    workload: str  # id
    rate: float  # [requests/s]
    seed: int
    telic: str  # version
    hashes: Mapping[str, str]  # of intent, design, wiring, and of Telic's code
    seconds: tuple[Goodput, ...]
    found: Hysteresis
