"""Values of single fields of seed rows."""

from __future__ import annotations

import random
from datetime import date, timedelta

from telic.design import python, words
from telic.design.plan import Attribute, EntityPlan
from telic.design.seed_relations import Row
from telic.model.intent import FieldType, StateMachine

FIRST_DAY = date(2026, 1, 5)


def stay(row: Row, name: str) -> list[str]:
    """Return the days of the range `name` of a row."""
    start, end = date.fromisoformat(str(row[f"{name}_start"])), date.fromisoformat(str(row[f"{name}_end"]))
    return [(start + timedelta(days=each)).isoformat() for each in range((end - start).days)]


def text(entity: EntityPlan, attribute: Attribute, chance: random.Random) -> str:
    """Return a name, a title or a few sentences, as long as the field allows."""
    longest = int(attribute.type.maximum or python.LINE)
    if attribute.name == "name" and any(each.name.endswith("_hash") for each in entity.hidden):
        return words.person(chance)[:longest]
    if longest >= 200 and attribute.type.maximum:
        return words.prose(chance, longest)
    return f"{words.title(chance)} {entity.name}"[:longest]


def plain(kind: FieldType, chance: random.Random, machines: tuple[StateMachine, ...]) -> object:
    """Return a value of any other type within its bounds."""
    if kind.base == "enum":
        return chance.choice(kind.options)
    if kind.base == "state":
        return python.states(kind, machines)[0]
    if kind.base == "bool":
        return chance.random() < 0.5
    if kind.base == "date":
        return (FIRST_DAY + timedelta(days=chance.randrange(280))).isoformat()
    low, high = python.bounds(kind)
    least = max(low, 0.0) if low is not None else 0.0
    most = high if high is not None and high < python.MOST_INT else least + 100
    if kind.base in ("int", "money"):
        return chance.randint(int(least) + (1 if kind.exclusive else 0), int(most))
    return round(chance.uniform(least, most), 3)
