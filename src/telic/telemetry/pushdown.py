"""Which rows of which tables a SELECT can need, told by its syntax: another store need not send all it holds."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from telic.errors import UsageError
from telic.model.topology import Scalar
from telic.telemetry.columns import TABLES
from telic.telemetry.parsed import Tree, nodes_of, tree_of
from telic.telemetry.schema import VIEWS, kept_columns

COMPARISONS: Mapping[str, str] = {
    **{"COMPARE_EQUAL": "=", "COMPARE_NOTEQUAL": "<>", "COMPARE_LESSTHAN": "<", "COMPARE_GREATERTHAN": ">"},
    **{"COMPARE_LESSTHANOREQUALTO": "<=", "COMPARE_GREATERTHANOREQUALTO": ">="},
}
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<="}
_FROM = frozenset(("BASE_TABLE", "JOIN", "SUBQUERY", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST"))
_JOINS = frozenset(("INNER", "LEFT", "RIGHT", "OUTER", "FULL"))  # in which a WHERE on a side may come before the join
_INEXACT = 1024  # a number of ns since the epoch that was reckoned as a double may be off by so much [ns]
_ONE = "only one SELECT is answered"
_HINT = "telemetry is read-only; send one statement"


@dataclass(frozen=True)
class Condition:
    """A comparison of a column with values that every needed row passes; several values are those of an IN."""

    column: str
    operator: str  # one of = <> < <= > >= IN
    values: tuple[Scalar, ...]


@dataclass(frozen=True)
class Scan:
    """What a query can need of one table.

    Parameters
    ----------
    table
        One of `TABLES`.
    columns
        In the table's order; at least one.
    alternatives
        A row is needed if it passes all conditions of one of them; none of them means every row.
    """

    table: str
    columns: tuple[str, ...]
    alternatives: tuple[tuple[Condition, ...], ...] = ()


def scans(connection: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Scalar] = ()) -> list[Scan]:
    """Return what `sql` can need: the rows that it does not need may be among them, those that it does always are.

    Understood are comparisons of a column with a constant, a placeholder or an expression of constants, joined by AND
    in the WHERE of the SELECT that reads the table.

    Parameters
    ----------
    connection
        Any DuckDB with the extension ``json``, which parses.

    Raises
    ------
    UsageError
        It is no SELECT, not one, or no SQL.

    Examples
    --------
    >>> (found,) = scans(duckdb.connect(), "SELECT count(*) FROM spans WHERE kind = 'server' AND start_ns >= ?", [7])
    >>> found.columns, [(each.column, each.operator, each.values) for each in found.alternatives[0]]
    (('kind', 'start_ns'), [('kind', '=', ('server',)), ('start_ns', '>=', (7,))])
    """
    tree = tree_of(connection, sql)
    if tree.get("error"):
        if tree.get("error_type") == "not implemented":
            raise UsageError(_ONE, hint=_HINT)
        raise UsageError(f"the query fails: {tree.get('error_message')}", hint="tables: docs/reference/contracts.md")
    if len(tree["statements"]) != 1:
        raise UsageError(_ONE, hint=_HINT)
    return _Reading(connection, params).scans(tree["statements"][0]["node"])


class _Reading:
    """The walk through one statement."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, params: Sequence[Scalar]) -> None:
        self._connection, self._params = connection, params

    def scans(self, tree: Tree) -> list[Scan]:
        nodes = list(nodes_of(tree))
        asked: dict[str, list[tuple[Condition, ...]]] = {}
        known: dict[int, tuple[Condition, ...]] = {}
        for node in nodes:
            if node.get("type") == "SELECT_NODE":
                known.update(self._of_select(node))
        for node in nodes:
            if node.get("type") == "BASE_TABLE" and (table := _table(node)):
                asked.setdefault(table, []).append(known.get(id(node), ()))
        named = {name for node in nodes for name in _named(node)}
        whole = any(map(_takes_all, nodes)) or _has_rows_as_values(nodes)
        return [
            Scan(table, _columns(table, named, whole or _viewed(table, nodes)), _any_of(found))
            for table, found in asked.items()
        ]

    def _of_select(self, select: Tree) -> Iterator[tuple[int, tuple[Condition, ...]]]:
        """Yield which conditions hold for the tables that `select` reads itself."""
        tables = _read_by(select.get("from_table"))
        if not tables:
            return
        compared = [each for part in _conjuncts(select.get("where_clause")) for each in self._compared(part)]
        for node in tables:
            found = [condition for names, condition in compared if _belongs(names, condition.column, node)]
            fitting = [fitted for each in found if (fitted := _fitted(each, _table(node))) is not None]
            yield id(node), tuple(dict.fromkeys(fitting))

    def _compared(self, part: Tree) -> Iterator[tuple[list[str], Condition]]:
        """Yield the name of a column, as it was written, and the condition on it."""
        kind = part.get("type")
        if kind in COMPARISONS:
            sides, operator = (part["left"], part["right"]), COMPARISONS[kind]
            for (column, other), said in zip(
                (sides, sides[::-1]), (operator, _TURNED.get(operator, operator)), strict=True
            ):
                yield from self._condition(column, said, [other])
        elif kind == "COMPARE_IN":
            yield from self._condition(part["children"][0], "IN", part["children"][1:])
        elif kind == "COMPARE_BETWEEN":
            yield from self._condition(part["input"], ">=", [part["lower"]])
            yield from self._condition(part["input"], "<=", [part["upper"]])

    def _condition(self, column: Tree, operator: str, given: Sequence[Tree]) -> Iterator[tuple[list[str], Condition]]:
        if column.get("class") != "COLUMN_REF":
            return
        values = [self._value(each) for each in given]
        names = [str(each).lower() for each in column["column_names"]]
        if values and all(isinstance(each, str | int | float) for each in values):
            yield names, Condition(names[-1], operator, tuple(each for each in values if each is not None))

    def _value(self, tree: Tree) -> Scalar | None:
        """Return what an expression without columns is, None where that cannot be told."""
        if tree.get("class") == "PARAMETER":
            index = str(tree.get("identifier", ""))
            place = int(index) - 1 if index.isdecimal() else -1
            return self._params[place] if 0 <= place < len(self._params) else None
        kinds = {str(node.get("class")) for node in nodes_of(tree) if "class" in node}
        if not kinds <= {"CONSTANT", "FUNCTION", "CAST", "OPERATOR"}:
            return None
        made = tree_of(self._connection, "SELECT 1")
        made["statements"][0]["node"]["select_list"] = [tree]
        try:
            run = "SELECT * FROM json_execute_serialized_sql(?::JSON)"
            found = self._connection.execute(run, [json.dumps(made)]).fetchall()
        except duckdb.Error:
            return None  # whoever runs the whole statement says what is wrong with it
        value = found[0][0] if len(found) == 1 and len(found[0]) == 1 else None
        return value if isinstance(value, str | int | float) else None


