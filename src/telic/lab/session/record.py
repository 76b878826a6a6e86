"""The record of one episode: one JSON file that reports, comparison and regrading read, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from telic.errors import InvalidRecord
from telic.lab.scenario import Scenario
from telic.lab.session.session import Brief
from telic.model import ActionRecord, Incident, Tally, Truth, Window, dump, load, write_whole

SCHEMA = "telic/episode/v1"

WorldKind = Literal["simulated", "local", "queueing", "recorded", "kubernetes"]
LIVE: tuple[WorldKind, ...] = ("local", "kubernetes")
"""Kinds of worlds in which real processes run in real time, beside whatever else their machines do."""


@dataclass(frozen=True)
class Noted:
    """Something harmless that happened."""

    kind: str
    entity: str
    time: float  # [s since the Unix epoch]
    change: str = ""


@dataclass(frozen=True)
class Called:
    """One call of a tool, as the harness counted it."""

    time: float  # when it began [s since the Unix epoch]
    tool: str
    arguments: Mapping[str, object]
    seconds: float  # of the world's time [s]
    error: str = ""
    bytes: int = 0  # of the answer [bytes]
    rows: int = 0  # [1]


@dataclass(frozen=True)
class Thought:
    """What a language model said beside its calls."""

    time: float  # [s since the Unix epoch]
    text: str


@dataclass(frozen=True)
class Cited:
    """A query that carries a claim; asked again at the end of the episode."""

    query: str
    says: str = ""
    holds: bool | None = None  # it ran and returned rows; None: it was not asked


@dataclass(frozen=True)
class Claims:
    """What the actor said last, field by field."""

    healthy: bool | None = None
    entity: str = ""
    mechanism: str = ""
    onset: float | None = None  # [s since the Unix epoch]
    path: tuple[str, ...] = ()  # from the cause to where users enter
    evidence: tuple[Cited, ...] = ()
    submitted: float | None = None  # the last time [s since the Unix epoch]
    times: Mapping[str, float] = field(
        default_factory=dict
    )  # field to when its value was claimed first, unchanged since


@dataclass(frozen=True)
class Condition:
    """Something that has to hold at the end."""

    says: str
    holds: bool | None  # None: it could not be asked
    id: str = ""  # of the intent, where it comes from there


@dataclass(frozen=True)
class Post:
    """How the world was at the end, before anything was healed."""

    conditions: tuple[Condition, ...] = ()  # the faults' own
    invariants: tuple[Condition, ...] = ()  # the intent's, on the data
    collateral: tuple[str, ...] = ()  # what users need and somebody took away
    residue: tuple[str, ...] = ()  # of the fault


@dataclass(frozen=True)
class Cost:
    """What the actor spent, counted by the harness."""

    calls: int = 0
    seconds: float = 0.0  # of the world's time, from the session's start to its end [s]
    tokens: int = 0
    money: float = 0.0  # [USD]
    bytes: int = 0  # of answers [bytes]


@dataclass(frozen=True)
class Episode:
    """One actor in one scenario under one seed."""

    scenario: Scenario
    scenario_hash: str
    seed: int
    world: WorldKind
    actor: str
    telic: str  # version
    hashes: Mapping[str, str]  # intent, design, wiring
    phases: Mapping[str, Window]  # warm, baseline, hold, recovery
    brief: Brief
    truth: tuple[Truth, ...] = ()
    noise: tuple[Noted, ...] = ()
    calls: tuple[Called, ...] = ()
    thoughts: tuple[Thought, ...] = ()  # of an actor that thinks in words
    claims: Claims = Claims()
    users: tuple[Tally, ...] = ()  # by second and operation, by the load generator's own record
    incidents: tuple[Incident, ...] = ()  # of an actor that writes such
    actions: tuple[ActionRecord, ...] = ()
    post: Post = Post()
    cost: Cost = Cost()
    ended: str = "time"  # submitted | budget | time | crashed: ... | left: its last words | lost: ...
    timings: Mapping[str, float] = field(default_factory=dict)  # ready, reset, loaded, run: of the machine's clock [s]
    repeat: int = 1  # which of several with the same scenario, seed and actor
    disturbed: tuple[str, ...] = ()  # tries before this one that others on the machine spoilt, and how
    schema: str = SCHEMA

    @property
    def name(self) -> str:
        """Name of its file without the ending."""
        return f"{self.scenario.name}-{self.world}-{self.seed}-{self.actor}-{self.repeat}"


def write(folder: Path, episode: Episode) -> Path:
    """Write a record into `folder`, whole or not at all; return its path."""
    return write_whole(folder / f"{episode.name}.json", dump(episode))


def read(path: Path) -> Episode:
    """Read a record.

    Raises
    ------
    InvalidRecord
        Not a record, or one of another schema.
    """
    try:
        found = load(Episode, path.read_bytes())
    except OSError as error:
        raise InvalidRecord(f"{path}: {error.strerror}", hint="name the file of an episode") from error
    except InvalidRecord as error:
        raise InvalidRecord(f"{path}: {error}", hint="records are written by `telic lab run`") from error
    if found.schema != SCHEMA:
        raise InvalidRecord(
            f"{path}: schema {found.schema!r} where {SCHEMA!r} was expected", hint="regrade with its own version"
        )
    return found
