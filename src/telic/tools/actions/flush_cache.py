"""Empty a cache."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import State, Topology, Undo
from telic.registry import near_names
from telic.tools.actions.card import action


@action("flush_cache", example={"target": "valkey"})
@dataclass(frozen=True)
class FlushCache:
    """Drop everything that a cache holds.

    Effect: every reader goes to its database until the cache is warm again, which can overload it.
    Precondition: the store is a cache (valkey) and is ready.
    Undo: none. Irreversible: refused unattended.
    """

    irreversible: ClassVar[bool] = True
    unattended: ClassVar[bool] = False
    target: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse what is no cache."""
        if self.target not in state.stores or self.target != "valkey":
            raise ActionRefused(f"{self.target} is no cache", hint=near_names(self.target, ["valkey"]))
        if state.stores[self.target].instance.phase != "ready":
            raise ActionRefused(f"{self.target} is not ready", hint="wait until its supervisor has it back")
        return f"{self.target} is ready"

    def touches(self, topology: Topology) -> frozenset[str]:
        """Every service that uses it."""
        return frozenset(topology.callers(self.target))

    def undo(self, state: State) -> Undo:
        """There is no way back."""
        return Undo(None, irreversible=True, note="what a cache held is gone")

    def in_force(self, state: State, since: float) -> bool | None:
        """The state does not show it."""
        return None
