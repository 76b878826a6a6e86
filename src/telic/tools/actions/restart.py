"""End a service's processes and start them again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import State, Topology, Undo
from telic.tools.actions.card import action, service_of


@action("restart", example={"target": "booking"})
@dataclass(frozen=True)
class Restart:
    """End every process of a service and start it again at once, with the same version and configuration.

    Effect: requests in flight at this service are lost; caches in its memory are empty; a back-off is cut short.
    Precondition: the service has processes, or waits to start one.
    Undo: nothing stays that could be taken back.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse a service that is not meant to run."""
        instances = service_of(state, self.target).instances
        if not instances:
            raise ActionRefused(f"{self.target} has no process to restart", hint="start it first")
        return f"{self.target} has {len(instances)} process(es): {', '.join(each.phase for each in instances)}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """Only the service itself."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Nothing stays."""
        return Undo(None, note="a restart leaves nothing behind")

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether every process started after the action was begun."""
        instances = service_of(state, self.target).instances
        return all(each.started >= since for each in instances)
