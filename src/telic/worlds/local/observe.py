"""State and topology of a running system, as records of the model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from telic.model import Edge, Entity, InstanceState, LinkState, ServiceState, State, StoreState, Topology, plain
from telic.worlds.local import configuration
from telic.worlds.local.reconcile import USER
from telic.worlds.local.supervised import Supervised
from telic.worlds.local.system import System


@dataclass(frozen=True)
class Vitals:
    """What a running process uses."""

    cpu_seconds: float = 0.0  # [s]
    throttled_seconds: float = 0.0  # kept from running [s]
    process_state: str = ""  # R, S, D, T
    memory_bytes: int = 0


class Observer(ABC):
    """Answers what a system looks like now."""

    def __init__(self, system: System) -> None:
        self.system = system

    @abstractmethod
    async def vitals(self) -> Mapping[str, Vitals]:
        """Return what each service's instance and each store uses now, by the process's name."""

    @abstractmethod
    async def missing_grants(self) -> tuple[str, ...]:
        """Return what the design grants and the database does not hold: ``booking: SELECT ON booking.bookings``."""

    @abstractmethod
    def written(self) -> Mapping[str, float]:
        """Return all files with credentials, and when each was written [s since the Unix epoch]."""

    def secrets(self) -> Mapping[str, float]:
        """Return the files with credentials that services are given, and those that lie beside them."""
        settings = [each.settings.items() for each in self.system.desired.services.values()]
        given = tuple(str(value) for items in settings for key, value in items if key.endswith("_file") and value)
        return {path: at for path, at in self.written().items() if path.startswith(given)}

    def topology(self) -> Topology:
        """Return services, instances, stores and edges; the entry first."""
        design = self.system.design
        names = sorted((each.name for each in design.services), key=lambda name: name != design.entry)
        entities = [Entity(name, "service") for name in names]
        entities += [Entity(each.instance, "instance", each.name) for each in self.system.desired.services.values()]
        entities += [Entity(store, "store") for store in design.stores]
        edges = dict.fromkeys(design.edges)
        kinds = [Edge(caller, callee, "uses" if callee in design.stores else "calls") for caller, callee in edges]
        return Topology(design.system, tuple(entities), tuple(kinds), design.entry)

    async def state(self) -> State:
        """Return desired and observed state."""
        system = self.system
        missing, vitals = await self.missing_grants(), await self.vitals()
        services = {name: self._service(name, vitals) for name in system.desired.services}
        stores = {
            name: StoreState(
                name,
                _instance(system.parts[name], "", vitals),
                missing if name == "postgres" else (),
            )
            for name in system.desired.stores
            if name in system.parts
        }
        links = {edge: self._link(edge) for edge in system.desired.links if not edge.startswith(f"{USER}->")}
        certificates = system.authority.valid()
        return State(system.name, system.clock.time(), services, stores, links, self.secrets(), certificates)

    def _service(self, name: str, vitals: Mapping[str, Vitals]) -> ServiceState:
        service = self.system.service(name)
        kept = self.system.services.get(name)
        instances: tuple[InstanceState, ...] = ()
        if kept is not None:
            instances = (_instance(kept, service.version, vitals),)
        policies = {name: plain(service.node), **{edge: plain(policy) for edge, policy in service.edges.items()}}
        return ServiceState(
            name,
            service.version,
            service.previous_version,
            service.revision,
            dict(service.settings),
            policies,
            instances,
            replicas=0 if kept is not None and kept.phase == "stopped" else 1,
        )

    def _link(self, edge: str) -> LinkState:
        caller, _, callee = edge.partition("->")
        ports = self.system.desired.links[edge]
        key = configuration.port_key(self.system.design.service(caller), callee)
        port = self.system.service(caller).settings.get(key)
        active = next((name for name, each in ports.items() if each == port), "other")
        return LinkState(edge, active, dict(ports))


def _instance(kept: Supervised, version: str, vitals: Mapping[str, Vitals]) -> InstanceState:
    used = vitals.get(kept.name, Vitals()) if kept.child else Vitals()
    return InstanceState(
        kept.name,
        kept.child.host_pid if kept.child else 0,
        kept.phase,
        version,
        kept.started,
        kept.restarts,
        kept.last_exit,
        kept.unready_since,
        used.cpu_seconds,
        used.throttled_seconds,
        used.process_state,
        used.memory_bytes,
    )
