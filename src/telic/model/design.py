"""A design: services, their operations and call plans, stores, wiring; what worlds deploy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from telic.model.intent import Capacity, Field, Objective, Verdict, Workload
from telic.model.topology import Scalar
from telic.runtime.wiring import Wiring

QUEUED = "queue"
REPLICA = "postgres-replica"
"""The store that replays what ``postgres`` wrote and answers reads only."""
READS, FROM_REPLICA = "store.postgres.reads", "replica"
"""The setting that says who answers a service's reads outside of transactions, and its value for the replica."""
LISTEN_TLS = "listen.tls"
"""The setting that says whether a service listens with TLS."""


def store_key(store: str) -> str:
    """Return how the names of settings about a store begin.

    Examples
    --------
    >>> store_key("valkey"), store_key(REPLICA)
    ('store.valkey', 'store.postgres.replica')
    """
    return f"store.{store.replace('-', '.')}"


@dataclass(frozen=True)
class Call:
    """One step of a call plan: which operation of which service, how often for one request."""

    service: str
    operation: str
    times: float = 1.0
    when: str = "always"  # always | cache-miss | queue | condition in words

    @property
    def queued(self) -> bool:
        """Whether it is sent through the queue: nobody waits for it, and it is no edge of its own."""
        return self.when == QUEUED


@dataclass(frozen=True)
class ServiceOperation:
    """One operation that a service offers: ``POST /<name>`` with a JSON body."""

    name: str
    derives: tuple[str, ...]  # ids of the intent
    request: tuple[Field, ...]
    reply: tuple[Field, ...]
    errors: Mapping[str, Verdict] = field(default_factory=dict)
    mutating: bool = False
    idempotent: bool = True
    calls: tuple[Call, ...] = ()
    statements: tuple[str, ...] = ()  # names of the store statements that every call runs


@dataclass(frozen=True)
class Table:
    """A table of a service's own schema."""

    name: str
    columns: Mapping[str, str]  # name to SQL type
    key: tuple[str, ...]
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ServiceDesign:
    """One deployable service."""

    name: str
    kind: Literal["gateway", "facade", "owner"]
    owns: tuple[str, ...]
    operations: tuple[ServiceOperation, ...]
    tables: tuple[Table, ...] = ()
    stores: tuple[str, ...] = ()  # postgres | postgres-replica | valkey | nats
    capacity: Capacity | None = None
    version: str = "1"
    settings: Mapping[str, Scalar] = field(default_factory=dict)  # of its own, besides those of every service

    @property
    def callees(self) -> tuple[str, ...]:
        """Services that its call plans ask, each once, in order."""
        calls = (call for each in self.operations for call in each.calls)
        return tuple(dict.fromkeys(call.service for call in calls if not call.queued))


@dataclass(frozen=True)
class Grant:
    """What a service's database role may do."""

    service: str
    table: str  # schema.table
    privileges: tuple[str, ...]


@dataclass(frozen=True)
class Design:
    """Everything a world needs to run a system; `folder` holds the files."""

    system: str
    intent_hash: str
    services: tuple[ServiceDesign, ...]
    stores: tuple[str, ...]
    grants: tuple[Grant, ...]
    wiring: Wiring
    objectives: tuple[Objective, ...]
    workloads: tuple[Workload, ...]
    entry: str = "gateway"
    staleness: Mapping[str, float] = field(default_factory=dict)  # operation id of the intent to [s]
    max_processes: int = 0  # services and stores together; 0: no limit
    hash: str = ""
    folder: Path = Path()

    def service(self, name: str) -> ServiceDesign:
        """Return the service called `name`."""
        return next(each for each in self.services if each.name == name)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Caller and callee of every edge, stores included, in order."""
        calls = [(each.name, callee) for each in self.services for callee in each.callees]
        return tuple(calls + [(each.name, store) for each in self.services for store in each.stores])

    @property
    def subjects(self) -> Mapping[str, str]:
        """Operations that are asked for through the queue, each with the service that does it."""
        calls = (call for each in self.services for operation in each.operations for call in operation.calls)
        return {call.operation: call.service for call in calls if call.queued}
