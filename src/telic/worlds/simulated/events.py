"""What the supervisor of a simulated world did and saw, as logs of its telemetry."""

from __future__ import annotations

from collections.abc import Sequence

from telic.clock import Clock
from telic.worlds.local.events import Event, Events
from telic.worlds.simulated.telemetry import SimulatedTelemetry


class SimulatedEvents(Events):
    """Puts events straight into the store."""

    def __init__(self, system: str, clock: Clock, telemetry: SimulatedTelemetry) -> None:
        super().__init__(system, 0, clock)
        self._telemetry = telemetry

    async def deliver(self, batch: Sequence[Event]) -> int:
        """Store events; return the HTTP status that a receiver would answer."""
        self._telemetry.events(self._system, batch)
        return 200
