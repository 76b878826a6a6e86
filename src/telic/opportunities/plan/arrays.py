"""Columns of a plan computed over prepared events: each distinct one once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from telic.errors import UnknownName
from telic.opportunities.model import Column, Prepared
from telic.opportunities.plan.expressions import WINDOWS, kind, of_event
from telic.opportunities.plan.node import Node
from telic.opportunities.plan.series import DERIVED, Series
from telic.opportunities.plan.users import Users
from telic.registry import near_names

_BOUNDS = frozenset({"start", "end", "events"})


@dataclass
class Evaluation:
    """The columns asked for so far over one `Prepared`."""

    prepared: Prepared
    _made: dict[Node, Series] = field(default_factory=dict, repr=False)

    def column(self, name: str, node: Node) -> Column:
        """Return a column of text, by group."""
        if of_event(node) or kind(node) != "text":
            raise UnknownName(f"{node.op} is no column of text by group", hint="use bins or choice")
        found = self.series(node)
        return Column(name, found.values.astype(np.int32, copy=False), found.labels)

    def series(self, node: Node, *, keep: bool = True) -> Series:
        """Return the values of a column, computed at most once.

        Parameters
        ----------
        keep
            Whether others will ask for it and for what it is made of; if not, only windows and the like are kept. What
            has a value for each event is never kept: it is large, and quick to make.
        """
        if node in self._made:
            return self._made[node]
        if node.op not in _READ and node.op not in DERIVED:
            raise UnknownName(f"no column {node.op!r}", hint=near_names(node.op, [*_READ, *DERIVED]))
        inputs = [self.series(each, keep=keep) for each in node.inputs]
        made = DERIVED[node.op](node, inputs) if node.op in DERIVED else _READ[node.op](self, node, inputs)
        if node.op in WINDOWS or node.op in _BOUNDS or (keep and not of_event(node)):
            self._made[node] = made
        return made

    @cached_property
    def users(self) -> Users:
        """Groups by user, in the order in which they began."""
        return Users.of(self.prepared)


def _attribute(on: Evaluation, node: Node, _: list[Series]) -> Series:
    found = _named(on.prepared.of_groups, node, "attribute of groups")
    return Series(found.codes, labels=found.labels)


def _event_attribute(on: Evaluation, node: Node, _: list[Series]) -> Series:
    column = node.text("column")
    if column in on.prepared.of_groups:
        found = on.prepared.of_groups[column]
        return Series(np.repeat(found.codes, np.diff(on.prepared.offsets)), labels=found.labels)
    found = _named(on.prepared.of_events, node, "attribute of events")
    return Series(found.codes, labels=found.labels)


def _event_number(on: Evaluation, node: Node, _: list[Series]) -> Series:
    numbers = _named(on.prepared.numbers, node, "number of events")
    return Series(numbers, known=~np.isnan(numbers))


def _name(on: Evaluation, _: Node, __: list[Series]) -> Series:
    return Series(on.prepared.names.codes, labels=on.prepared.names.labels)


def _at(on: Evaluation, _: Node, __: list[Series]) -> Series:
    return Series(on.prepared.at)


def _start(on: Evaluation, _: Node, __: list[Series]) -> Series:
    return Series(on.prepared.at[on.prepared.offsets[:-1]])


def _end(on: Evaluation, _: Node, __: list[Series]) -> Series:
    return Series(on.prepared.at[on.prepared.offsets[1:] - 1])


def _events(on: Evaluation, _: Node, __: list[Series]) -> Series:
    return Series(np.diff(on.prepared.offsets))


def _any(on: Evaluation, _: Node, inputs: list[Series]) -> Series:
    return Series(np.logical_or.reduceat(inputs[0].values, on.prepared.offsets[:-1]))


def _greatest(on: Evaluation, _: Node, inputs: list[Series]) -> Series:
    found = np.fmax.reduceat(inputs[0].values, on.prepared.offsets[:-1])
    return Series(found, known=~np.isnan(found))


def _smallest(on: Evaluation, _: Node, inputs: list[Series]) -> Series:
    found = np.fmin.reduceat(inputs[0].values, on.prepared.offsets[:-1])
    return Series(found, known=~np.isnan(found))


def _index(on: Evaluation, _: Node, __: list[Series]) -> Series:
    return Series(on.users.index())


def _previous(on: Evaluation, _: Node, inputs: list[Series]) -> Series:
    values, known = on.users.previous(inputs[0].values)
    return Series(values, known if inputs[0].known is None else known & on.users.previous(inputs[0].known)[0])


def _highest(on: Evaluation, _: Node, inputs: list[Series]) -> Series:
    return Series(*on.users.highest(inputs[0].values, inputs[0].known))


def _recent(on: Evaluation, node: Node, _: list[Series]) -> Series:
    return Series(on.users.recent(node.whole("width")))


def _of_user(on: Evaluation, _: Node, __: list[Series]) -> Series:
    return Series(on.users.sizes())


def _named(columns: Mapping[str, Any], node: Node, what: str) -> Any:
    column = node.text("column")
    if column not in columns:
        raise UnknownName(f"no {what} {column!r}", hint=near_names(column, columns) if columns else "there are none")
    return columns[column]


_READ: dict[str, Callable[[Evaluation, Node, list[Series]], Series]] = {
    "name": _name,
    "at": _at,
    "attribute": _attribute,
    "event_attribute": _event_attribute,
    "event_number": _event_number,
    "start": _start,
    "end": _end,
    "events": _events,
    "any": _any,
    "greatest": _greatest,
    "smallest": _smallest,
    "index": _index,
    "previous": _previous,
    "highest": _highest,
    "recent": _recent,
    "of_user": _of_user,
}
"""How a column is read off prepared events and their users, by operation."""
