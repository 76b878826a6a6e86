"""Bring a database back to what the design declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import State, Topology, Undo
from telic.registry import near_names
from telic.tools.actions.card import action


@action("reconcile", example={"target": "postgres"})
@dataclass(frozen=True)
class Reconcile:
    """Bring a database back to what the design declares, by statements that the dry run shows.

    Effect: roles may log in without a limit; settings of the server, names of tables and columns are as designed;
    checks that no migration made are dropped, unused indexes rebuilt; transactions of strangers that hold tables end.
    Of a replica: it replays what its primary wrote.
    Data and passwords are left alone.
    Precondition: the store is the database or its replica, and something of it differs from the design.
    Undo: none is needed; nothing is ever changed but towards the design.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse what is no store of the world; whether anything differs, the dry run sees."""
        if self.target not in state.stores:
            raise ActionRefused(f"no store {self.target!r} in this world", hint=near_names(self.target, state.stores))
        return f"{self.target} is {state.stores[self.target].instance.phase}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """The store; no service is interrupted."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Nothing to take back."""
        return Undo(None, note="the database is as designed; there is nothing to take back")

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether it is as designed, the state does not show."""
        return None
