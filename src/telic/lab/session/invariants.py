"""The intent's invariants, asked of the data that a system keeps."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from telic.errors import InvalidIntent, TelicError
from telic.intent import expressions
from telic.lab.course import Course
from telic.lab.session.expression import Compiler
from telic.lab.session.facts import Bound, Facts
from telic.lab.session.record import Condition
from telic.model import Intent
from telic.model.intent import Invariant

MOST = 200_000  # combinations of one invariant that are looked at [1]


def invariants(course: Course, intent: Intent) -> Iterator[Condition]:
    """Say of each invariant whether it holds on what `course` keeps now."""
    for each in intent.invariants:
        try:
            broken = violations(each, intent, Facts(intent, course.things))
        except TelicError as error:
            yield Condition(f"{each.expr}: {error}", None, each.id)
            continue
        words = f"{each.expr}, {each.scope}" if each.scope else each.expr
        yield Condition(f"{words}; broken {broken} times" if broken else words, not broken, each.id)


def violations(invariant: Invariant, intent: Intent, facts: Facts) -> int:
    """Return how many of the things that the scope goes through break the invariant [1].

    Raises
    ------
    InvalidIntent
        It says something that cannot be asked of data.
    """
    tree = expressions.parse(invariant.expr)
    scope = re.fullmatch(r"per\(\s*([a-z_, ]+?)\s*\)", invariant.scope)
    names = [each.strip() for each in scope[1].split(",")] if scope else []
    holds = Compiler(intent, facts).compiled(tree)
    broken = 0
    for number, place in enumerate(_places(names, intent, facts)):
        if number >= MOST:
            raise InvalidIntent(f"{invariant.id}: more than {MOST} places", hint="narrow its scope")
        broken += not holds(place)
    return broken


def _places(names: Sequence[str], intent: Intent, facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield every combination of things, and each day on which anything of them is there."""
    entities = {each.name.lower(): each for each in intent.entities}
    unknown = [each for each in names if each not in entities and each != "day"]
    if unknown:
        raise InvalidIntent(f"nothing is called {unknown[0]}", hint="name entities in small letters, and day")
    places: list[dict[str, Any]] = [{}]
    for name in (each for each in names if each != "day"):
        entity = entities[name]
        places = [{**place, name: Bound(entity, thing)} for place in places for thing in facts.all(entity.name)]
    for place in places:
        if "day" not in names:
            yield place
            continue
        yield from ({**place, "day": day} for day in sorted(_days(place, intent, facts)))


def _days(place: Mapping[str, Any], intent: Intent, facts: Facts) -> set[date]:
    found: set[date] = set()
    for entity in intent.entities:
        ranges = [each.name for each in entity.fields if each.type.base == "daterange"]
        for reference in (each for each in entity.fields if each.type.base == "ref") if ranges else ():
            for bound in place.values():
                if bound.entity.name == reference.type.target:
                    key = getattr(bound.thing, bound.entity.key)
                    for thing in facts.referring(entity.name, reference.name, key):
                        found |= {day for name in ranges for day in getattr(thing, name).dates}
    return found
