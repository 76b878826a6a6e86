"""The record of one trial: what it takes to repeat it, what users got, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from telic.model.goodput import Goodput, Phases, Verdict

WorldName = Literal["local", "simulated"]


@dataclass(frozen=True)
class Fullness:
    """How full one service was over a stretch of time."""

    service: str
    utilisation: float  # slots taken of those that it had, on average [1]
    queued: float  # requests that waited for a slot, on average [1]


@dataclass(frozen=True)
class Evidence:
    """One trial on one world."""

    trial: str  # id in the intent
    kind: str  # trigger | benefit
    inject: Mapping[str, object]
    system: str
    world: WorldName
    wiring: str  # bundled name or file; "" is the design's own
    workload: str  # id
    rate: float  # [requests/s]
    seed: int
    telic: str  # version
    hashes: Mapping[str, str]  # of intent, design and wiring
    phases: Phases
    seconds: tuple[Goodput, ...]
    verdict: Verdict
    bottleneck: str = ""  # the service that this load fills most
    calm: float = 0.0  # calls to it for one user request before the trigger [1]
    amplification: float = 0.0  # calls to it for one user request during or after the trigger, the larger [1]
    full: tuple[Fullness, ...] = ()  # fullest first, over the same stretch
    operated: bool = False  # an operator was at work
    actions: tuple[str, ...] = field(default=())  # what it did, and the outcome
