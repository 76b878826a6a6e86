"""Seed rows: plausible, consistent with each other, the same for the same intent."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import cast

import msgspec

from telic.design import words
from telic.design.archetypes.publish import Delivery
from telic.design.archetypes.reserve import Reservation
from telic.design.geo import cell_of
from telic.design.plan import Attribute, EntityPlan, OperationPlan, SystemPlan
from telic.design.seed_relations import Row, deliveries, links, ordered
from telic.design.seed_values import FIRST_DAY, plain, stay, text
from telic.model.intent import Intent
from telic.runtime.passwords import COST

DEMO_PASSWORD = "correct horse battery staple"  # of every seeded account, and documented as such
MOST = 5000  # things of one kind, whatever the workload says [1]
USUAL = 1000  # things of one kind where no workload says [1]
PER_THING = 5  # listed things for each thing they refer to [1]
STEP = 7919  # a prime, so that steps of it visit every index


def counts(system: SystemPlan, intent: Intent) -> dict[str, int]:
    """Return how many there will be of each entity [1]: as many as the workloads' keys, more of what is listed."""
    base = min(MOST, max((each.keys.count for each in intent.workloads), default=USUAL))
    factors = {each.name: 1 for each in intent.entities}
    for plan in (plan for service in system.services for plan in service.operations):
        name = plan.facts.get("entity")
        if plan.shape in ("list", "list_shown", "count", "ends", "similar"):
            factors[str(name)] = PER_THING
        elif plan.shape == "search" and plan.facts["start"]:
            factors[plan.entity] = 2
    return {name: base * factor for name, factor in factors.items()}


def seed_rows(system: SystemPlan, intent: Intent) -> dict[str, list[Row]]:
    """Return the rows of every table that starts with some, by ``service.table``."""
    maker = _Maker(system, intent)
    entities = {each.name: each for service in system.services for each in service.entities}
    for name in sorted(ordered(entities), key=maker.delivered):
        maker.fill(entities[name])
    return {**{entities[name].table.full_name: rows for name, rows in maker.rows.items() if rows}, **maker.stock}


def seed_files(rows: Mapping[str, list[Row]]) -> dict[str, bytes]:
    """Return ``seed/<service>.<table>.jsonl`` and its bytes."""
    encode = msgspec.json.Encoder().encode
    return {f"seed/{name}.jsonl": b"".join(encode(row) + b"\n" for row in each) for name, each in rows.items()}


@lru_cache
def demo_hash(system: str) -> str:
    """Return the stored form of the demo password, the same for the same system."""
    salt = hashlib.sha256(system.encode()).digest()[:16]
    digest = hashlib.scrypt(DEMO_PASSWORD.encode(), salt=salt, n=COST, r=8, p=1)
    return f"scrypt${COST}${base64.b64encode(salt).decode()}${base64.b64encode(digest).decode()}"


def key_of(one: str, index: int) -> str:
    """Return the key of the seeded thing number `index`, counted from 0.

    Examples
    --------
    >>> key_of("hotel", 0)
    'hotel-000001'
    """
    return f"{one}-{index + 1:06d}"


