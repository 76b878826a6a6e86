"""The low-level design before it becomes code: services, operations, tables, each with the facts its template needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from telic.design.naming import camel, column
from telic.model import Scalar
from telic.model.design import ServiceOperation
from telic.model.intent import Capacity, EntityType, Field, FieldType

PARTS = {"engine": "Engine", "buckets": "Buckets"}
"""Constructor arguments that are made once a process: modules that a service carries, and their classes."""

MOST_CITED = 10  # ids of the intent that the head of a file lists one by one [1]


@dataclass(frozen=True)
class Column:
    """A column and its SQL type, ``NOT NULL`` and the like included."""

    name: str
    type: str

    @property
    def sql(self) -> str:
        """Its name as SQL text."""
        return column(self.name)


@dataclass(frozen=True)
class Index:
    """An index over columns, given as SQL text."""

    name: str
    columns: str
    unique: bool = False
    where: str = ""


@dataclass(frozen=True)
class TablePlan:
    """A table of a service's own schema."""

    service: str
    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    indexes: tuple[Index, ...] = ()
    about: str = ""

    @property
    def full_name(self) -> str:
        """``booking.bookings``."""
        return f"{self.service}.{self.name}"


@dataclass(frozen=True)
class Attribute:
    """A public field of an entity: its message type and how it goes to columns and back."""

    name: str
    type: FieldType
    columns: tuple[Column, ...]

    @property
    def field(self) -> Field:
        """The same as a field of a message."""
        return Field(self.name, self.type)


@dataclass(frozen=True)
class EntityPlan:
    """An entity as a message, a table and the words that templates use."""

    entity: EntityType
    name: str  # Hotel
    one: str  # hotel
    many: str  # hotels
    attributes: tuple[Attribute, ...]  # the key first
    hidden: tuple[Column, ...]
    table: TablePlan

    @property
    def service(self) -> str:
        """The service that owns it."""
        return self.entity.owner

    @property
    def key(self) -> str:
        """The name of its key."""
        return self.entity.key

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of its public fields."""
        return tuple(each for attribute in self.attributes for each in attribute.columns)

    @property
    def fields(self) -> tuple[Field, ...]:
        """Its public fields, as in a reply."""
        return tuple(each.field for each in self.attributes)

    def attribute(self, name: str) -> Attribute:
        """Return the public field called `name`."""
        return next(each for each in self.attributes if each.name == name)


@dataclass(frozen=True)
class OperationPlan:
    """An operation of one service, the template of its handler and what that template needs."""

    service: str
    operation: ServiceOperation
    shape: str  # the template's name
    about: str  # what it does, a sentence
    public: bool = False  # the gateway offers it under the same name
    auth: bool = False
    queued: bool = False  # asked for through the queue
    entity: str = ""  # whose entity a reply is, or is a list of
    needs: tuple[str, ...] = ()  # constructor arguments: store, clock, ids, tokens, background, or a service
    facts: Mapping[str, object] = field(default_factory=dict)
    uses: Mapping[str, frozenset[str]] = field(default_factory=dict)  # table to privileges
    modules: tuple[tuple[str, tuple[str, ...]], ...] = ()  # of `telic.design.modules`, and what handlers take of them

    @property
    def name(self) -> str:
        """The operation's name."""
        return self.operation.name

    @property
    def stem(self) -> str:
        """What its messages are called before ``Request`` and ``Reply``."""
        return camel(self.name) if self.public else camel(self.service) + camel(self.name)

    @property
    def request(self) -> str:
        """The class of its request."""
        return f"{self.stem}Request"

    @property
    def reply(self) -> str:
        """The class of its reply: an entity where that is the whole answer."""
        whole = self.entity and not any(each.type.base == "entity" for each in self.operation.reply)
        return self.entity if whole else f"{self.stem}Reply"

    @property
    def read(self) -> bool:
        """Whether it may be asked by GET and cached: it changes nothing, and no address or secret ends up in a URL."""
        private = any(each.type.base in ("secret", "email") for each in self.operation.request)
        return not self.operation.mutating and not private


@dataclass(frozen=True)
class JobPlan:
    """Work on a schedule."""

    name: str
    every: float  # [s]
    shape: str
    about: str
    derives: tuple[str, ...]
    needs: tuple[str, ...]
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class ServicePlan:
    """One deployable service."""

    name: str
    kind: Literal["gateway", "facade", "owner"]
    entities: tuple[EntityPlan, ...]
    operations: tuple[OperationPlan, ...]
    jobs: tuple[JobPlan, ...]
    calls: tuple[OperationPlan, ...]  # operations of others that it asks for
    sends: tuple[OperationPlan, ...]  # and those that it asks for through the queue
    tables: tuple[TablePlan, ...]
    uses: Mapping[str, frozenset[str]]  # table to privileges, what the role is granted
    stores: tuple[str, ...]
    settings: Mapping[str, Scalar]
    capacity: Capacity | None

    @property
    def derives(self) -> tuple[str, ...]:
        """Every id of the intent that it serves."""
        ids = {each for plan in self.operations for each in plan.operation.derives if "." not in each}
        return tuple(sorted(ids))

    @property
    def cited(self) -> str:
        """The same as text for the head of a file; more than `MOST_CITED` as ranges, such as ``F1-F9, F12``."""
        if len(self.derives) <= MOST_CITED:
            return ", ".join(self.derives)
        ordered = sorted(self.derives, key=_number)
        runs: list[list[str]] = []
        for each in ordered:
            if runs and _number(each) == (_number(runs[-1][-1])[0], _number(runs[-1][-1])[1] + 1):
                runs[-1].append(each)
            else:
                runs.append([each])
        return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)

    @property
    def modules(self) -> dict[str, tuple[str, ...]]:
        """Modules that it carries, and what its handlers take of them."""
        found: dict[str, tuple[str, ...]] = {}
        for plan in self.operations:
            for name, taken in plan.modules:
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *taken)))
        return found

    @property
    def parts(self) -> tuple[str, ...]:
        """Objects of those modules that its handlers share."""
        needs = dict.fromkeys(need for plan in self.operations for need in plan.needs)
        return tuple(each for each in needs if each in PARTS)

    @property
    def callees(self) -> tuple[str, ...]:
        """Services that it calls, each once, in order."""
        return tuple(dict.fromkeys(each.service for each in self.calls))

    @property
    def consumes(self) -> tuple[str, ...]:
        """Operations that it does for what stands in the queue."""
        return tuple(each.name for each in self.operations if each.queued)

    @property
    def mutating(self) -> bool:
        """Whether any of its operations changes a store of its own."""
        return self.kind == "owner" and any(each.operation.mutating for each in self.operations)


@dataclass(frozen=True)
class SystemPlan:
    """All services of a system, the gateway first."""

    system: str
    services: tuple[ServicePlan, ...]

    def service(self, name: str) -> ServicePlan:
        """Return the service called `name`."""
        return next(each for each in self.services if each.name == name)

    def entity(self, name: str) -> EntityPlan:
        """Return the entity called `name`."""
        return next(each for service in self.services for each in service.entities if each.name == name)


def _number(id_: str) -> tuple[str, int]:
    """Return an id's letters and its number."""
    letters = id_.rstrip("0123456789")
    return letters, int(id_[len(letters) :])
