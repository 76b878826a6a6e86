"""Take privileges from a service's database role: the way back of a grant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import Action, State, Topology, Undo
from telic.tools.actions.card import action, service_of
from telic.tools.actions.privileges import listed, missing


@action("revoke", example={"target": "booking", "table": "booking.bookings", "privileges": "INSERT"})
@dataclass(frozen=True)
class Revoke:
    """Revoke privileges on a table from the role of a service.

    Effect: statements that need them fail at once. Exists to take a grant back; refused unattended otherwise.
    Precondition: the privileges are not missing already.
    Undo: grant the same.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = False
    target: str
    table: str
    privileges: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse what is missing already."""
        service_of(state, self.target)
        gone = [each for each in listed(self.privileges) if each in missing(state, self.target, self.table)]
        if gone or not listed(self.privileges):
            raise ActionRefused(
                f"{self.target} lacks {', '.join(gone) or 'nothing'} on {self.table} already", hint="nothing to revoke"
            )
        return f"{self.target} has {self.privileges} on {self.table}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """The service whose role it is."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Grant the same."""
        return Undo(Action("grant", self.target, {"table": self.table, "privileges": self.privileges}))

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether all of the privileges are missing."""
        lacking = missing(state, self.target, self.table)
        return all(each in lacking for each in listed(self.privileges))