def _read_by(source: Tree) -> list[Tree]:
    """Return the tables in a FROM, joined in ways that keep a WHERE on each of them what it is."""
    if not isinstance(source, dict):
        return []
    if source.get("type") == "BASE_TABLE":
        return [source] if _table(source) and source.get("sample") is None else []
    if source.get("type") != "JOIN":
        return []
    nested = [node for node in nodes_of(source) if node.get("type") == "JOIN"]
    if any(node.get("ref_type") not in ("REGULAR", "CROSS") or node.get("join_type") not in _JOINS for node in nested):
        return []
    return [each for side in ("left", "right") for each in _read_by(source.get(side))]


def _conjuncts(where: Tree) -> Iterator[Tree]:
    if isinstance(where, dict) and where.get("type") == "CONJUNCTION_AND":
        for each in where.get("children", ()):
            yield from _conjuncts(each)
    elif isinstance(where, dict):
        yield where


def _table(node: Tree) -> str:
    """Return the table that a reference reads, through its view or by itself; "" for none of ours."""
    name = str(node.get("table_name", "")).lower()
    return VIEWS.get(name, name if name in TABLES else "")


def _belongs(names: Sequence[str], column: str, node: Tree) -> bool:
    view = str(node.get("table_name", "")).lower()
    if column not in kept_columns(view):
        return False
    own = str(node.get("alias") or view).lower()
    return len(names) == 1 or (len(names) == 2 and names[0] == own)


def _fitted(condition: Condition, table: str) -> Condition | None:
    """Return a condition that another store decides as this one does, or a wider one; None where there is none.

    Columns of doubles are left alone: stores differ in where NaN stands.
    """
    kind = dict(TABLES[table])[condition.column]
    if kind == "VARCHAR":
        return condition if all(isinstance(each, str) for each in condition.values) else None
    numbers = [each for each in condition.values if isinstance(each, int | float) and not isinstance(each, bool)]
    if kind == "DOUBLE" or len(numbers) < len(condition.values) or not all(abs(each) < 2**62 for each in numbers):
        return None
    if all(isinstance(each, int) for each in numbers):
        return condition
    if condition.operator not in _TURNED or len(numbers) != 1:
        return None
    value = numbers[0]
    wider = math.ceil(value) + _INEXACT if condition.operator[0] == "<" else math.floor(value) - _INEXACT
    return Condition(condition.column, condition.operator, (wider,))


def _named(node: Tree) -> Iterator[str]:
    if node.get("class") == "COLUMN_REF":
        yield from (str(each).lower() for each in node.get("column_names", ()))
    if node.get("type") == "JOIN":
        yield from (str(each).lower() for each in node.get("using_columns", ()))


def _has_rows_as_values(nodes: Sequence[Tree]) -> bool:
    """Whether the name of a table stands for its rows: ``SELECT s FROM spans s``."""
    tables = [node for node in nodes if node.get("type") == "BASE_TABLE" and _table(node)]
    lone = [node for node in nodes if node.get("class") == "COLUMN_REF" and len(node.get("column_names", ())) == 1]
    said = {str(node["column_names"][0]).lower() for node in lone}
    return not said.isdisjoint(str(node.get("alias") or node["table_name"]).lower() for node in tables)


def _takes_all(node: Tree) -> bool:
    if node.get("class") == "STAR" or node.get("ref_type") == "NATURAL":
        return True
    source = node.get("from_table") if node.get("type") == "SELECT_NODE" else None
    return isinstance(source, dict) and source.get("type") not in _FROM


def _viewed(table: str, nodes: Iterable[Tree]) -> bool:
    return any(VIEWS.get(str(node.get("table_name", "")).lower()) == table for node in nodes)


def _columns(table: str, named: set[str], whole: bool) -> tuple[str, ...]:
    columns = tuple(name for name, _ in TABLES[table])
    return columns if whole else tuple(name for name in columns if name in named) or columns[-1:]


def _any_of(found: Iterable[tuple[Condition, ...]]) -> tuple[tuple[Condition, ...], ...]:
    alternatives = tuple(dict.fromkeys(found))
    return alternatives if all(alternatives) else ()
