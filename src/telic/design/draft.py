"""A design while it grows: archetypes add operations, columns and tables to it, and it becomes a `SystemPlan`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from telic.design.entities import entity_plan
from telic.design.plan import (
    Attribute,
    Column,
    EntityPlan,
    Index,
    JobPlan,
    OperationPlan,
    ServicePlan,
    SystemPlan,
    TablePlan,
)
from telic.errors import InvalidDesign
from telic.model import Scalar
from telic.model.design import FROM_REPLICA, LISTEN_TLS, READS, REPLICA, Call
from telic.model.intent import EntityType, Intent, Operation, StateMachine
from telic.registry import near_names

GATEWAY = "gateway"
FACADE = "search"
COMPOSE = "compose"
FANOUT = "fanout"
CHAT, PROMPT_FILTER, INFERENCE, RESPONSE_FILTER = "chat", "promptfilter", "inference", "responsefilter"
FACADES = (FACADE, COMPOSE, FANOUT, CHAT, PROMPT_FILTER, INFERENCE, RESPONSE_FILTER)
"""Services that own nothing, in the order in which a design lists them."""

KEY_TABLE = "idempotency"
OPTIONAL: Mapping[str, Scalar] = {LISTEN_TLS: False, READS: "primary"}
"""Settings that every service takes, with what holds where an intent does not speak of them."""
ALL = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE"})


class Draft:
    """What is known of a design so far.

    Parameters
    ----------
    intent
        The checked intent that it is derived from.
    """

    def __init__(self, intent: Intent) -> None:
        self.intent = intent
        self._operations: dict[tuple[str, str], OperationPlan] = {}
        self._derived: dict[str, list[Attribute]] = defaultdict(list)
        self._hidden: dict[str, list[Column]] = defaultdict(list)
        self._indexes: dict[str, list[Index]] = defaultdict(list)
        self._tables: dict[str, list[TablePlan]] = defaultdict(list)
        self._jobs: dict[str, list[JobPlan]] = defaultdict(list)
        self._cached: set[str] = set()
        self._queued: set[str] = set()
        self._settings: dict[str, dict[str, Scalar]] = defaultdict(dict)

    def add(self, plan: OperationPlan) -> OperationPlan:
        """Add an operation; one that is there already serves one more id of the intent."""
        place = (plan.service, plan.name)
        if place in self._operations:
            before = self._operations[place]
            if (before.shape, before.facts) != (plan.shape, plan.facts):
                raise InvalidDesign(
                    f"{plan.service} would have two operations {plan.name} ({', '.join(plan.operation.derives)})",
                    hint="rename one of the operations in the intent",
                )
            derives = tuple(dict.fromkeys(before.operation.derives + plan.operation.derives))
            plan = replace(before, operation=replace(before.operation, derives=derives))
        self._operations[place] = plan
        return plan

    def offer(self, plan: OperationPlan) -> OperationPlan:
        """Add an operation and the gateway's forwarding of it under the same name."""
        plan = self.add(replace(plan, public=True))
        calls = (Call(plan.service, plan.name),)
        forward = replace(plan.operation, calls=calls, statements=())
        self.add(
            replace(
                plan,
                service=GATEWAY,
                operation=forward,
                shape="forward",
                needs=(plan.service,),
                facts={},
                uses={},
                modules=(),
            )
        )
        return plan

    def derive(self, entity: str, attribute: Attribute) -> None:
        """Give an entity a public field that its archetype computes."""
        if attribute not in self._derived[entity]:
            self._derived[entity].append(attribute)

    def hide(self, entity: str, *columns: Column) -> None:
        """Give an entity columns that no message carries."""
        self._hidden[entity].extend(columns)

    def index(self, entity: str, *indexes: Index) -> None:
        """Give an entity's table indexes."""
        self._indexes[entity].extend(indexes)

    def table(self, table: TablePlan) -> None:
        """Add a table besides those of the entities."""
        if table not in self._tables[table.service]:
            self._tables[table.service].append(table)

    def job(self, service: str, job: JobPlan) -> None:
        """Add work on a schedule."""
        self._jobs[service].append(job)

    def cache(self, service: str) -> None:
        """Let a service keep answers in Valkey."""
        self._cached.add(service)

    def queue(self, service: str) -> None:
        """Let a service send to the queue, or take from it."""
        self._queued.add(service)

    def configure(self, service: str, settings: Mapping[str, Scalar]) -> None:
        """Let a service start with settings of its own."""
        self._settings[service] |= settings

    def find(self, service: str, name: str) -> OperationPlan | None:
        """Return an operation that was added before, or None."""
        return self._operations.get((service, name))

    def reserving(self, stock: str) -> Operation | None:
        """Return the intent's operation that reserves the stock of the entity `stock`, if there is one."""
        found = (each for each in self.intent.operations if each.kind == "reserve")
        return next((each for each in found if each.stock.partition(".")[0] == stock), None)

    def machine(self, name: str) -> StateMachine:
        """Return the state machine called `name`."""
        return next(each for each in self.intent.states if each.name == name)

    def finish(self) -> SystemPlan:
        """Return the whole plan: the gateway, the facades that are needed, and every owner in the intent's order."""
        owners = list(dict.fromkeys(each.owner for each in self.intent.entities))
        offered = {service for service, _ in self._operations}
        names = [GATEWAY, *(each for each in FACADES if each in offered), *owners]
        return SystemPlan(self.intent.system, tuple(self._service(each) for each in names))

    def _service(self, name: str) -> ServicePlan:
        operations = tuple(self._whole(plan) for (service, _), plan in self._operations.items() if service == name)
        entities = tuple(self._entity(each) for each in self.intent.entities if each.owner == name)
        kind: Literal["gateway", "facade", "owner"] = "owner" if entities else "facade"
        kind = "gateway" if name == GATEWAY else kind
        keyed = kind == "owner" and any(each.operation.mutating for each in operations)
        tables = (*(each.table for each in entities), *self._tables[name], *([_key_table(name)] if keyed else []))
        asked = [call for plan in operations for call in plan.operation.calls]
        called, sent = ([each for each in asked if each.queued is queued] for queued in (False, True))
        return ServicePlan(
            name=name,
            kind=kind,
            entities=entities,
            operations=operations,
            jobs=tuple(_with_step(each, operations) for each in self._jobs[name]),
            calls=self._asked(called),
            sends=self._asked(sent),
            tables=tables,
            uses=_merged([*(each.uses for each in operations), {KEY_TABLE: ALL} if keyed else {}]),
            stores=self._stores(name, owner=bool(entities)),
            settings=self._settled(name),
            capacity=next((each for each in self.intent.capacity if each.service == name), None),
        )

    def _asked(self, calls: list[Call]) -> tuple[OperationPlan, ...]:
        places = dict.fromkeys((each.service, each.operation) for each in calls)
        return tuple(self._whole(self._operations[each]) for each in places)

    def _stores(self, name: str, *, owner: bool) -> tuple[str, ...]:
        reads = self._settled(name).get(READS)
        if reads is not None and (not owner or reads not in ("primary", FROM_REPLICA)):
            hint = "primary or replica, of a service that owns something"
            raise InvalidDesign(f"{name}: {READS} is {reads!r}", hint=hint)
        used = {"postgres": owner, REPLICA: reads == FROM_REPLICA}
        used |= {"valkey": name in self._cached, "nats": name in self._queued}
        return tuple(store for store, there in used.items() if there)

    def _settled(self, name: str) -> dict[str, Scalar]:
        """Return the settings of a service: what the intent says, as the kind of value that they are."""
        found = dict(self._settings[name])
        known = {**OPTIONAL, **found}
        for key, text in self.intent.settings.get(name, {}).items():
            if key not in known:
                raise InvalidDesign(f"{name} has no setting {key!r}", hint=near_names(key, known))
            found[key] = _like(known[key], text, f"{name}: {key}")
        return found

    def _whole(self, plan: OperationPlan) -> OperationPlan:
        if not plan.entity or plan.operation.reply:
            return plan
        fields = self._entity(self.intent.entity(plan.entity)).fields
        return replace(plan, operation=replace(plan.operation, reply=fields))

    def _entity(self, entity: EntityType) -> EntityPlan:
        return entity_plan(entity, self._derived[entity.name], self._hidden[entity.name], self._indexes[entity.name])


