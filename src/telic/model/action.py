"""Actions on a world, and what became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from telic.model.topology import Scalar

Outcome = Literal["planned", "refused", "applied", "helped", "undone", "undo_failed", "left"]


@dataclass(frozen=True)
class Action:
    """One write to a world: a verb of the action registry, its target, its parameters and why.

    Targets are a service (``booking``), an edge (``search->hotel``) or a store (``postgres``).
    """

    verb: str
    target: str
    params: Mapping[str, Scalar] = field(default_factory=dict)
    reason: str = ""

    def __str__(self) -> str:
        params = ", ".join(f"{key}={value}" for key, value in self.params.items())
        return f"{self.verb} {self.target}" + (f" ({params})" if params else "")


@dataclass(frozen=True)
class Undo:
    """What takes an action back.

    `action` is None where the action leaves nothing behind that could be taken back (a restart);
    an action whose effect stays and cannot be taken back is `irreversible`.
    """

    action: Action | None
    irreversible: bool = False
    note: str = ""


@dataclass(frozen=True)
class ActionRecord:
    """An action from plan to end, as the journal keeps it."""

    id: str
    incident: str
    action: Action
    outcome: Outcome
    planned: float  # [s since the Unix epoch]
    applied: float = 0.0
    ended: float = 0.0
    dry_run: str = ""  # what it would change, in words
    undo: Undo | None = None
    checks: tuple[str, ...] = ()  # each rule of the guard and what it said
    health: str = ""  # what the oracle saw before it decided
