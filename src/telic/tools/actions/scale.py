"""Let a service run that was scaled to zero."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import Action, State, Topology, Undo
from telic.tools.actions.card import action, service_of


@action("scale", example={"target": "booking", "replicas": 1})
@dataclass(frozen=True)
class Scale:
    """Start a service that was told not to run.

    Effect: the service runs again, with the version and configuration that it had.
    Precondition: nothing of the service is meant to run; an operator starts services, it does not end them.
    Undo: the service is told not to run again.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    replicas: int = 1

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse to end a service, and one that runs."""
        instances = service_of(state, self.target).instances
        if self.replicas != 1:
            raise ActionRefused(
                f"scale {self.target}: replicas={self.replicas}", hint="1: a world runs one process of a service"
            )
        if any(each.phase != "stopped" for each in instances):
            raise ActionRefused(f"{self.target} is meant to run already", hint="restart it if it does not answer")
        return f"{self.target} was told not to run"

    def touches(self, topology: Topology) -> frozenset[str]:
        """Only the service itself."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Tell it not to run."""
        return Undo(Action("scale", self.target, {"replicas": 0}, "take back the start"))

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether something of it is meant to run."""
        return any(each.phase != "stopped" for each in service_of(state, self.target).instances)
