"""Expressions of invariants, as functions over data."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from operator import add, mul, sub
from typing import Any

from telic.errors import InvalidIntent
from telic.lab.session.facts import Bound, Facts, Thing
from telic.model import Intent
from telic.model.intent import EntityType

Names = Mapping[str, Any]  # what names are bound to: things, days, values
Value = Callable[[Names], Any]

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
_COUNT: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {ast.Add: add, ast.Sub: sub, ast.Mult: mul}
_REDUCE: Mapping[str, Callable[..., Any]] = {"all": all, "any": any, "sum": sum, "min": min, "max": max, "len": len}


class Compiler:
    """Turns expressions into functions of what names are bound to: they are asked of many places."""

    def __init__(self, intent: Intent, facts: Facts) -> None:
        self._intent, self._facts = intent, facts
        self._final = {each.name: frozenset(each.final) for each in intent.states}

    def compiled(self, node: ast.expr) -> Value:
        """Return what an expression is worth, as a function of what names are bound to.

        Raises
        ------
        InvalidIntent
            It says something that cannot be asked of data.
        """
        match node:
            case ast.IfExp():  # a implies b
                given, then = self.compiled(node.body), self.compiled(node.orelse)
                return lambda names: not given(names) or bool(then(names))
            case ast.BoolOp():
                parts, reduce = (
                    [self.compiled(each) for each in node.values],
                    all if isinstance(node.op, ast.And) else any,
                )
                return lambda names: reduce(part(names) for part in parts)
            case ast.UnaryOp():
                operand = self.compiled(node.operand)
                return (
                    (lambda names: not operand(names))
                    if isinstance(node.op, ast.Not)
                    else lambda names: -operand(names)
                )
            case ast.BinOp():
                left, right, apply = self.compiled(node.left), self.compiled(node.right), _COUNT.get(type(node.op), mul)
                return lambda names: apply(left(names), right(names))
            case ast.Compare():
                return self._comparison(node)
            case ast.Constant():
                return lambda names: node.value
            case ast.Tuple():
                members = [self.compiled(each) for each in node.elts]
                return lambda names: tuple(each(names) for each in members)
            case ast.Name():
                return lambda names: _named(names, node.id)
            case ast.Attribute():
                return self._attribute(self.compiled(node.value), node.attr)
            case ast.Call(func=ast.Name()):
                return self._call(node.func.id, node.args)  # type: ignore[attr-defined]
        raise InvalidIntent(f"{ast.unparse(node)} cannot be asked of data", hint="see docs/reference/intent.md")

    def _comparison(self, node: ast.Compare) -> Value:
        values = [self.compiled(each) for each in (node.left, *node.comparators)]
        tests = [_COMPARE[type(op)] for op in node.ops]
        if len(tests) == 1:
            (left, right), (test,) = values, tests
            return lambda names: test(left(names), right(names))

        def chain(names: Names) -> bool:
            found = [each(names) for each in values]
            return all(test(a, b) for test, a, b in zip(tests, found, found[1:], strict=False))

        return chain

    def _attribute(self, owner: Value, name: str) -> Value:
        def attribute(names: Names) -> Any:
            found = owner(names)
            return getattr(found.thing if isinstance(found, Bound) else found, name)

        return attribute

    def _call(self, name: str, given: Sequence[ast.expr]) -> Value:
        if name in ("count", "live") and given and isinstance(given[0], ast.Name):
            return self._things(name, given[0].id, [self.compiled(each) for each in given[1:]])
        if name in _REDUCE and len(given) == 1:
            reduce, inner = _REDUCE[name], given[0]
            each = self._each(inner) if isinstance(inner, ast.GeneratorExp) else self.compiled(inner)
            return lambda names: reduce(each(names))
        raise InvalidIntent(f"{name}(...) cannot be asked of data", hint="see docs/reference/intent.md")

    def _each(self, node: ast.GeneratorExp) -> Value:
        loop = node.generators[0]
        assert isinstance(loop.target, ast.Name)
        name, among, worth = loop.target.id, self.compiled(loop.iter), self.compiled(node.elt)
        tests = [self.compiled(each) for each in loop.ifs]

        def values(names: Names) -> list[Any]:
            bound = ({**names, name: each} for each in among(names))
            return [worth(each) for each in bound if all(test(each) for test in tests)]

        return values

    def _things(self, name: str, entity: str, to: Sequence[Value]) -> Value:
        """Return the function that gives the things of `entity` that refer to all of `to`, or their number."""
        kind = self._intent.entity(entity)
        states = [
            (each.name, self._final.get(each.type.target, ())) for each in kind.fields if each.type.base == "state"
        ]

        def count(names: Names) -> int:
            return len(self._referring(kind, [each(names) for each in to]))

        def live(names: Names) -> list[Bound]:
            found = self._referring(kind, [each(names) for each in to])
            return [Bound(kind, each) for each in found if not any(getattr(each, f) in ended for f, ended in states)]

        return count if name == "count" else live

    def _referring(self, kind: EntityType, to: Sequence[Any]) -> Sequence[Thing]:
        """Return the things of an entity that refer to all of `to`; a day is in one of their ranges."""
        found: Sequence[Thing] | None = None
        for bound in (each for each in to if isinstance(each, Bound)):
            reference = next((each.name for each in kind.fields if each.type.target == bound.entity.name), None)
            if reference is None:
                raise InvalidIntent(f"{kind.name} does not refer to {bound.entity.name}", hint="name what it refers to")
            mine = self._facts.referring(kind.name, reference, getattr(bound.thing, bound.entity.key))
            found = mine if found is None else [each for each in found if each in mine]
        kept = self._facts.all(kind.name) if found is None else found
        days = [each for each in to if isinstance(each, date)] if kept else []
        if not days:
            return kept
        ranges = [each.name for each in kind.fields if each.type.base == "daterange"]
        return [each for each in kept if all(any(day in getattr(each, name).dates for name in ranges) for day in days)]


def _named(names: Names, name: str) -> Any:
    if name not in names:
        raise InvalidIntent(f"{name} cannot be asked of data", hint="see docs/reference/intent.md")
    return names[name]
