"""Columns as expressions over events: what a template is written in; each knows its grain and its kind."""

from __future__ import annotations

from collections.abc import Sequence

from telic.errors import UsageError
from telic.opportunities.plan.node import Node, Param, node

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3_600 * SECOND, 86_400 * SECOND
"""[ns]"""

OF_EVENTS = frozenset({"name", "at", "event_attribute", "event_number"})
"""Columns that have a value for each event."""

REDUCES = frozenset({"attribute", "start", "end", "events", "any", "greatest", "smallest"})
"""Event columns in, one value a group out."""

WINDOWS = frozenset({"index", "previous", "recent", "of_user", "highest"})
"""Values of a group in, one value a group out, made by looking at other groups of the same user."""

KINDS = {
    "name": "text",
    "attribute": "text",
    "event_attribute": "text",
    "bins": "text",
    "choice": "text",
    "cross": "text",
    "event_number": "float",
    "greatest": "float",
    "smallest": "float",
    "any": "truth",
    "equals": "truth",
    "one_of": "truth",
    "at_least": "truth",
    "missing": "truth",
    "both": "truth",
    "negated": "truth",
}
"""What a column holds, by operation; the others hold whole numbers."""


def name() -> Node:
    """Return the event's name."""
    return node("name")


def at() -> Node:
    """Return when the event happened [ns since the epoch]."""
    return node("at")


def event_attribute(column: str) -> Node:
    """Return an attribute of the event."""
    return node("event_attribute", column=column)


def event_number(column: str) -> Node:
    """Return a number of the event."""
    return node("event_number", column=column)


def attribute(column: str) -> Node:
    """Return an attribute that is constant within a group."""
    return node("attribute", column=column)


def start() -> Node:
    """Return when the group's first event happened [ns since the epoch]."""
    return node("start")


def end() -> Node:
    """Return when the group's last event happened [ns since the epoch]."""
    return node("end")


def events() -> Node:
    """Return how many events the group has."""
    return node("events")


def any_of(predicate: Node) -> Node:
    """Return whether some event of the group satisfies `predicate`."""
    return _of("any", predicate, event=True, kind="truth")


def greatest(number: Node) -> Node:
    """Return the greatest number among the group's events; none where all are missing."""
    return _of("greatest", number, event=True, kind="float")


def smallest(number: Node) -> Node:
    """Return the smallest number among the group's events; none where all are missing."""
    return _of("smallest", number, event=True, kind="float")


def index() -> Node:
    """Return the number of the group among its user's, from 1, by start and then by id."""
    return node("index")


def previous(column: Node) -> Node:
    """Return the value that the user's group before this one has; none for the first."""
    return _of("previous", column, event=False)


def highest(column: Node) -> Node:
    """Return the highest value among the user's groups up to this one."""
    return _of("highest", column, event=False)


def recent(width: int) -> Node:
    """Return how many other groups of the user began within `width` [ns] before this one."""
    return node("recent", width=width)


def of_user() -> Node:
    """Return how many groups the user has."""
    return node("of_user")


def minus(left: Node, right: Node) -> Node:
    """Return the difference of two whole numbers; none where one is missing."""
    return node("minus", left, right)


def plus(left: Node, number: int) -> Node:
    """Return a whole number moved by a constant."""
    return node("plus", left, number=number) if number else left


def whole_part(left: Node, by: int) -> Node:
    """Return the number divided by `by`, rounded down."""
    return node("whole_part", left, by=_positive("whole_part", by))


def remainder(left: Node, by: int) -> Node:
    """Return what is left of the number after division by `by`, never negative."""
    return node("remainder", left, by=_positive("remainder", by))


def equals(column: Node, value: str | int) -> Node:
    """Return whether the column has `value`; not where it is missing."""
    return node("equals", column, value=value)


def one_of(column: Node, values: Sequence[str | int]) -> Node:
    """Return whether the column has one of `values`; not where it is missing."""
    return node("one_of", column, values=tuple(values))


def at_least(column: Node, bound: int | float) -> Node:
    """Return whether the number reaches `bound`; not where it is missing."""
    return node("at_least", column, bound=bound)


def missing(column: Node) -> Node:
    """Return whether the column of groups has no value."""
    return _of("missing", column, event=False)


def both(left: Node, right: Node) -> Node:
    """Return whether both hold."""
    return node("both", _is(left, "truth"), _is(right, "truth"))


def negated(predicate: Node) -> Node:
    """Return whether `predicate` does not hold."""
    return node("negated", _is(predicate, "truth"))


def bins(column: Node, edges: Sequence[int | float], labels: Sequence[str]) -> Node:
    """Return the label of the range that the number falls into; none where it is missing.

    Range ``i`` is ``edges[i - 1] <= number < edges[i]``, open at both ends: there is one label more than edges. An
    empty label stands for none.
    """
    if len(labels) != len(edges) + 1:
        raise UsageError(f"bins: {len(edges)} edges need {len(edges) + 1} labels, not {len(labels)}", hint="add labels")
    if list(edges) != sorted(set(edges)):
        raise UsageError(f"bins: edges have to rise, not {list(edges)}", hint="sort them")
    return node("bins", column, edges=tuple(edges), labels=tuple(labels))


def choice(predicate: Node, yes: str, no: str) -> Node:
    """Return one of two labels; an empty label stands for none."""
    return node("choice", _is(predicate, "truth"), yes=yes, no=no)


def cross(left: Node, right: Node) -> Node:
    """Return both labels as one; none where one is missing."""
    return node("cross", _is(left, "text"), _is(right, "text"))


def kind(column: Node) -> str:
    """Return what a column holds: text, truth, float or whole."""
    if column.op in ("previous", "highest"):
        return kind(column.inputs[0])
    return KINDS.get(column.op, "whole")


def of_event(column: Node) -> bool:
    """Return whether a column has a value for each event, not for each group."""
    if column.op in REDUCES or column.op in WINDOWS:
        return False
    return column.op in OF_EVENTS or any(of_event(each) for each in column.inputs)


def level(column: Node) -> int:
    """Return after how many windows a column of groups can be computed; 0 for those without any.

    Examples
    --------
    >>> level(highest(minus(start(), previous(end()))))
    2
    """
    below = max((level(each) for each in column.inputs), default=0)
    return below + (column.op in WINDOWS)


def _of(op: str, column: Node, *, event: bool, kind: str = "") -> Node:
    if of_event(column) != event:
        raise UsageError(f"{op} takes a column of {'events' if event else 'groups'}, not {column.op}", hint="see grain")
    return node(op, _is(column, kind) if kind else column)


def _is(column: Node, wanted: str) -> Node:
    if kind(column) != wanted:
        raise UsageError(f"{column.op} holds {kind(column)}, not {wanted}", hint="see KINDS of plan.expressions")
    return column


def _positive(op: str, by: Param) -> Param:
    if not isinstance(by, int) or by <= 0:
        raise UsageError(f"{op}: the divisor has to be positive, not {by!r}", hint="give a whole number above 0")
    return by
