"""A hypothesis as SQL for DuckDB: a statement that returns the ids of its groups."""

from __future__ import annotations

from telic.opportunities.language.algebra import (
    And,
    Attribute,
    Compare,
    Duration,
    Missing,
    Not,
    Number,
    OneOf,
    Or,
    Text,
    Value,
)
from telic.opportunities.language.sql_patterns import Events, having
from telic.opportunities.language.tree import (
    Aggregate,
    Between,
    Count,
    Dwell,
    Edge,
    Has,
    Near,
    Rate,
    Selector,
    Sequence,
    Span,
)
from telic.opportunities.plan.table import Table

_OPPOSITE = {"=": "<>", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_ALL = "SELECT DISTINCT _group FROM placed"


def sql(value: Value, table: Table) -> str:
    """Return the statement, or "" for what it cannot say (arithmetic, rates per something, first and last, truths).

    Examples
    --------
    >>> from telic.opportunities.language.parser import parse_value
    >>> print(sql(parse_value("session has 'a' > 'b'"), Table(group="session")))
    WITH placed AS (
      SELECT *, row_number() OVER (PARTITION BY _group ORDER BY _time, _order) AS _place
      FROM (
        SELECT *, "session" AS _group, epoch_ns("time") AS _time, "event" AS _event, row_number() OVER () AS _order
        FROM events
      )
    )
    SELECT DISTINCT x0._group FROM placed x0
      JOIN placed x1 ON x1._group = x0._group AND x1._place = x0._place + 1
    WHERE x0._event IN ('a') AND x1._event IN ('b')
    """
    events = Events(table)
    found = _true(value, events)
    return "" if found is None else f"WITH {events.ctes()}\n{found}"


def _true(node: Value, events: Events) -> str | None:
    """Return a query of the groups for which `node` is true."""
    match node:
        case Has():
            return having(node, events)
        case Edge():
            order = "" if node.side == "starts" else " DESC"
            first = f"SELECT *, row_number() OVER (PARTITION BY _group ORDER BY _place{order}) AS r FROM placed"
            condition = events.holds("x", node.what)
            return condition and f"SELECT x._group FROM ({first}) x WHERE x.r = 1 AND {condition}"
        case Not():
            return _false(node.of, events)
        case And():
            return _joined("INTERSECT", [_true(each, events) for each in node.of])
        case Or():
            return _joined("UNION", [_true(each, events) for each in node.of])
        case Compare():
            return _compare(node, node.op, events)
        case OneOf() | Missing() | Attribute():
            return _attribute(node, events)
        case _:
            return None


def _false(node: Value, events: Events) -> str | None:
    """Return a query of the groups for which `node` is false; where it is undefined it is neither."""
    match node:
        case Not():
            return _true(node.of, events)
        case And():
            return _joined("UNION", [_false(each, events) for each in node.of])
        case Or():
            return _joined("INTERSECT", [_false(each, events) for each in node.of])
        case Has(pattern=Near() as pattern):
            anchored = having(Has(node.noun, Sequence((pattern.anchor,)), node.ignoring), events)
            return _joined("EXCEPT", [anchored, _true(node, events)])
        case Has() | Edge():
            return _joined("EXCEPT", [_ALL, _true(node, events)])
        case Compare():
            return _compare(node, _OPPOSITE[node.op], events)
        case OneOf() | Missing():
            return _attribute(node, events, no=True)
        case _:
            return None


def _joined(how: str, queries: list[str | None]) -> str | None:
    if not all(queries):
        return None
    return f"\n{how}\n".join(f"({each})" for each in queries)


def _attribute(node: OneOf | Missing | Attribute, events: Events, *, no: bool = False) -> str | None:
    if isinstance(node, Missing):
        given = f"{events.of_group(node.attribute)} IS {'NOT ' if no else ''}NULL"
        return f"SELECT _group FROM placed GROUP BY _group HAVING {given}"
    if isinstance(node, OneOf) and isinstance(node.of, Attribute):
        texts = ", ".join(events.literal(each) for each in node.texts)
        one = f"{events.of_group(node.of.name)} {'NOT ' if no else ''}IN ({texts})"
        return f"SELECT _group FROM placed GROUP BY _group HAVING {one}"
    return None


def _compare(node: Compare, op: str, events: Events) -> str | None:
    left, right = node.left, node.right
    if isinstance(left, Attribute) and isinstance(right, Text):
        return _attribute(OneOf(left, (right.text,)), events, no=op not in ("=",))
    amount = _amount(left, events)
    if amount is None or not isinstance(right, Number | Duration):
        return None
    limit = str(right.ns) if isinstance(right, Duration) else repr(right.value)
    return f"SELECT _group FROM ({amount}) WHERE v {'<>' if op == '!=' else op} {limit}"


def _amount(node: Value, events: Events) -> str | None:
    """Return a query of (_group, v) for a number or a time [ns]; groups without an answer have no row or NULL."""
    match node:
        case Count():
            condition = events.holds("x", node.of)
            return (
                condition
                and f"SELECT x._group, count(*) FILTER (WHERE {condition}) AS v FROM placed x GROUP BY x._group"
            )
        case Rate(per=None, time=None):
            condition = events.holds("x", node.of)
            share = f"count(*) FILTER (WHERE {condition}) / count(*)"
            return condition and f"SELECT x._group, {share} AS v FROM placed x GROUP BY x._group"
        case Span():
            return "SELECT _group, max(_time) - min(_time) AS v FROM placed GROUP BY _group"
        case Dwell():
            condition = events.holds("x", node.of)
            spent = "SELECT *, lead(_time) OVER (PARTITION BY _group ORDER BY _place) - _time AS spent FROM placed"
            total = f"coalesce(sum(x.spent) FILTER (WHERE {condition}), 0)"
            return condition and f"SELECT x._group, {total} AS v FROM ({spent}) x GROUP BY x._group"
        case Between():
            return _between(node.start, node.end, events)
        case Aggregate(how="sum" | "mean" | "min" | "max"):
            how = {"mean": "avg"}.get(node.how, node.how)
            number = events.number(f"x.{events.column(node.attribute)}")
            over = events.holds("x", node.over) if node.over is not None else "true"
            value = f"{how}({number}) FILTER (WHERE {over})"
            value = f"coalesce({value}, 0)" if node.how == "sum" else value
            return over and f"SELECT x._group, {value} AS v FROM placed x GROUP BY x._group"
        case Attribute():
            one = events.number(events.of_group(node.name))
            return f"SELECT _group, {one} AS v FROM placed GROUP BY _group"
        case _:
            return None


def _between(start: Selector, end: Selector, events: Events) -> str | None:
    begins, ends = events.holds("x", start), events.holds("y", end)
    if not (begins and ends):
        return None
    first = f"SELECT _group, min(_place) AS _place, arg_min(_time, _place) AS _time FROM placed x WHERE {begins}"
    after = f"({first} GROUP BY _group) x JOIN placed y ON y._group = x._group AND y._place > x._place"
    took = "arg_min(y._time, y._place) - x._time"
    return f"SELECT x._group, {took} AS v FROM {after} WHERE {ends} GROUP BY x._group, x._time"
