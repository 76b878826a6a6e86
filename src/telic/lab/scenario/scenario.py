"""What a scenario is: an app under load, faults and noise in time, and the tasks that are asked about it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from telic.model import Scalar, dump
from telic.worlds.brought import folder_of
from telic.worlds.recorded.fingerprint import fingerprint

SCHEMA = "telic/scenario/v1"

Task = Literal["detect", "localise", "explain", "mitigate", "predict"]
Shape = Literal["step", "ramp", "periodic"]
NoiseKind = Literal["decoy", "red-herring"]

TASKS: tuple[Task, ...] = ("detect", "localise", "explain", "mitigate")  # asked unless a file says otherwise
EVERY: tuple[Task, ...] = (*TASKS, "predict")


@dataclass(frozen=True)
class Load:
    """What users do meanwhile."""

    name: str = "normal"  # of a workload of the app's intent
    rate: float = 30.0  # [requests/s]
    shape: str = "constant"  # as `telic.worlds.load` knows it


@dataclass(frozen=True)
class Placed:
    """One fault at its place in time.

    Attributes
    ----------
    params
        What the seed does not choose.
    at
        From the episode's fault time to this fault [s].
    lasts
        Seconds after which it goes away by itself [s]; 0: never. ``for`` in a file.
    shape
        ``step``: at once and whole; ``ramp``: in at least four growing sizes `over` so many seconds, each for two
        seconds at most; ``periodic``: there for half of `every` so many seconds, away for the other half.
    """

    kind: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    at: float = 0.0
    lasts: float = 0.0
    shape: Shape = "step"
    over: float = 0.0  # [s]
    every: float = 0.0  # [s]


@dataclass(frozen=True)
class Noise:
    """Something that happens and harms nobody."""

    kind: NoiseKind = "decoy"
    before: float = 8.0  # the episode's fault time [s]


@dataclass(frozen=True)
class Phases:
    """How long each part of an episode lasts [s].

    Warm-up, then a healthy baseline, in which whoever operates is there already, then the fault within `spread` by
    seed, then at most `hold` until the claims are final, then the window in which users have to be well.
    """

    warm: float = 6.0
    baseline: float = 12.0
    spread: float = 3.0
    hold: float = 60.0
    recovery: float = 15.0


@dataclass(frozen=True)
class Scenario:
    """One situation, whole; seeds choose what it leaves open."""

    name: str
    app: str = "hotel"
    tasks: tuple[Task, ...] = TASKS
    difficulty: str = ""
    workload: Load = Load()
    faults: tuple[Placed, ...] = ()
    noise: tuple[Noise, ...] = ()
    phases: Phases = Phases()
    recording: str = ""  # folder of the recorded incident that is replayed; "": it is played
    settings: Mapping[str, Mapping[str, Scalar]] = field(default_factory=dict)  # by service, over those of the intent

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong that stays: the right answer is that nothing has to be done."""
        return all(each.lasts > 0 for each in self.faults)


def digest(scenario: Scenario) -> str:
    """Return a hash of everything in `scenario` but its name; of a recording it is the content, not the place."""
    kept = {
        name: getattr(scenario, name) for name in scenario.__dataclass_fields__ if name not in ("name", "recording")
    }
    if not scenario.settings:
        del kept["settings"]  # as every hash was taken before there were any
    if scenario.recording:
        kept["recording"] = fingerprint(Path(scenario.recording))
    if folder := folder_of(scenario.app):
        kept["app"] = folder.name  # wherever it lies; what it holds, a record says by the hash of its design
    return "sha256:" + hashlib.sha256(dump(kept)).hexdigest()