class _Maker:
    """Makes the rows of one entity after the other, those referred to first."""

    def __init__(self, system: SystemPlan, intent: Intent) -> None:
        self._system, self._machines = system, intent.states
        self._counts = counts(system, intent)
        self._plans = [plan for service in system.services for plan in service.operations]
        self.rows: dict[str, list[Row]] = {}
        self.stock: dict[str, list[Row]] = {}

    def fill(self, entity: EntityPlan) -> None:
        """Make the rows of `entity`."""
        chance = random.Random(f"{self._system.system}:{entity.name}")
        reserved = self._plan("reserve", entity)
        charged = self._plan("charge", entity)
        delivered = self._plan("deliver", entity)
        if delivered is not None:
            self.rows[entity.name] = self._all(entity, self._delivered(entity, delivered), chance)
        elif self._plan("link", entity) is not None:
            self.rows[entity.name] = self._all(entity, self._linked(entity), chance)
        elif reserved is not None:
            self.rows[entity.name] = self._reserved(entity, reserved, chance)
        elif charged is not None:
            self.rows[entity.name] = self._charged(entity, charged, chance)
        else:
            backed = self._backed(entity)
            given = [backed(index) for index in range(self._counts[entity.name])]
            self.rows[entity.name] = self._all(entity, given, chance)

    def delivered(self, name: str) -> bool:
        """Whether the rows of an entity follow from those of others that they do not refer to."""
        return self._plan("deliver", self._system.entity(name)) is not None

    def _plan(self, shape: str, entity: EntityPlan) -> OperationPlan | None:
        found = (each for each in self._plans if each.shape == shape and each.facts.get("entity") == entity.name)
        return next(found, None)

    def _backed(self, entity: EntityPlan) -> Callable[[int], Row]:
        """Return what a thing that requires another one takes from it."""
        plan = self._plan("create", entity)
        required = plan.facts["required"] if plan is not None else None
        if not isinstance(required, OperationPlan):
            return lambda index: {}
        names, state = required.facts["names"], str(required.facts["state_field"])
        rows = self.rows.get(str(required.facts["entity"]), [])
        sources = [row for row in rows if row[state] == required.facts["state"]]
        assert isinstance(names, list)
        if not sources:
            return lambda index: {}
        return lambda index: {f"{name}_id": sources[index % len(sources)][f"{name}_id"] for name in names}

    def _reserved(self, entity: EntityPlan, plan: OperationPlan, chance: random.Random) -> list[Row]:
        facts = plan.facts["reservation"]
        assert isinstance(facts, Reservation)
        if not facts.settled:
            return []  # what is only held runs out at once
        states = [facts.settled, *self._after(entity, facts.settled)]
        things = {row[self._system.entity(facts.stock_entity).key]: row for row in self.rows[facts.stock_entity]}
        taken: dict[tuple[str, str], int] = {}
        rows = []
        for index in range(self._counts[entity.name]):
            row = self._row(entity, index, chance, {facts.state: states[index % len(states)]})
            thing = things[row[f"{facts.thing}_id"]]
            days = stay(row, facts.days) if facts.days else [""]
            places = [(str(row[f"{facts.thing}_id"]), day) for day in days]
            quantity, stock = int(str(row[facts.quantity])), int(str(thing[facts.stock_field]))
            if any(taken.get(place, 0) + quantity > stock for place in places):
                continue
            taken.update({place: taken.get(place, 0) + quantity for place in places})
            if facts.amount:
                row["amount"] = int(str(thing[facts.price])) * quantity * len(days)
            if facts.hold:
                row["held_until"] = row["created_at"]
            rows.append(row)
        self.stock[f"{entity.service}.{facts.stock_table}"] = [
            {f"{facts.thing}_id": thing, **({"day": day} if day else {}), "taken": number}
            for (thing, day), number in sorted(taken.items())
        ]
        return rows

    def _charged(self, entity: EntityPlan, plan: OperationPlan, chance: random.Random) -> list[Row]:
        link, money, copied = str(plan.facts["link"]), str(plan.facts["money"]), plan.facts["copied"]
        assert isinstance(copied, list)
        origin = self._system.entity(entity.attribute(link).type.target)
        rows = []
        for index, row in enumerate(self._recorded(origin, plan)):
            given: Row = {f"{link}_id": row[origin.key], "created_at": row["created_at"]}
            for name in copied:
                given |= {each.name: row[each.name] for each in entity.attribute(str(name)).columns}
            if money:
                amount = next(each.name for each in origin.attributes if each.type.base == "money")
                given[money] = row[amount]
            rows.append(self._row(entity, index, chance, given))
        return rows

    def _after(self, entity: EntityPlan, state: str) -> list[str]:
        """Return where a step that another service records leads to from `state`, if anywhere."""
        steps = (each for each in self._plans if each.shape == "settle" and each.facts["entity"] == entity.name)
        return [str(each.facts["to"]) for each in steps if each.facts["start"] == state]

    def _recorded(self, origin: EntityPlan, plan: OperationPlan) -> list[Row]:
        """Return the rows of `origin` of which `plan` has recorded something: those that have taken its step."""
        rows = self.rows.get(origin.name, [])
        for each in self._plans:
            called = each.facts.get("called")
            if each.shape == "settle" and isinstance(called, OperationPlan) and called.name == plan.name:
                done = {str(each.facts["to"]), *self._after(origin, str(each.facts["to"]))}
                return [row for row in rows if row[str(each.facts["state"])] in done]
        return rows

    def _linked(self, entity: EntityPlan) -> list[Row]:
        ends = [each for each in entity.attributes[1:] if each.type.base == "ref"]
        near, far = (
            [str(row[self._system.entity(each.type.target).key]) for row in self.rows.get(each.type.target, ())]
            for each in ends
        )
        names = [each.columns[0].name for each in ends]
        pairs = links(near, far, self._counts[entity.name], random.Random(f"{self._system.system}:{entity.name}:links"))
        return [dict(zip(names, pair, strict=True)) for pair in pairs]

    def _delivered(self, entity: EntityPlan, plan: OperationPlan) -> list[Row]:
        facts = cast(Delivery, plan.facts["delivery"])
        thing = self._system.entity(entity.attribute(facts["thing"]).type.target)
        return deliveries(facts, thing.key, self.rows.get(thing.name, ()), self.rows.get(facts["links"], ()))

    def _all(self, entity: EntityPlan, given: list[Row], chance: random.Random) -> list[Row]:
        return [self._row(entity, index, chance, each) for index, each in enumerate(given)]

    def _row(self, entity: EntityPlan, index: int, chance: random.Random, given: Row) -> Row:
        row: Row = {entity.key: key_of(entity.one, index)}
        for attribute in entity.attributes[1:]:
            row |= self._value(entity, attribute, index, chance)
        for column in entity.hidden:
            if column.name.endswith("_hash"):
                row[column.name] = demo_hash(self._system.system)
        if any(each.name == "settling" for each in entity.hidden):
            row["settling"] = False
        row["created_at"] = (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=index)).isoformat()
        return row | given

    def _value(self, entity: EntityPlan, attribute: Attribute, index: int, chance: random.Random) -> Row:
        kind, name = attribute.type, attribute.columns[0].name
        if kind.base == "ref":
            return {name: self._reference(entity, attribute, index)}
        if kind.base == "geo":
            lat, lon = words.place(chance)
            return dict(zip([each.name for each in attribute.columns], (lat, lon, cell_of(lat, lon)), strict=True))
        if kind.base == "daterange":
            start = FIRST_DAY + timedelta(days=chance.randrange(280))
            end = start + timedelta(days=chance.randint(1, 3))
            return dict(
                zip([each.name for each in attribute.columns], (start.isoformat(), end.isoformat()), strict=True)
            )
        if kind.base == "email":
            return {name: f"{entity.one}{index + 1:06d}@example.com"}
        if kind.base == "str" and self._plan("upload", entity) is not None:
            return {name: words.examples(chance)}
        if kind.base == "str":
            return {name: text(entity, attribute, chance)}
        return {name: plain(kind, chance, self._machines)}

    def _reference(self, entity: EntityPlan, attribute: Attribute, index: int) -> str:
        """Return whom row `index` refers to: the first reference counts up, others spread widely."""
        target = self._system.entity(attribute.type.target)
        number = max(1, len(self.rows.get(target.name, ())))
        first = next(each for each in entity.attributes[1:] if each.type.base == "ref")
        return key_of(target.one, index % number if attribute is first else (index * STEP + 13) % number)
