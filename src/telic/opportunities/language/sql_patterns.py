"""Patterns as SQL for DuckDB, over events with their place `_place` in their group `_group`."""

from __future__ import annotations

from telic.opportunities.language.algebra import And, Attribute, Compare, Missing, Not, Number, OneOf, Or, Text, Value
from telic.opportunities.language.tree import Has, Near, Repeated, Retried, Selector, Sequence, ThenNo, Until
from telic.opportunities.plan.columns import one_value
from telic.opportunities.plan.dialects import DUCKDB
from telic.opportunities.plan.table import Table


class Events:
    """The table of events in SQL, and what of it is left out."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._left_out: list[str] = []

    def ctes(self) -> str:
        """Return the common table expressions that queries read: ``placed``, ``placed_1`` ..."""
        made = [self._placed("placed", "")]
        made += [self._placed(f"placed_{index + 1}", each) for index, each in enumerate(self._left_out)]
        return ", ".join(made)

    def without(self, ignoring: Selector | None) -> str | None:
        """Return the name of the expression without the events of `ignoring`."""
        if ignoring is None:
            return "placed"
        condition = self.holds("x", ignoring)
        if condition is None:
            return None
        if condition not in self._left_out:
            self._left_out.append(condition)
        return f"placed_{self._left_out.index(condition) + 1}"

    def _placed(self, name: str, left_out: str) -> str:
        table = self._table
        columns = ", ".join(
            [
                "*",
                f"{DUCKDB.quote(table.group)} AS _group",
                f"{DUCKDB.time(DUCKDB.quote(table.time), table.unit)} AS _time",
                f"{DUCKDB.quote(table.name)} AS _event",
                "row_number() OVER () AS _order",
            ]
        )
        where = f" WHERE {table.where}" if table.where else ""
        rows = f"(\n    SELECT {columns}\n    FROM {table.relation}{where}\n  )"
        if left_out:
            rows += f" x WHERE ({left_out}) IS NOT TRUE"
        place = "row_number() OVER (PARTITION BY _group ORDER BY _time, _order) AS _place"
        return f"{name} AS (\n  SELECT *, {place}\n  FROM {rows}\n)"

    def literal(self, text: str) -> str:
        """Write a text."""
        return DUCKDB.literal(text)

    def column(self, name: str) -> str:
        """Write the name of a column."""
        return DUCKDB.quote(name)

    def number(self, column: str) -> str:
        """Cast to a number; what is none is missing."""
        return DUCKDB.as_number(column)

    def of_group(self, name: str) -> str:
        """Write the value that an attribute has in a group, where rows are grouped."""
        return one_value(f"CAST({self.column(name)} AS VARCHAR)", name, self._table, DUCKDB)

    def holds(self, alias: str, selector: Selector) -> str | None:
        """Return the condition that a row `alias` is one of the events."""
        parts = [f"{alias}._event IN ({', '.join(map(self.literal, selector.names))})"] if selector.names else []
        if selector.where is not None:
            where = self._where(alias, selector.where)
            if where is None:
                return None
            parts.append(where)
        return " AND ".join(parts) or "true"

    def _where(self, alias: str, node: Value) -> str | None:
        match node:
            case And() | Or():
                inside = [self._where(alias, each) for each in node.of]
                word = " AND " if isinstance(node, And) else " OR "
                return f"({word.join(str(each) for each in inside)})" if all(inside) else None
            case Not():
                of = self._where(alias, node.of)
                return of and f"(NOT {of})"
            case Missing():
                return f"({alias}.{self.column(node.attribute)} IS NULL)"
            case OneOf(of=Attribute() as attribute):
                texts = ", ".join(map(self.literal, node.texts))
                return f"(CAST({alias}.{self.column(attribute.name)} AS VARCHAR) IN ({texts}))"
            case Compare(left=Attribute() as attribute, right=Text() as text):
                op = "=" if node.op == "=" else "<>"
                return f"(CAST({alias}.{self.column(attribute.name)} AS VARCHAR) {op} {self.literal(text.text)})"
            case Compare(left=Attribute() as attribute, right=Number() as number):
                op = "<>" if node.op == "!=" else node.op
                return f"({self.number(f'{alias}.{self.column(attribute.name)}')} {op} {number.value!r})"
            case _:
                return None


def having(node: Has, events: Events) -> str | None:
    """Return a query of the groups that have a pattern."""
    placed = events.without(node.ignoring)
    if placed is None:
        return None
    match node.pattern:
        case Sequence() as pattern:
            return _chain(placed, pattern.steps, pattern.links, pattern.within, events)
        case Near(side="after") as pattern:
            return _chain(placed, (pattern.anchor, pattern.what), ("..",), pattern.within, events)
        case Near() as pattern:
            return _chain(placed, (pattern.what, pattern.anchor), ("..",), pattern.within, events)
        case Until() as pattern:
            return _chain(placed, (pattern.what, pattern.what, pattern.end), (">", ">"), None, events)
        case ThenNo() as pattern:
            return _then_no(placed, pattern, events)
        case Repeated() as pattern:
            return _repeated(placed, pattern, events)
        case Retried() as pattern:
            return _retried(placed, pattern, events)


def _chain(
    placed: str, steps: tuple[Selector, ...], links: tuple[str, ...], within: int | None, events: Events
) -> str | None:
    conditions = [events.holds(f"x{index}", each) for index, each in enumerate(steps)]
    if not all(conditions):
        return None
    joins = [
        f"\n  JOIN {placed} x{index} ON x{index}._group = x{index - 1}._group AND x{index}._place "
        + (f"= x{index - 1}._place + 1" if link == ">" else f"> x{index - 1}._place")
        for index, link in enumerate(links, start=1)
    ]
    limit = "" if within is None else f" AND x{len(links)}._time - x0._time <= {within}"
    where = " AND ".join(str(each) for each in conditions)
    return f"SELECT DISTINCT x0._group FROM {placed} x0{''.join(joins)}\nWHERE {where}{limit}"


def _then_no(placed: str, pattern: ThenNo, events: Events) -> str | None:
    what, lacks = events.holds("x", pattern.what), events.holds("y", pattern.lacks)
    limit = "" if pattern.within is None else f" AND y._time - x._time <= {pattern.within}"
    follows = f"SELECT 1 FROM {placed} y WHERE y._group = x._group AND y._place > x._place AND {lacks}{limit}"
    if not (what and lacks):
        return None
    return f"SELECT DISTINCT x._group FROM {placed} x WHERE {what} AND NOT EXISTS ({follows})"


def _repeated(placed: str, pattern: Repeated, events: Events) -> str | None:
    what = events.holds("x", pattern.what)
    island = "x._place - row_number() OVER (PARTITION BY x._group ORDER BY x._place) AS island"
    rows = f"SELECT x._group, {island} FROM {placed} x WHERE {what}"
    many = f"GROUP BY _group, island HAVING count(*) >= {pattern.times}"
    return what and f"SELECT DISTINCT _group FROM ({rows}) {many}"


def _retried(placed: str, pattern: Retried, events: Events) -> str | None:
    what, success = events.holds("x", pattern.what), events.holds("x", pattern.success)
    if not (what and success):
        return None
    mark = f"CASE WHEN {what} THEN 1 ELSE 0 END"
    upto = f"sum({mark}) OVER (PARTITION BY x._group ORDER BY x._place ROWS UNBOUNDED PRECEDING)"
    told = f"SELECT x._group, x._place, {upto} AS upto, {mark} AS mark, ({success}) AS success FROM {placed} x"
    since = "upto - mark - coalesce(lag(upto) OVER (PARTITION BY _group ORDER BY _place), 0) AS tries"
    done = f"SELECT _group, {since} FROM ({told}) WHERE success"
    return f"SELECT DISTINCT _group FROM ({done}) WHERE tries >= {pattern.times}"
