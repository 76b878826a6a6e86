"""The intent's invariants, asked of the data that a system keeps."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from telic.errors import InvalidIntent, TelicError
from telic.intent import expressions
from telic.lab.course import Course
from telic.lab.session.record import Condition
from telic.model import Intent
from telic.model.intent import EntityType, Invariant

Thing = Any  # a row with attributes: fields of the entity, references as keys
MOST = 200_000  # combinations of one invariant that are looked at [1]

_COMPARE: Mapping[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}
_REDUCE: Mapping[str, Callable[..., Any]] = {"all": all, "any": any, "sum": sum, "min": min, "max": max, "len": len}


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


class Facts:
    """The things that a system keeps, found by what they refer to.

    Parameters
    ----------
    things
        Gives all things of an entity.
    """

    def __init__(self, intent: Intent, things: Callable[[EntityType], Sequence[Thing]]) -> None:
        self._intent, self._things = intent, things
        self._found: dict[str, Sequence[Thing]] = {}
        self._by_reference: dict[tuple[str, str], dict[object, list[Thing]]] = {}

    def all(self, entity: str) -> Sequence[Thing]:
        """Return every thing of an entity."""
        if entity not in self._found:
            self._found[entity] = self._things(self._intent.entity(entity))
        return self._found[entity]

    def referring(self, entity: str, field: str, key: object) -> list[Thing]:
        """Return the things of `entity` whose `field` refers to `key`."""
        known = self._by_reference.get((entity, field))
        if known is None:
            known = self._by_reference[entity, field] = defaultdict(list)
            for each in self.all(entity):
                known[getattr(each, field)].append(each)
        return known.get(key, [])


@dataclass(frozen=True)
class _Bound:
    """A thing of a scope, and of which entity it is."""

    entity: EntityType
    thing: Thing


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
    judge = _Judge(intent, facts)
    broken = 0
    for number, place in enumerate(_places(names, intent, facts)):
        if number >= MOST:
            raise InvalidIntent(f"{invariant.id}: more than {MOST} places", hint="narrow its scope")
        broken += not judge.value(tree, place)
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
        places = [{**place, name: _Bound(entity, thing)} for place in places for thing in facts.all(entity.name)]
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


class _Judge:
    """Values of expressions over data."""

    def __init__(self, intent: Intent, facts: Facts) -> None:
        self._intent, self._facts = intent, facts
        self._final = {each.name: frozenset(each.final) for each in intent.states}

    def value(self, node: ast.expr, names: Mapping[str, Any]) -> Any:
        """Return what an expression is worth where `names` are bound."""
        if isinstance(node, ast.IfExp):  # a implies b
            return not self.value(node.body, names) or bool(self.value(node.orelse, names))
        if isinstance(node, ast.BoolOp):
            judged = (bool(self.value(each, names)) for each in node.values)
            return all(judged) if isinstance(node.op, ast.And) else any(judged)
        if isinstance(node, ast.UnaryOp):
            found = self.value(node.operand, names)
            return not found if isinstance(node.op, ast.Not) else -found
        if isinstance(node, ast.BinOp):
            left, right = self.value(node.left, names), self.value(node.right, names)
            return (
                left + right
                if isinstance(node.op, ast.Add)
                else left - right
                if isinstance(node.op, ast.Sub)
                else left * right
            )
        if isinstance(node, ast.Compare):
            values = [self.value(each, names) for each in (node.left, *node.comparators)]
            return all(_COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, values, values[1:], strict=False))
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Tuple):
            return tuple(self.value(each, names) for each in node.elts)
        if isinstance(node, ast.Name) and node.id in names:
            return names[node.id]
        if isinstance(node, ast.Attribute):
            found = self.value(node.value, names)
            return getattr(found.thing if isinstance(found, _Bound) else found, node.attr)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node.args, names)
        raise InvalidIntent(f"{ast.unparse(node)} cannot be asked of data", hint="see docs/reference/intent.md")

    def _call(self, name: str, given: Sequence[ast.expr], names: Mapping[str, Any]) -> Any:
        if name in ("count", "live") and given and isinstance(given[0], ast.Name):
            found = self._referring(given[0].id, [self.value(each, names) for each in given[1:]])
            if name == "count":
                return len(found)
            return [each for each in found if not self._ended(given[0].id, each.thing)]
        if name in _REDUCE and len(given) == 1:
            inner = given[0]
            if isinstance(inner, ast.GeneratorExp):
                return _REDUCE[name](list(self._each(inner, names)))
            return _REDUCE[name](self.value(inner, names))
        raise InvalidIntent(f"{name}(...) cannot be asked of data", hint="see docs/reference/intent.md")

    def _each(self, node: ast.GeneratorExp, names: Mapping[str, Any]) -> Iterator[Any]:
        loop = node.generators[0]
        assert isinstance(loop.target, ast.Name)
        for each in self.value(loop.iter, names):
            bound = {**names, loop.target.id: each}
            if all(self.value(test, bound) for test in loop.ifs):
                yield self.value(node.elt, bound)

    def _referring(self, entity: str, to: Sequence[Any]) -> list[_Bound]:
        """Return the things of `entity` that refer to all of `to`; a day is in one of their ranges."""
        kind = self._intent.entity(entity)
        found: list[Thing] | None = None
        for bound in (each for each in to if isinstance(each, _Bound)):
            reference = next((each.name for each in kind.fields if each.type.target == bound.entity.name), None)
            if reference is None:
                raise InvalidIntent(f"{entity} does not refer to {bound.entity.name}", hint="name what it refers to")
            mine = self._facts.referring(entity, reference, getattr(bound.thing, bound.entity.key))
            found = mine if found is None else [each for each in found if each in mine]
        kept = self._facts.all(entity) if found is None else found
        ranges = [each.name for each in kind.fields if each.type.base == "daterange"]
        for day in (each for each in to if isinstance(each, date)):
            kept = [each for each in kept if any(day in getattr(each, name).dates for name in ranges)]
        return [_Bound(kind, each) for each in kept]

    def _ended(self, entity: str, thing: Thing) -> bool:
        states = [each for each in self._intent.entity(entity).fields if each.type.base == "state"]
        return any(getattr(thing, each.name) in self._final.get(each.type.target, ()) for each in states)
