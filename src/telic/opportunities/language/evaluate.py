"""Values of a question for every group, and why it has none for some."""

from __future__ import annotations

import numpy as np

from telic.opportunities.language.algebra import (
    And,
    Arithmetic,
    Attribute,
    Compare,
    Duration,
    Missing,
    Not,
    Number,
    OneOf,
    Or,
    Text,
    Truth,
    Value,
)
from telic.opportunities.language.events import (
    Events,
    arithmetic,
    combined,
    compare,
    compare_texts,
    constant,
    numeric,
    one_of,
)
from telic.opportunities.language.occurs import occurs
from telic.opportunities.language.place import Written
from telic.opportunities.language.printer import selector as said
from telic.opportunities.language.tree import Aggregate, Between, Count, Dwell, Edge, Has, Near, Rate, Selector, Span
from telic.opportunities.model import Column, Floats, Ints


class Evaluation:
    """Evaluates checked questions.

    Attributes
    ----------
    reasons
        Why a part of the question has no answer, and for which groups (shape (G,)), in the order of reading.
    """

    def __init__(self, events: Events, written: Written) -> None:
        self._events, self._written = events, written
        self._view = events.view
        self.reasons: dict[str, Floats] = {}

    def value(self, node: Value) -> Floats:
        """Return the value for each group, shape (G,): yes is 1, times are in seconds, NaN is undefined."""
        match node:
            case Has():
                return self._has(node)
            case Edge():
                return self._edge(node)
            case Not():
                return np.asarray(1 - self.value(node.of))
            case And() | Or():
                return combined(node, [self.value(each) for each in node.of])
            case Compare():
                return self._compare(node)
            case OneOf():
                return self._because(f"{_name(node.of)} is missing", one_of(self._column(node.of), node.texts))
            case Missing():
                return self._missing(node.attribute)
            case Arithmetic():
                return self._arithmetic(node)
            case Attribute():
                return self._because(f"{node.name} is missing", self._attribute(node))
            case Number() | Duration() | Truth():
                return np.full(self._view.size, constant(node))
            case _:
                return self._measure(node)

    def _measure(self, node: Value) -> Floats:
        match node:
            case Count():
                return self._count(node.of)
            case Rate():
                return self._rate(node)
            case Span():
                return self._span()
            case Between():
                return self._between(node)
            case Dwell():
                return self._dwell(node)
            case Aggregate():
                return self._aggregate(node)
            case _:
                raise TypeError(f"{type(node).__name__} is no value of a group")

    def _because(self, why: str, found: Floats) -> Floats:
        undefined = np.isnan(found)
        if undefined.any():
            self.reasons.setdefault(why, undefined)
        return found

    def _has(self, node: Has) -> Floats:
        yes, undefined = occurs(self._events, node)
        found = np.where(undefined, np.nan, yes.astype(np.float64))
        if isinstance(node.pattern, Near):
            return self._because(f"without {said(node.pattern.anchor)}", found)
        return found

    def _edge(self, node: Edge) -> Floats:
        offsets = self._view.offsets
        positions = self._events.positions(node.what)
        wanted = offsets[:-1] if node.side == "starts" else offsets[1:] - 1
        return np.isin(wanted, positions, assume_unique=True).astype(np.float64)

    def _compare(self, node: Compare) -> Floats:
        if isinstance(node.left, Text) or isinstance(node.right, Text):
            side = node.right if isinstance(node.left, Text) else node.left
            return self._because(f"{_name(side)} is missing", compare_texts(node, self._column))
        return compare(node.op, self.value(node.left), self.value(node.right))

    def _arithmetic(self, node: Arithmetic) -> Floats:
        left, right = self.value(node.left), self.value(node.right)
        why = "a divisor is 0" if node.op == "/" else "a result is too large"
        return self._because(why, arithmetic(node.op, left, right))

    def _column(self, node: Value) -> Column:
        if not isinstance(node, Attribute):
            raise TypeError(f"{type(node).__name__} is not an attribute")
        return self._events.prepared.of_groups[node.name]

    def _missing(self, name: str) -> Floats:
        if name in self._events.prepared.of_groups:
            return (np.asarray(self._events.prepared.of_groups[name].codes) < 0).astype(np.float64)
        return np.isnan(self._attribute(Attribute(name))).astype(np.float64)

    def _attribute(self, node: Attribute) -> Floats:
        if node.name in self._events.prepared.of_groups:
            return numeric(self._events.prepared.of_groups[node.name])
        values, groups = self._numbers(node.name, None)
        least, most = (each(values, groups) for each in (self._min, self._max))
        if differ := int(np.count_nonzero(least < most)):
            noun = self._events.prepared.grouping
            message = f"{node.name!r} has several values in {differ:,} of {self._view.size:,} groups"
            hint = f"say which: mean of {node.name}, max of {node.name}, or {noun} has any event[{node.name} > 0]"
            raise self._written.mistake(message, node.extent, hint=hint)
        return least

    def _count(self, of: Selector) -> Floats:
        groups = self._view.group(self._events.positions(of))
        return np.bincount(groups, minlength=self._view.size).astype(np.float64)

    def _rate(self, node: Rate) -> Floats:
        many = self._count(node.of)
        if node.per is not None:
            return self._because(f"without {said(node.per)}", arithmetic("/", many, self._count(node.per)))
        if node.time is not None:
            return self._because("lasting no time", arithmetic("/", many, self._span() / (node.time / 1e9)))
        return np.asarray(many / np.diff(self._view.offsets))

    def _span(self) -> Floats:
        at, offsets = self._view.at, self._view.offsets
        return np.asarray((at[offsets[1:] - 1] - at[offsets[:-1]]) / 1e9)

    def _between(self, node: Between) -> Floats:
        starts, ends = self._events.positions(node.start), self._events.positions(node.end)
        groups, first = np.unique(self._view.group(starts), return_index=True)
        begun = starts[first]
        place = np.searchsorted(ends, begun, side="right")
        some = place < len(ends)
        some[some] = self._view.group(ends[place[some]]) == groups[some]
        found = np.full(self._view.size, np.nan)
        found[groups[some]] = (self._view.at[ends[place[some]]] - self._view.at[begun[some]]) / 1e9
        return self._because(f"without {said(node.start)} and then {said(node.end)}", found)

    def _dwell(self, node: Dwell) -> Floats:
        positions = self._events.positions(node.of)
        groups = self._view.group(positions)
        inside = positions + 1 < self._view.offsets[groups + 1]
        spent = (self._view.at[positions[inside] + 1] - self._view.at[positions[inside]]) / 1e9
        return self._sums(groups[inside], spent)

    def _aggregate(self, node: Aggregate) -> Floats:
        values, groups = self._numbers(node.attribute, node.over)
        if node.how == "sum":
            return self._sums(groups, values)
        found = {"mean": self._mean, "min": self._min, "max": self._max, "first": self._first, "last": self._last}
        over = f" at {said(node.over)}" if node.over is not None else ""
        return self._because(f"without any {node.attribute}{over}", found[node.how](values, groups))

    def _numbers(self, name: str, over: Selector | None) -> tuple[Floats, Ints]:
        """Return a numeric attribute where it is a finite number, and the groups of its events."""
        values = np.asarray(self._events.prepared.numbers[name], dtype=np.float64)
        positions = self._events.positions(over if over is not None else Selector())
        values = values[positions]
        given = np.isfinite(values)
        return values[given], self._view.group(positions[given])

    def _sums(self, groups: Ints, values: Floats) -> Floats:
        return np.bincount(groups, weights=values, minlength=self._view.size).astype(np.float64)

    def _mean(self, values: Floats, groups: Ints) -> Floats:
        many = np.bincount(groups, minlength=self._view.size).astype(np.float64)
        return arithmetic("/", self._sums(groups, values), many)

    def _min(self, values: Floats, groups: Ints) -> Floats:
        return self._reduced(np.minimum, values, groups)

    def _max(self, values: Floats, groups: Ints) -> Floats:
        return self._reduced(np.maximum, values, groups)

    def _reduced(self, by: np.ufunc, values: Floats, groups: Ints) -> Floats:
        found = np.full(self._view.size, np.nan)
        if len(groups):
            some, first = np.unique(groups, return_index=True)
            found[some] = by.reduceat(values, first)
        return found

    def _first(self, values: Floats, groups: Ints) -> Floats:
        found = np.full(self._view.size, np.nan)
        found[groups[::-1]] = values[::-1]
        return found

    def _last(self, values: Floats, groups: Ints) -> Floats:
        found = np.full(self._view.size, np.nan)
        found[groups] = values
        return found


def _name(node: Value) -> str:
    return node.name if isinstance(node, Attribute) else "it"
