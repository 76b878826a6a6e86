"""What the lab's pages show; whoever runs the lab fills it in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from telic.model import Tally, Window
from telic.model.estimate import Estimate

Who = Literal["actor", "users", "lab", "system"]
Kind = Literal["", "trivial", "knows the truth"]
"""Of an actor: one that anybody can write in a minute, or one that is told what is wrong; "" is one that counts."""


@dataclass(frozen=True)
class Standing:
    """One actor over many episodes.

    Attributes
    ----------
    balanced
        Mean of the shares of rightly judged sick and healthy episodes.
    false_alarm
        Share of healthy episodes in which the actor raised an alarm, made a claim or acted.
    tasks
        Share of passed episodes by task, ``solved`` among them.
    numbers
        Means and medians by name; None where nothing was counted. See `telic.lab.runs.summary`.
    """

    actor: str
    kind: Kind
    episodes: int
    worlds: Mapping[str, int]  # episodes by kind of world
    void: int
    crashed: int
    balanced: Estimate
    false_alarm: Estimate
    tasks: Mapping[str, Estimate]
    numbers: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Group:
    """One actor in one part of a run."""

    name: str  # of a layer, of an app
    actor: str
    kind: Kind
    tasks: Mapping[str, Estimate]
    episodes: int


@dataclass(frozen=True)
class EpisodeLine:
    """One episode in a run's list."""

    scenario: str
    app: str
    layer: str
    seed: int
    repeat: int
    actor: str
    world: str
    void: str
    outcomes: Mapping[str, bool | None]
    false_alarms: int
    page: str  # relative address; "" where there is none


@dataclass(frozen=True)
class Square:
    """One scenario for one actor on one kind of world: how far it is, and how it went."""

    scenario: str
    actor: str
    world: str
    planned: int
    done: int
    void: int
    solved: int


@dataclass(frozen=True)
class RunView:
    """A run of a suite."""

    id: str
    title: str
    suite: str
    made: float  # [s since the Unix epoch]
    telic: str
    held_out: bool
    planned: int
    missing: int
    damaged: tuple[str, ...]
    standings: tuple[Standing, ...]
    layers: tuple[Group, ...]
    apps: tuple[Group, ...]
    episodes: tuple[EpisodeLine, ...]
    squares: tuple[Square, ...] = ()
    flaky: Estimate | None = None  # None: nothing was repeated
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One thing that happened in an episode."""

    time: float  # [s since the Unix epoch]
    who: Who
    text: str
    detail: str = ""
    kind: Literal["call", "action", "claim", "refused", "failed", "other"] = "other"


@dataclass(frozen=True)
class Task:
    """One task and its grade."""

    name: str
    passed: bool | None
    why: str
    after: float | None = None  # the first user harm [s]


@dataclass(frozen=True)
class EpisodeView:
    """One episode as its actor went through it, and the truth."""

    name: str
    scenario: str
    app: str
    actor: str
    world: str
    seed: int
    repeat: int
    began: float  # the session [s since the Unix epoch]
    ended: str
    phases: Mapping[str, Window]
    users: tuple[Tally, ...]
    promises: tuple[str, ...]
    void: str
    tasks: tuple[Task, ...]
    claims: Mapping[str, str]
    facts: Mapping[str, str]  # harm, cost and the like, in words
    steps: tuple[Step, ...]  # what the actor could see or did, in order
    harm: Window | None = None  # first to last second of user harm
    truth: tuple[Step, ...] = ()  # injected, healed, noise
    wrong: str = ""  # what was really wrong, in a sentence
    checks: tuple[tuple[str, str], ...] = ()  # what the oracle asked, and "holds", "fails", "not asked"
    hashes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """One suite on the leaderboard."""

    title: str
    suite: str
    held_out: bool
    runs: tuple[str, ...]
    standings: tuple[Standing, ...]
