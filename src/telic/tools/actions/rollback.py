"""Put an earlier version of a service back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from telic.errors import ActionRefused
from telic.model import Action, State, Topology, Undo
from telic.tools.actions.card import action, service_of


@action("rollback", example={"target": "hotel", "version": "1"})
@dataclass(frozen=True)
class Rollback:
    """Deploy an earlier version of a service again.

    Effect: the earlier version starts beside the running one, takes over when it is ready, then the other ends.
    Precondition: the service runs another version than the one asked for.
    Undo: a rollback to the version that ran before.
    """

    irreversible: ClassVar[bool] = False
    unattended: ClassVar[bool] = True
    target: str
    version: str

    def precondition(self, state: State, topology: Topology) -> str:
        """Refuse the version that runs already."""
        running = service_of(state, self.target)
        if not self.version:
            raise ActionRefused(f"rollback {self.target}: no version", hint="name one of its history")
        if running.version == self.version:
            raise ActionRefused(
                f"{self.target} already runs version {self.version}", hint=f"before it ran {running.previous_version}"
            )
        return f"{self.target} runs {running.version}"

    def touches(self, topology: Topology) -> frozenset[str]:
        """Only the service itself."""
        return frozenset({self.target})

    def undo(self, state: State) -> Undo:
        """Go back to what runs now."""
        running = service_of(state, self.target).version
        return Undo(Action("rollback", self.target, {"version": running}, f"take back the rollback to {self.version}"))

    def in_force(self, state: State, since: float) -> bool | None:
        """Whether the version asked for runs."""
        return service_of(state, self.target).version == self.version
