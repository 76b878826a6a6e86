"""What a SELECT of somebody else's may read: telemetry, and nothing of the database that keeps it.

DuckDB tells of itself in tables and functions of its own: settings with folders of this machine among them, files,
secrets, variables of the environment.
"""

from __future__ import annotations

import threading
from functools import cache

import duckdb

from telic.errors import UsageError
from telic.telemetry.parsed import Tree, nodes_of, tree_of

TABLE_FUNCTIONS = frozenset({"unnest", "range", "generate_series", "json_each", "json_tree", "repeat"})
"""Functions that stand in a FROM and make rows of what they are given."""
_OWN_TABLES = ("duckdb_", "pragma_", "sqlite_", "pg_")
_OWN_SCHEMAS = frozenset({"information_schema", "pg_catalog"})
_OWN_FUNCTIONS = frozenset({"current_setting", "getenv", "getvariable", "which_secret", "query", "query_table"})
_HINT = "ask spans, logs and metrics, and what you make of them"
_LOCK = threading.Lock()


def check(sql: str) -> None:
    """Refuse a SELECT that asks about the database itself; what is no SELECT is for the store to refuse.

    Raises
    ------
    UsageError
        It names a table or function of DuckDB's own.

    Examples
    --------
    >>> check("WITH slow AS (SELECT * FROM spans) SELECT count(*) FROM slow, range(3)")
    >>> check("SELECT value FROM duckdb_settings()")
    Traceback (most recent call last):
    ...
    telic.errors.UsageError: duckdb_settings is no telemetry
    """
    tree = _tree(sql)
    if tree.get("error_type") == "not implemented":
        raise UsageError("only one plain SELECT is answered", hint="PIVOT, SHOW and the like are not; group instead")
    for node in nodes_of(tree):
        if node.get("type") == "SHOW_REF" and not node.get("query"):
            raise UsageError("SHOW is of the database, not of telemetry", hint=_HINT)
        if node.get("type") == "TABLE_FUNCTION":
            name = str((node.get("function") or {}).get("function_name", "")).lower()
            if name not in TABLE_FUNCTIONS:
                raise UsageError(f"{name} is no telemetry", hint=_HINT)
        elif node.get("type") == "BASE_TABLE":
            name, schema = str(node.get("table_name", "")).lower(), str(node.get("schema_name", "")).lower()
            if name.startswith(_OWN_TABLES) or schema in _OWN_SCHEMAS:
                raise UsageError(f"{name} is no telemetry", hint=_HINT)
        elif node.get("class") == "FUNCTION" and str(node.get("function_name", "")).lower() in _OWN_FUNCTIONS:
            raise UsageError(f"{node['function_name']} is no telemetry", hint=_HINT)


def _tree(sql: str) -> Tree:
    with _LOCK:
        return tree_of(_connection(), sql)


@cache
def _connection() -> duckdb.DuckDBPyConnection:
    """Return one connection for all threads: a thread's own would be closed in a fork, which ends the fork."""
    return duckdb.connect(config={"enable_external_access": "false", "threads": "1"})
