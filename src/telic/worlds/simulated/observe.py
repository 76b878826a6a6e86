"""What simulated processes use, and what the simulated database grants, for the state of a world."""

from __future__ import annotations

from collections.abc import Mapping

from telic.worlds.local.observe import Observer, Vitals
from telic.worlds.simulated.process import SimulatedProcess
from telic.worlds.simulated.system import SimulatedSystem

MEMORY = 45_000_000  # of every process; the simulation does not follow it [bytes]


class SimulatedObserver(Observer):
    """Asks the processes themselves."""

    def __init__(self, system: SimulatedSystem) -> None:
        super().__init__(system)
        self._stores = system.stores

    async def vitals(self) -> Mapping[str, Vitals]:
        """Return what every process uses."""
        kept = [*self.system.services.values(), *self.system.parts.values()]
        return {each.name: _vitals(each.child) for each in kept if isinstance(each.child, SimulatedProcess)}

    async def missing_grants(self) -> tuple[str, ...]:
        """Compare the design with the database."""
        return self._stores.postgres.grants.missing(self.system.design.grants)


def _vitals(process: SimulatedProcess) -> Vitals:
    body = process.body
    return Vitals(body.cpu_seconds(), body.kept_seconds(), process.state, MEMORY)
