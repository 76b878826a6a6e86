"""What simulated processes use, and what the simulated database grants, for the state of a world."""

from __future__ import annotations

from collections.abc import Mapping

from telic.worlds.local.observe import Observer, Vitals
from telic.worlds.local.secret_files import secret_path
from telic.worlds.local.store_trouble import NEXT
from telic.worlds.simulated.process import SimulatedProcess
from telic.worlds.simulated.system import SimulatedSystem

MEMORY = 45_000_000  # of every process; the simulation does not follow it [bytes]


class SimulatedObserver(Observer):
    """Asks the processes themselves."""

    def __init__(self, system: SimulatedSystem) -> None:
        super().__init__(system)
        self._stores, self._began = system.stores, system.clock.time()

    async def vitals(self) -> Mapping[str, Vitals]:
        """Return what every process uses."""
        kept = [*self.system.services.values(), *self.system.parts.values()]
        return {each.name: _vitals(each.child) for each in kept if isinstance(each.child, SimulatedProcess)}

    async def missing_grants(self) -> tuple[str, ...]:
        """Compare the design with the database."""
        return self._stores.postgres.grants.missing(self.system.design.grants)

    def written(self) -> Mapping[str, float]:
        """Return a file for every service's role, and one beside it where it was given another password."""
        layout, rotated = self.system.layout, self._stores.postgres.troubles.rotated
        first = {str(secret_path(layout, each.name)): self._began for each in self.system.design.services}
        return first | {f"{secret_path(layout, role)}{NEXT}": at for role, at in rotated.items()}


def _vitals(process: SimulatedProcess) -> Vitals:
    body = process.body
    return Vitals(body.cpu_seconds(), body.kept_seconds(), process.state, MEMORY)
