"""What real processes use and what PostgreSQL's catalogue grants, for the state of a local world."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

from telic.errors import StoreFailed
from telic.worlds.local import database, postgres, proc, secret_files
from telic.worlds.local.live import LocalSystem
from telic.worlds.local.observe import Observer, Vitals
from telic.worlds.local.sampler import Sampler
from telic.worlds.local.supervised import Supervised

_GRANTS_FOR = 1.0  # how long a reading of the grants holds [s]


class LocalObserver(Observer):
    """Reads ``/proc``, cgroups and the database."""

    def __init__(self, system: LocalSystem, sampler: Sampler) -> None:
        super().__init__(system)
        self._sampler = sampler
        self._missing: tuple[float, tuple[str, ...]] = (0.0, ())
        port = system.desired.stores.get("postgres")
        self._database = postgres.Standing(system.layout, port, system.design.system) if port else None

    async def vitals(self) -> Mapping[str, Vitals]:
        """Measure every process; a store's children are part of it."""
        families = {
            kept.name: (kept.child.pid, proc.family(kept.child.pid) if kept in self._stores() else [kept.child.pid])
            for kept in (*self.system.services.values(), *self._stores())
            if kept.child is not None
        }
        memory = await self._sampler.memory(sorted({pid for _, pids in families.values() for pid in pids}))
        return {name: self._vitals(pid, pids, memory) for name, (pid, pids) in families.items()}

    async def missing_grants(self) -> tuple[str, ...]:
        """Ask PostgreSQL, at most once a second."""
        at, known = self._missing
        now = self.system.clock.monotonic()
        if self._database is None or now - at < _GRANTS_FOR:
            return known
        grants = self.system.design.grants
        with contextlib.suppress(StoreFailed):  # what was known last is the best there is
            self._missing = (now, await self._database.ask(lambda connection: database.missing(connection, grants)))
        return self._missing[1]

    def written(self) -> Mapping[str, float]:
        """Ask the files."""
        return secret_files.written(self.system.layout)

    def pids(self) -> list[int]:
        """Return the processes of services and stores, in our own numbering."""
        kept = [*self.system.services.values(), *self._stores()]
        return [each.child.pid for each in kept if each.child is not None]

    def _vitals(self, pid: int, pids: list[int], memory: Mapping[int, int]) -> Vitals:
        stats = [found for found in map(proc.stat, pids) if found is not None]
        return Vitals(
            sum(each.cpu for each in stats),
            self._sampler.kept(pid),
            stats[0].state if stats else "",
            sum(memory.get(each, 0) for each in pids),
        )

    def _stores(self) -> list[Supervised]:
        parts = self.system.parts
        return [parts[name] for name in self.system.desired.stores if name in parts]
