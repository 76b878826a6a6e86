"""Give a service's database role what the design grants it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import Action, State, Topology, Undo
from telic.tools.actions.card import action, service_of
from telic.tools.actions.privileges import listed, missing


@action("grant", example={"target": "booking", "table": "booking.bookings", "privileges": "SELECT, INSERT"})
@dataclass(frozen=True)
class Grant:
    """Grant privileges on a table to the role of a service, as far as the design declares them and they are missing.

    Effect: statements that the database refused work again at once.
    Precondition: each privilege is declared by the design and missing in the store: never more than was designed.
    Undo: revoke exactly what was missing.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    table: str
    privileges: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse what is not missing, or was never designed."""
        service_of(state, self.target)
        lacking = missing(state, self.target, self.table)
        beyond = [each for each in listed(self.privileges) if each not in lacking]
        if beyond or not listed(self.privileges):
            raise ActionRefused(
                f"{', '.join(beyond) or 'nothing'} on {self.table} is not missing for {self.target}",
                hint=f"missing: {', '.join(lacking) or 'nothing'}",
            )
        return f"{self.target} lacks {', '.join(lacking)} on {self.table}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """The service whose role it is."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Revoke what is missing now and asked for."""
        lacking = missing(state, self.target, self.table)
        back = ", ".join(each for each in listed(self.privileges) if each in lacking)
        if not back:
            return Undo(None, note="nothing was missing")
        return Undo(
            Action("revoke", self.target, {"table": self.table, "privileges": back}, "take back what was granted")
        )

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether none of the privileges is missing."""
        lacking = missing(state, self.target, self.table)
        return not any(each in lacking for each in listed(self.privileges))
