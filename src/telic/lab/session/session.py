"""What an actor gets: a brief, a clock, tools, a budget. Every door of the lab is a face of this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from telic.lab.scenario import TASKS


@dataclass(frozen=True)
class Promise:
    """One thing that users were promised."""

    id: str  # of the intent, O1
    says: str


@dataclass(frozen=True)
class ToolCard:
    """One tool: what it does, and what it takes.

    Attributes
    ----------
    parameters
        A JSON schema of type ``object``.
    """

    name: str
    doc: str
    parameters: Mapping[str, object]
    writes: bool = False  # whether it changes the system


@dataclass(frozen=True)
class Brief:
    """What an actor is told before it begins."""

    app: str
    entry: str  # where users enter
    promises: tuple[Promise, ...]
    tasks: tuple[str, ...] = TASKS
    tools: tuple[ToolCard, ...] = ()
    mechanisms: Mapping[str, str] = field(default_factory=dict)  # the words for what can be wrong, and their meaning
    calls: int = 200  # at most [1]
    seconds: float = 60.0  # until the session ends at the latest, from its start [s of the world's time]
    began: float = 0.0  # [s since the Unix epoch]


@dataclass(frozen=True)
class ToolResult:
    """What came of one call."""

    text: str = ""
    rows: Sequence[Mapping[str, object]] = ()
    error: str = ""  # what is wrong, and what to do; "" where all is well
    seconds: float = 0.0  # of the world's time that the call took [s]
    closed: bool = False  # no further call is answered


class Session(Protocol):
    """One actor's time with one system."""

    @property
    def brief(self) -> Brief:
        """What the actor is told before it begins."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the session is over: final claims, a spent budget, or the end of its time."""
        ...

    def now(self) -> float:
        """Return the world's time [s since the Unix epoch]."""
        ...

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        """Call a tool of the brief; bad input is an answer with `error`, never an exception."""
        ...
