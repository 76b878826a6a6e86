"""Columns of a plan as SQL expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from telic.errors import UnknownName
from telic.opportunities.plan.dialects import Dialect
from telic.opportunities.plan.expressions import kind
from telic.opportunities.plan.node import Node, Param
from telic.opportunities.plan.table import Table
from telic.opportunities.plan.text import expression
from telic.registry import near_names

LONGEST = 40
"""Letters of a column's text that is used as its name."""
RESERVED = frozenset({"group_id", "user_id", "groups", "mask", *(f"sum {place}" for place in range(1, 65))})


@dataclass
class Names:
    """What the columns of one statement are called: their text where it is short, each name once."""

    events: Table = field(default_factory=Table)
    _given: dict[Node, str] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=lambda: set(RESERVED))

    def of(self, node: Node) -> str:
        """Return the name of a column."""
        if node not in self._given:
            text = expression(node)
            wanted = text if len(text) <= LONGEST else f"{node.op} {len(self._given) + 1}"
            self._given[node] = self.free(wanted)
        return self._given[node]

    def free(self, wanted: str) -> str:
        """Return `wanted`, or with a number what nothing is called yet; engines tell no letters' case apart."""
        name, number = wanted, 1
        while name.lower() in self._taken:
            number += 1
            name = f"{wanted} {number}"
        self._taken.add(name.lower())
        return name


@dataclass(frozen=True)
class Writing:
    """Where a column is written: what is there already, and how the engine writes."""

    there: frozenset[Node]
    names: Names
    dialect: Dialect

    def __call__(self, node: Node) -> str:
        """Return the SQL of a column."""
        if node in self.there:
            return self.dialect.quote(self.names.of(node))
        write = _WRITE.get(node.op)
        if write is None:
            raise UnknownName(f"no column {node.op!r} in SQL", hint=near_names(node.op, _WRITE))
        return write(self, node)


def render(node: Node, there: frozenset[Node], names: Names, dialect: Dialect) -> str:
    """Return the SQL of a column where the columns `there` have been computed below."""
    return Writing(there, names, dialect)(node)


def value(given: Param, dialect: Dialect) -> str:
    """Return a constant as SQL."""
    if isinstance(given, bool):
        return "true" if given else "false"
    if isinstance(given, float):
        return repr(given) if "e" in repr(given) else f"{given!r}e0"  # else engines take it for a decimal
    return dialect.literal(given) if isinstance(given, str) else repr(given)


def _text(on: Writing, node: Node) -> str:
    """Return a column of text; what is a number in the table is cast, what has been computed is text already."""
    return on(node) if node.op not in ("attribute", "event_attribute") else on.dialect.as_text(on(node))


def _equals(on: Writing, node: Node) -> str:
    left = _text(on, node.inputs[0]) if kind(node.inputs[0]) == "text" else on(node.inputs[0])
    return f"coalesce({left} = {value(node.param('value'), on.dialect)}, false)"


def _bare(on: Writing, predicate: Node) -> str:
    """Return a comparison that is missing where its column is: an aggregation over events passes that over."""
    if predicate.op == "equals" and kind(predicate.inputs[0]) == "text":
        return f"{_text(on, predicate.inputs[0])} = {value(predicate.param('value'), on.dialect)}"
    return on(predicate)


def _one_of(on: Writing, node: Node) -> str:
    left = _text(on, node.inputs[0]) if kind(node.inputs[0]) == "text" else on(node.inputs[0])
    given = [value(each, on.dialect) for each in node.several("values")]
    return f"coalesce({left} IN ({', '.join(given)}), false)" if given else "false"


def _cases(on: Writing, subject: str, edges: Sequence[Param], labels: Sequence[Param]) -> str:
    made = [f"WHEN {subject} IS NULL THEN NULL"]
    made += [
        f"WHEN {subject} < {value(edge, on.dialect)} THEN {_label(on, label)}"
        for edge, label in zip(edges, labels, strict=False)
    ]
    return f"CASE {' '.join(made)} ELSE {_label(on, labels[-1])} END"


