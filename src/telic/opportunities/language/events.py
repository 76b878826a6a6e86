"""Positions of events among all events, by name and condition, and the groups that they are in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

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
from telic.opportunities.language.schema import Schema, as_number, as_truth
from telic.opportunities.language.tree import Selector
from telic.opportunities.model import Codes, Column, Floats, Ints, Prepared

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class View:
    """Events of groups, of which some may have been left out: their place in time and by group.

    Parameters
    ----------
    kept : shape (F,)
        Which of the prepared events these are, ascending; nothing where it is all of them.
    """

    at: Ints
    offsets: Ints
    kept: Ints | None = None

    @cached_property
    def size(self) -> int:
        """Number of groups."""
        return len(self.offsets) - 1

    def group(self, positions: Ints) -> Ints:
        """Return the group of each position."""
        return np.asarray(np.searchsorted(self.offsets, positions, side="right") - 1, dtype=np.int64)

    def flags(self, positions: Ints) -> Flags:
        """Return which groups hold one of the positions, shape (G,)."""
        found = np.zeros(self.size, dtype=np.bool_)
        found[self.group(positions)] = True
        return found


class Events:
    """Finds events; what was found once is kept."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self.schema = Schema.of(prepared)
        self.view = View(np.asarray(prepared.at), np.asarray(prepared.offsets))
        self._found: dict[tuple[Selector, Selector | None], Ints] = {}

    def positions(self, selector: Selector, ignoring: Selector | None = None) -> Ints:
        """Return the positions of events, ascending, among those that are not of `ignoring`."""
        if (selector, ignoring) not in self._found:
            found = self._select(selector)
            if ignoring is not None:
                kept = self._kept(ignoring)
                place = np.searchsorted(kept, found)
                inside = place < len(kept)
                inside[inside] = kept[place[inside]] == found[inside]
                found = place[inside]
            self._found[(selector, ignoring)] = found
        return self._found[(selector, ignoring)]

    def without(self, ignoring: Selector | None) -> View:
        """Return the events that are not of `ignoring`."""
        if ignoring is None:
            return self.view
        kept = self._kept(ignoring)
        return View(self.view.at[kept], np.searchsorted(kept, self.view.offsets).astype(np.int64), kept)

    def _kept(self, ignoring: Selector) -> Ints:
        keep = np.ones(len(self.view.at), dtype=np.bool_)
        keep[self.positions(ignoring)] = False
        return np.flatnonzero(keep)

    def _select(self, selector: Selector) -> Ints:
        codes = np.asarray(self.prepared.names.codes)
        if not selector.names:
            found = np.arange(len(codes), dtype=np.int64)
        else:
            known = [self.schema.codes[name] for name in selector.names if name in self.schema.codes]
            found = np.flatnonzero(codes == known[0] if len(known) == 1 else np.isin(codes, known))
        if selector.where is not None:
            found = found[self.of_events(selector.where, found) == 1]
        return found

    def of_events(self, node: Value, positions: Ints) -> Floats:
        """Return a condition or number of the events at `positions`, NaN where it is undefined."""
        match node:
            case Not():
                return np.asarray(1 - self.of_events(node.of, positions))
            case And() | Or():
                return combined(node, [self.of_events(each, positions) for each in node.of])
            case Compare():
                return self._compare(node, positions)
            case OneOf():
                return one_of(self._column(node.of, positions), node.texts)
            case Missing():
                return self._missing(node.attribute, positions)
            case Arithmetic():
                return arithmetic(node.op, self.of_events(node.left, positions), self.of_events(node.right, positions))
            case Attribute():
                return self._attribute(node.name, positions)
            case Number() | Duration() | Truth():
                return np.full(len(positions), constant(node))
            case _:
                raise TypeError(f"{type(node).__name__} is not about one event")

    def _compare(self, node: Compare, positions: Ints) -> Floats:
        if isinstance(node.left, Text) or isinstance(node.right, Text):
            return compare_texts(node, lambda side: self._column(side, positions))
        return compare(node.op, self.of_events(node.left, positions), self.of_events(node.right, positions))

    def _attribute(self, name: str, positions: Ints) -> Floats:
        if name in self.prepared.numbers and name not in {*self.prepared.of_groups, *self.prepared.of_events}:
            return np.asarray(self.prepared.numbers[name])[positions].astype(np.float64)
        return numeric(self._column(Attribute(name), positions))

    def _missing(self, name: str, positions: Ints) -> Floats:
        if name in self.prepared.numbers and name not in {*self.prepared.of_groups, *self.prepared.of_events}:
            return np.isnan(np.asarray(self.prepared.numbers[name])[positions]).astype(np.float64)
        return (self._column(Attribute(name), positions).codes < 0).astype(np.float64)

    def _column(self, node: Value, positions: Ints) -> Column:
        """Return a categorical attribute of the events at `positions`."""
        if not isinstance(node, Attribute):
            raise TypeError(f"{type(node).__name__} is not an attribute")
        if node.name in self.prepared.of_groups:
            column = self.prepared.of_groups[node.name]
            return Column(node.name, np.asarray(column.codes)[self.view.group(positions)], column.labels)
        column = self.prepared.of_events[node.name]
        return Column(node.name, np.asarray(column.codes)[positions], column.labels)