def _like(own: Scalar, text: str, where: str) -> Scalar:
    """Return `text` as the kind of value that `own` is."""
    try:
        if isinstance(own, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(own)(text)
    except (KeyError, ValueError) as error:
        raise InvalidDesign(f"{where} is {own!r}, not {text!r}", hint="write the same kind of value") from error


def _key_table(service: str) -> TablePlan:
    columns = (
        Column("key", "TEXT NOT NULL"),
        Column("operation", "TEXT NOT NULL"),
        Column("status", "INTEGER"),
        Column("reply", "BYTEA"),
        Column("claimed_at", "TIMESTAMPTZ NOT NULL DEFAULT now()"),
    )
    indexes = (Index(f"{KEY_TABLE}_claimed_at", "claimed_at"),)
    return TablePlan(service, KEY_TABLE, columns, ("key",), indexes, "the first answer to every idempotency key")


def _with_step(job: JobPlan, operations: tuple[OperationPlan, ...]) -> JobPlan:
    """Let a job finish what a begun step has left open."""
    for each in operations:
        called = each.facts.get("called")
        if each.shape == "settle" and each.entity == job.facts["entity"] and isinstance(called, OperationPlan):
            return replace(job, needs=(*job.needs, called.service), facts={**job.facts, "settle": each})
    return job


def _merged(uses: list[Mapping[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    merged: dict[str, frozenset[str]] = {}
    for each in uses:
        for table, privileges in each.items():
            merged[table] = merged.get(table, frozenset()) | privileges
    return merged
