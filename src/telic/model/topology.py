"""What a system consists of, and in which state it is."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

EntityKind = Literal["service", "instance", "node", "store", "queue", "external"]
Scalar = str | int | float | bool


@dataclass(frozen=True)
class Window:
    """A stretch of time, start included, end excluded [s since the Unix epoch]."""

    start: float
    end: float

    @property
    def seconds(self) -> float:
        """Its length [s]."""
        return self.end - self.start

    def before(self, seconds: float) -> Window:
        """Return the window of `seconds` [s] that ends where this one starts."""
        return Window(self.start - seconds, self.start)


@dataclass(frozen=True)
class Entity:
    """A named part of a system; edges are entities too when blamed, written ``caller->callee``."""

    name: str
    kind: EntityKind
    of: str = ""  # the service of an instance
    on: str = ""  # the node that it runs on


@dataclass(frozen=True)
class Edge:
    """Who calls (service to service) or uses (service to store) whom."""

    caller: str
    callee: str
    kind: Literal["calls", "uses"] = "calls"
    calls: float | None = None  # in the recording; None: not counted [1]

    @property
    def name(self) -> str:
        """``caller->callee``."""
        return f"{self.caller}->{self.callee}"


@dataclass(frozen=True)
class Topology:
    """Entities and edges of one system; the first service is where users enter."""

    system: str
    entities: tuple[Entity, ...]
    edges: tuple[Edge, ...]
    entry: str = "gateway"

    def of_kind(self, kind: EntityKind) -> tuple[str, ...]:
        """Return the names of all entities of one kind."""
        return tuple(each.name for each in self.entities if each.kind == kind)

    def callees(self, name: str) -> tuple[str, ...]:
        """Return whom `name` calls or uses."""
        return tuple(each.callee for each in self.edges if each.caller == name)

    def callers(self, name: str) -> tuple[str, ...]:
        """Return who calls or uses `name`."""
        return tuple(each.caller for each in self.edges if each.callee == name)

    def reach(self, name: str, *, up: bool = False) -> dict[str, int]:
        """Return all that `name` depends on (with `up`: all that depend on it) and in how many steps; not itself.

        Examples
        --------
        >>> shop = Topology("shop", (), (Edge("web", "cart"), Edge("cart", "db"), Edge("cart", "web")))
        >>> shop.reach("web"), shop.reach("db", up=True)
        ({'cart': 1, 'db': 2}, {'cart': 1, 'web': 2})
        """
        ways: dict[str, list[str]] = {}
        for each in self.edges:
            here, there = (each.callee, each.caller) if up else (each.caller, each.callee)
            ways.setdefault(here, []).append(there)
        return reach(ways, name)


def reach(ways: Mapping[str, Sequence[str]], start: str) -> dict[str, int]:
    """Return where `ways` lead from `start` and in how many steps, the nearest first; `start` itself is left out.

    Examples
    --------
    >>> reach({"web": ["cart"], "cart": ["db", "web"]}, "web")
    {'cart': 1, 'db': 2}
    """
    steps, waiting = {start: 0}, deque([start])
    while waiting:
        here = waiting.popleft()
        for each in ways.get(here, ()):
            if each not in steps:
                steps[each] = steps[here] + 1
                waiting.append(each)
    del steps[start]
    return steps


@dataclass(frozen=True)
class InstanceState:
    """One process of a service or store as its supervisor sees it."""

    name: str  # booking-1
    pid: int  # in the host's numbering; 0 when not running
    phase: Literal["starting", "ready", "unready", "backoff", "stopped"]
    version: str
    started: float  # [s since the Unix epoch]
    restarts: int = 0  # exits that nobody asked for since the deploy [1]
    last_exit: str = ""  # "exit 1", "signal 9"
    unready_since: float = 0.0  # [s since the Unix epoch]; 0 when ready
    cpu_seconds: float = 0.0  # used since start [s]
    throttled_seconds: float = 0.0  # time it wanted to run but was not let (cgroup throttling or stopped) [s]
    process_state: str = ""  # the kernel's letter: R S D T Z
    memory_bytes: int = 0  # proportional set size [bytes]


@dataclass(frozen=True)
class ServiceState:
    """Desired and observed state of one service."""

    name: str
    version: str
    previous_version: str  # what `rollback` returns to; "" when there is none
    revision: int  # of its configuration
    config: Mapping[str, Scalar]  # secrets appear by name only
    policies: Mapping[str, object]  # wiring in force: edge or node name to policy
    instances: tuple[InstanceState, ...]
    replicas: int = 1


@dataclass(frozen=True)
class StoreState:
    """One store process and the grants that the design declares and the store holds."""

    name: str
    instance: InstanceState
    missing_grants: tuple[str, ...] = ()  # "booking: SELECT ON booking.bookings"


@dataclass(frozen=True)
class LinkState:
    """The network path that an edge takes: each edge has a primary link ``a`` and a standby ``b``."""

    edge: str
    active: str  # a | b | other (a port that is no link of this edge)
    ports: Mapping[str, int]


@dataclass(frozen=True)
class State:
    """Everything that is known of a world besides its telemetry."""

    system: str
    time: float
    services: Mapping[str, ServiceState]
    stores: Mapping[str, StoreState] = field(default_factory=dict)
    links: Mapping[str, LinkState] = field(default_factory=dict)
    secrets: Mapping[str, float] = field(default_factory=dict)  # credential files to when written [s since the epoch]
    certificates: Mapping[str, float] = field(default_factory=dict)  # who presents one to its end [s since the epoch]

    @property
    def began(self) -> float:
        """When the oldest process of a service started, 0 where there is none [s since the Unix epoch]."""
        return min((each.started for service in self.services.values() for each in service.instances), default=0.0)


OPERATOR: Final = "telic"  # author of what is done through the guard


@dataclass(frozen=True)
class Change:
    """Something that somebody did to the system: a deploy, a config push, a flag flip, ..."""

    id: str
    time: float
    kind: Literal["deploy", "config", "policy", "flag", "migration", "scale", "grant", "restart", "commit", "other"]
    entity: str
    summary: str
    author: str = ""
    diff: str = ""  # unified diff or "key: old -> new" lines
    before: str = ""  # version or revision
    after: str = ""
    files: tuple[str, ...] = ()  # that a commit touches

    @property
    def own(self) -> bool:
        """Whether it was done through the guard: a remedy, and no suspect."""
        return self.author == OPERATOR
