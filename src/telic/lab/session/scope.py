"""The places that an invariant speaks of: combinations of things, and days."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import product
from math import prod
from typing import Any

from telic.errors import InvalidIntent
from telic.lab.session.facts import Bound, Facts
from telic.model import Intent
from telic.model.intent import EntityType

MOST = 200_000  # combinations that are looked at one by one [1]
DAY = "day"


def places(names: Sequence[str], tree: ast.expr, intent: Intent, facts: Facts) -> Iterator[dict[str, Any]]:
    """Yield every combination of the things called `names`, and each day on which anything of them is there.

    Of more than `MOST` combinations only those are yielded that something refers to as a whole, and one to which
    nothing does: all others are like that one where the expression `tree` only counts what refers to all of them.

    Raises
    ------
    InvalidIntent
        Nothing is called so; there are too many combinations, and they are not alike.
    """
    entities = {each.name.lower(): each for each in intent.entities}
    unknown = [each for each in names if each not in entities and each != DAY]
    if unknown:
        raise InvalidIntent(f"nothing is called {unknown[0]}", hint="name entities in small letters, and day")
    scope = {each: entities[each] for each in names if each != DAY}
    number = 0
    for place in _combinations(scope, tree, intent, facts):
        for each in _on_days(place, intent, facts) if DAY in names else (place,):
            number += 1
            if number > MOST:
                raise _too_many(tree)
            yield each


def _combinations(
    scope: Mapping[str, EntityType], tree: ast.expr, intent: Intent, facts: Facts
) -> Iterable[dict[str, Any]]:
    bound = [[Bound(entity, thing) for thing in facts.all(entity.name)] for entity in scope.values()]
    everything = (dict(zip(scope, each, strict=True)) for each in product(*bound))
    if prod(map(len, bound)) <= MOST:
        return everything
    if not _jointly(tree, set(scope)):
        raise _too_many(tree)
    return _referred(scope, intent, facts, everything)


def _too_many(tree: ast.expr) -> InvalidIntent:
    return InvalidIntent(f"{ast.unparse(tree)}: more than {MOST} places", hint="narrow its scope")


def _jointly(tree: ast.expr, names: set[str]) -> bool:
    """Whether the names occur only as what is counted together: ``count(Wish, user, product)``."""
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call) and isinstance(each.func, ast.Name)]
    given = [{arg.id for arg in each.args[1:] if isinstance(arg, ast.Name)} for each in calls]
    asked = sum(isinstance(each, ast.Name) and each.id in names for each in ast.walk(tree))
    return all(names <= each for each in given) and asked == len(names) * len(calls)


def _referred(
    scope: Mapping[str, EntityType], intent: Intent, facts: Facts, everything: Iterable[dict[str, Any]]
) -> Iterator[dict[str, Any]]:
    """Yield each combination that something refers to, and one that nothing refers to."""
    things = {
        name: {getattr(each, kind.key): Bound(kind, each) for each in facts.all(kind.name)}
        for name, kind in scope.items()
    }
    found: set[tuple[object, ...]] = set()
    for entity in intent.entities:
        fields = [next((f.name for f in entity.fields if f.type.target == kind.name), "") for kind in scope.values()]
        if all(fields):
            found |= {tuple(getattr(each, field) for field in fields) for each in facts.all(entity.name)}
    for keys in sorted(found, key=repr):
        place = {name: things[name].get(key) for name, key in zip(scope, keys, strict=True)}
        if all(place.values()):
            yield place
    yield from _first_without(found, everything)


def _first_without(found: set[tuple[object, ...]], everything: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for place in everything:
        if tuple(getattr(each.thing, each.entity.key) for each in place.values()) not in found:
            yield place
            return


def _on_days(place: Mapping[str, Any], intent: Intent, facts: Facts) -> Iterator[dict[str, Any]]:
    return ({**place, DAY: day} for day in sorted(_days(place, intent, facts)))


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
