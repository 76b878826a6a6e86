"""Columns of a plan computed over prepared events: each distinct one once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.errors import UnknownName
from telic.opportunities.model import Column, Prepared
from telic.opportunities.plan.expressions import WINDOWS, kind, of_event
from telic.opportunities.plan.node import Node
from telic.opportunities.plan.users import Users
from telic.registry import near_names

Array = npt.NDArray[Any]
_BOUNDS = frozenset({"start", "end", "events"})


@dataclass(frozen=True)
class Series:
    """The values of a column.

    Parameters
    ----------
    values : shape (E,) or (G,)
        Numbers or truth values; of text, the index into `labels`, -1 where there is none.
    known : shape (E,) or (G,)
        Where a number is known; None where it always is.
    labels
        Of text: what its codes mean.
    """

    values: Array
    known: npt.NDArray[np.bool_] | None = None
    labels: Sequence[str] = ()


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
        compute = _COMPUTE.get(node.op)
        if compute is None:
            raise UnknownName(f"no column {node.op!r}", hint=near_names(node.op, _COMPUTE))
        made = compute(self, node, [self.series(each, keep=keep) for each in node.inputs])
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


def _minus(_: Evaluation, __: Node, inputs: list[Series]) -> Series:
    left, right = inputs
    known = [each.known for each in inputs if each.known is not None]
    return Series(left.values - right.values, np.logical_and.reduce(known) if known else None)


def _plus(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values + node.whole("number"), inputs[0].known)


def _whole_part(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values // node.whole("by"), inputs[0].known)


def _remainder(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values % node.whole("by"), inputs[0].known)


def _equals(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    return _among(inputs[0], [node.param("value")], text=kind(node.inputs[0]) == "text")


def _one_of(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    return _among(inputs[0], list(node.several("values")), text=kind(node.inputs[0]) == "text")


def _at_least(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    reached = inputs[0].values >= node.param("bound")
    return Series(reached if inputs[0].known is None else reached & inputs[0].known)


def _both(_: Evaluation, __: Node, inputs: list[Series]) -> Series:
    return Series(inputs[0].values & inputs[1].values)


def _negated(_: Evaluation, __: Node, inputs: list[Series]) -> Series:
    return Series(~inputs[0].values)


def _missing(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    found = inputs[0]
    if kind(node.inputs[0]) == "text":
        return Series(found.values < 0)
    return Series(np.zeros(len(found.values), np.bool_) if found.known is None else ~found.known)


def _bins(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    edges = np.array(node.several("edges"), dtype=inputs[0].values.dtype)
    wanted = [str(each) for each in node.several("labels")]
    labels = list(dict.fromkeys(each for each in wanted if each))
    codes = np.array([labels.index(each) if each else -1 for each in wanted], dtype=np.int32)
    found = codes[np.searchsorted(edges, inputs[0].values, side="right")]
    if inputs[0].known is not None:
        found[~inputs[0].known] = -1
    return Series(found, labels=labels)


def _choice(_: Evaluation, node: Node, inputs: list[Series]) -> Series:
    yes, no = node.text("yes"), node.text("no")
    labels = [each for each in (yes, no) if each]
    codes = [labels.index(each) if each else -1 for each in (yes, no)]
    return Series(np.where(inputs[0].values, *codes).astype(np.int32), labels=labels)


def _cross(_: Evaluation, __: Node, inputs: list[Series]) -> Series:
    left, right = inputs
    codes = left.values.astype(np.int64) * len(right.labels) + right.values
    codes[(left.values < 0) | (right.values < 0)] = -1
    there, found = np.unique(codes, return_inverse=True)
    absent = int(there[0] < 0) if len(there) else 0
    labels = [crossed(left.labels[c // len(right.labels)], right.labels[c % len(right.labels)]) for c in there[absent:]]
    return Series((found - absent).astype(np.int32), labels=labels)


def crossed(left: str, right: str) -> str:
    """Return the label of a pair of labels."""
    return f"{left} × {right}"


def _among(series: Series, values: Sequence[object], *, text: bool) -> Series:
    if text:
        wanted = np.zeros(len(series.labels) + 1, dtype=np.bool_)  # the last one stands for -1
        chosen = set(values)
        wanted[:-1] = [label in chosen for label in series.labels]
        return Series(wanted[series.values])
    found = np.isin(series.values, np.array(values, dtype=series.values.dtype))
    return Series(found if series.known is None else found & series.known)


def _named(columns: Mapping[str, Any], node: Node, what: str) -> Any:
    column = node.text("column")
    if column not in columns:
        raise UnknownName(f"no {what} {column!r}", hint=near_names(column, columns) if columns else "there are none")
    return columns[column]


_COMPUTE: dict[str, Callable[[Evaluation, Node, list[Series]], Series]] = {
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
    "minus": _minus,
    "plus": _plus,
    "whole_part": _whole_part,
    "remainder": _remainder,
    "equals": _equals,
    "one_of": _one_of,
    "at_least": _at_least,
    "both": _both,
    "missing": _missing,
    "negated": _negated,
    "bins": _bins,
    "choice": _choice,
    "cross": _cross,
}
