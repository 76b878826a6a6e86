"""State and topology of a running system, as records of the model."""

from __future__ import annotations

import contextlib

from telic.errors import StoreFailed
from telic.model import Edge, Entity, InstanceState, LinkState, ServiceState, State, StoreState, Topology, plain
from telic.worlds.local import configuration, database, postgres, proc
from telic.worlds.local.reconcile import USER
from telic.worlds.local.sampler import Sampler
from telic.worlds.local.supervised import Supervised
from telic.worlds.local.system import System

_GRANTS_FOR = 1.0  # how long a reading of the grants holds [s]


class Observer:
    """Answers what a system looks like now."""

    def __init__(self, system: System, sampler: Sampler) -> None:
        self._system, self._sampler = system, sampler
        self._missing: tuple[float, tuple[str, ...]] = (0.0, ())
        port = system.desired.stores.get("postgres")
        self._database = postgres.Standing(system.layout, port, system.design.system) if port else None

    def topology(self) -> Topology:
        """Return services, instances, stores and edges; the entry first."""
        design = self._system.design
        names = sorted((each.name for each in design.services), key=lambda name: name != design.entry)
        entities = [Entity(name, "service") for name in names]
        entities += [Entity(each.instance, "instance", each.name) for each in self._system.desired.services.values()]
        entities += [Entity(store, "store") for store in design.stores]
        edges = dict.fromkeys(design.edges)
        kinds = [Edge(caller, callee, "uses" if callee in design.stores else "calls") for caller, callee in edges]
        return Topology(design.system, tuple(entities), tuple(kinds), design.entry)

    async def state(self) -> State:
        """Return desired and observed state."""
        system = self._system
        missing = await self._missing_grants()
        families = {name: proc.family(pid) for name, pid in self._store_pids().items()}
        memory = await self._sampler.memory(
            sorted({*self.pids(), *(pid for each in families.values() for pid in each)})
        )
        services = {name: self._service(name, memory) for name in system.desired.services}
        stores = {
            name: StoreState(
                name,
                self._instance(system.parts[name], name, "", families.get(name, []), memory),
                missing if name == "postgres" else (),
            )
            for name in system.desired.stores
            if name in system.parts
        }
        links = {edge: self._link(edge) for edge in system.desired.links if not edge.startswith(f"{USER}->")}
        return State(system.spec.system, system.clock.time(), services, stores, links)

    def pids(self) -> list[int]:
        """Return the processes of services and stores, in our own numbering."""
        kept = [
            *self._system.services.values(),
            *(self._system.parts.get(name) for name in self._system.desired.stores),
        ]
        return [each.child.pid for each in kept if each is not None and each.child is not None]

    def _service(self, name: str, memory: dict[int, int]) -> ServiceState:
        service = self._system.service(name)
        kept = self._system.services.get(name)
        instances: tuple[InstanceState, ...] = ()
        if kept is not None:
            pids = [kept.child.pid] if kept.child else []
            instances = (self._instance(kept, service.instance, service.version, pids, memory),)
        policies = {name: plain(service.node), **{edge: plain(policy) for edge, policy in service.edges.items()}}
        return ServiceState(
            name,
            service.version,
            service.previous_version,
            service.revision,
            dict(service.settings),
            policies,
            instances,
        )

    def _instance(
        self, kept: Supervised, name: str, version: str, pids: list[int], memory: dict[int, int]
    ) -> InstanceState:
        child = kept.child
        stats = [found for found in map(proc.stat, pids) if found is not None]
        return InstanceState(
            name,
            child.host_pid if child else 0,
            kept.phase,
            version,
            kept.started,
            kept.restarts,
            kept.last_exit,
            kept.unready_since,
            sum(each.cpu for each in stats),
            self._sampler.kept(child.pid) if child else 0.0,
            stats[0].state if stats else "",
            sum(memory.get(pid, 0) for pid in pids),
        )

    def _link(self, edge: str) -> LinkState:
        caller, _, callee = edge.partition("->")
        ports = self._system.desired.links[edge]
        key = configuration.port_key(self._system.design.service(caller), callee)
        port = self._system.service(caller).settings.get(key)
        active = next((name for name, each in ports.items() if each == port), "other")
        return LinkState(edge, active, dict(ports))

    def _store_pids(self) -> dict[str, int]:
        parts = self._system.parts
        names = [name for name in self._system.desired.stores if name in parts]
        return {name: child.pid for name in names if (child := parts[name].child) is not None}

    async def _missing_grants(self) -> tuple[str, ...]:
        at, known = self._missing
        now = self._system.clock.monotonic()
        if self._database is None or now - at < _GRANTS_FOR:
            return known
        grants = self._system.design.grants
        with contextlib.suppress(StoreFailed):  # what was known last is the best there is
            self._missing = (now, await self._database.ask(lambda connection: database.missing(connection, grants)))
        return self._missing[1]
