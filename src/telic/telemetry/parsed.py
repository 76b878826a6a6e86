"""Statements as DuckDB has read them: the same few questions are asked again and again, and reading one takes 1 ms."""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

import duckdb

from telic.errors import UsageError

KEPT = 128  # statements [1]
LONGEST = 20_000  # a longer text is not kept [characters]

Tree = Any  # JSON of DuckDB's parser

_kept: OrderedDict[str, duckdb.Statement] = OrderedDict()  # by text, the one used last at the end


def select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return the one SELECT that `sql` is, read by `connection` or by an earlier one; may be called from any thread.

    Raises
    ------
    UsageError
        It is no SELECT, or not one.
    duckdb.Error
        It is no SQL.
    """
    statement = _kept.pop(sql, None)
    if statement is None:
        found = connection.extract_statements(sql)
        if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
            raise UsageError("only one SELECT is answered", hint="telemetry is read-only; send one statement")
        statement = found[0]
    if len(sql) <= LONGEST:
        _kept[sql] = statement
        if len(_kept) > KEPT:
            _kept.popitem(last=False)
    return statement


def tree_of(connection: duckdb.DuckDBPyConnection, sql: str) -> Tree:
    """Return what DuckDB's parser makes of a SELECT; its `error` is true where that is nothing."""
    ((said,),) = connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()
    return json.loads(str(said))


def nodes_of(tree: Tree) -> Iterator[dict[str, Any]]:
    """Yield every object of a tree."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting += node.values()
        elif isinstance(node, list):
            waiting += node