def constant(node: Number | Duration | Truth) -> float:
    """Return a constant; times in seconds."""
    if isinstance(node, Duration):
        return node.ns / 1e9
    return float(node.yes) if isinstance(node, Truth) else node.value


def numeric(column: Column) -> Floats:
    """Return a categorical attribute as numbers, yes as 1 and no as 0; NaN where it is missing."""
    truths = [as_truth(label) for label in column.labels]
    if all(each is not None for each in truths):
        values = [float(bool(each)) for each in truths]
    else:
        values = [float("nan") if (each := as_number(label)) is None else each for label in column.labels]
    return np.asarray([*values, np.nan])[np.asarray(column.codes)]


def one_of(column: Column, texts: tuple[str, ...]) -> Floats:
    """Return whether a categorical attribute is one of some texts."""
    known = [code for code, label in enumerate(column.labels) if label in set(texts)]
    codes: Codes = np.asarray(column.codes)
    return np.where(codes < 0, np.nan, np.isin(codes, known).astype(np.float64))


def compare_texts(node: Compare, column: object) -> Floats:
    """Return whether an attribute is (``=``) or is not (``!=``) a text."""
    text, side = (node.left, node.right) if isinstance(node.left, Text) else (node.right, node.left)
    if isinstance(text, Text) and isinstance(side, Text):
        raise TypeError("two texts")
    found = one_of(column(side), (text.text,))  # type: ignore[operator,attr-defined]
    return found if node.op == "=" else np.asarray(1 - found)


def compare(op: str, left: Floats, right: Floats) -> Floats:
    """Compare numbers; NaN where a side is."""
    with np.errstate(invalid="ignore"):
        found = {
            "=": np.equal,
            "!=": np.not_equal,
            "<": np.less,
            "<=": np.less_equal,
            ">": np.greater,
            ">=": np.greater_equal,
        }[op](left, right)
    return np.where(np.isnan(left) | np.isnan(right), np.nan, found.astype(np.float64))


def arithmetic(op: str, left: Floats, right: Floats) -> Floats:
    """Calculate; NaN where a side is, where the divisor is 0 and where the result is no finite number."""
    with np.errstate(all="ignore"):
        found = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}[op](left, right)
    return np.where(np.isfinite(found), found, np.nan)


def combined(node: And | Or, of: list[Floats]) -> Floats:
    """Combine yes and no by Kleene's strong three-valued logic."""
    stack = np.stack(of)
    decisive = 0.0 if isinstance(node, And) else 1.0
    decided = (stack == decisive).any(axis=0)
    undefined = np.isnan(stack).any(axis=0)
    return np.where(decided, decisive, np.where(undefined, np.nan, 1.0 - decisive))