def _label(on: Writing, label: Param) -> str:
    return value(label, on.dialect) if label else "NULL"


def _bins(on: Writing, node: Node) -> str:
    return _cases(on, on(node.inputs[0]), node.several("edges"), node.several("labels"))


def _choice(on: Writing, node: Node) -> str:
    yes, no = (_label(on, node.param(key)) for key in ("yes", "no"))
    return f"CASE WHEN {on(node.inputs[0])} THEN {yes} ELSE {no} END"


def _cross(on: Writing, node: Node) -> str:
    left, right = (_text(on, each) for each in node.inputs)
    return f"({left} || ' × ' || {right})"


def _remainder(on: Writing, node: Node) -> str:
    inside, by = on(node.inputs[0]), node.whole("by")
    return f"((({inside}) % {by} + {by}) % {by})"


def _whole_part(on: Writing, node: Node) -> str:
    inside, by = on(node.inputs[0]), node.whole("by")
    return on.dialect.divided(f"(({inside}) - {_remainder(on, node)})", by)


def _time(on: Writing, function: str) -> str:
    events = on.names.events
    column = on.dialect.quote(events.time)
    return on.dialect.time(f"{function}({column})" if function else column, events.unit)


def _own(on: Writing, node: Node) -> str:
    return on.dialect.quote(node.text("column"))


def _attribute(on: Writing, node: Node) -> str:
    return one_value(_own(on, node), node.text("column"), on.names.events, on.dialect)


def one_value(column: str, name: str, events: Table, dialect: Dialect) -> str:
    """Return the value of a group's attribute: any of its events', none where they have several.

    Parameters
    ----------
    column
        The attribute called `name` as SQL writes it.
    """
    if name in events.mixed:
        return f"CASE WHEN min({column}) = max({column}) THEN min({column}) END"
    return dialect.some(column)


def _recent(on: Writing, node: Node) -> str:
    return f"({on.dialect.recent(on(Node('start')), partition(on.names.events), node.whole('width'))} - 1)"


def partition(events: Table) -> str:
    """Return what windows over users are partitioned by: a group without a user is a user of its own."""
    if events.every_user or not events.user:
        return "user_id"
    return "user_id, CASE WHEN user_id IS NULL THEN group_id END"


_WRITE: dict[str, Callable[[Writing, Node], str]] = {
    "name": lambda on, _: on.dialect.quote(on.names.events.name),
    "at": lambda on, _: _time(on, ""),
    "event_attribute": _own,
    "event_number": lambda on, node: on.dialect.as_number(_own(on, node)),
    "attribute": _attribute,
    "start": lambda on, _: _time(on, "min"),
    "end": lambda on, _: _time(on, "max"),
    "events": lambda _, __: "count(*)",
    "any": lambda on, node: on.dialect.holds(_bare(on, node.inputs[0])),
    "greatest": lambda on, node: f"max({on(node.inputs[0])})",
    "smallest": lambda on, node: f"min({on(node.inputs[0])})",
    "index": lambda _, __: "row_number() OVER users",
    "previous": lambda on, node: on.dialect.previous(on(node.inputs[0])),
    "highest": lambda on, node: f"max({on(node.inputs[0])}) OVER users",
    "recent": _recent,
    "of_user": lambda on, _: f"count(*) OVER (PARTITION BY {partition(on.names.events)})",
    "minus": lambda on, node: f"({on(node.inputs[0])} - {on(node.inputs[1])})",
    "plus": lambda on, node: f"({on(node.inputs[0])} + {node.whole('number')})",
    "whole_part": _whole_part,
    "remainder": _remainder,
    "equals": _equals,
    "one_of": _one_of,
    "at_least": lambda on, n: f"coalesce({on(n.inputs[0])} >= {value(n.param('bound'), on.dialect)}, false)",
    "both": lambda on, node: f"({on(node.inputs[0])} AND {on(node.inputs[1])})",
    "missing": lambda on, node: f"({on(node.inputs[0])} IS NULL)",
    "negated": lambda on, node: f"(NOT {on(node.inputs[0])})",
    "bins": _bins,
    "choice": _choice,
    "cross": _cross,
}
