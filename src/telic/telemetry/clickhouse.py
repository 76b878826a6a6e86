"""Telemetry in ClickHouse: the tables of the store's own file behind the same Protocol (extra ``clickhouse``).

Questions come in the dialect of the store's file, whoever asks: the rows that one can need are fetched as Arrow, its
comparisons with constants pushed down, and it is answered over them here. So every reader works on every store, and
answers are equal to the last digit; `ClickHouseStore.native` leaves all the work to the server, in its own dialect.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from telic.errors import StoreFailed, UsageError
from telic.model import Row
from telic.model.topology import Scalar
from telic.telemetry.answering import Answering
from telic.telemetry.columns import SCHEMA, TABLES, Columns
from telic.telemetry.pushdown import Condition, Scan

HOUR = 3600 * 10**9  # [ns]
ROWS_MAX = 2_000_000  # of one table that are fetched for one question [1]
BYTES_MAX = 1 << 30  # [bytes]
_TYPES = {"VARCHAR": "String", "BIGINT": "Int64", "INTEGER": "Int32", "DOUBLE": "Float64"}
_MAY_LACK = frozenset(("http_status", "value", "count", "sum"))
_UNIQUE = frozenset(("trace_id", "span_id", "parent_span_id", "attributes", "body", "status_message"))
_FEW = frozenset(("service", "instance", "version", "name", "kind", "status", "peer", "severity", "unit"))
_ORDER = {"spans": "service, start_ns", "logs": "service, time_ns", "metrics": "service, name, time_ns"}
_PIECES = re.compile(r"'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`|--[^\n]*|/\*.*?\*/|[?;]", re.DOTALL)


class Engine(Protocol):
    """Runs statements: a server through its official client, or the same engine in this process."""

    def command(self, sql: str) -> None:
        """Run a statement that returns nothing."""
        ...

    def insert(self, table: str, columns: Columns) -> None:
        """Append rows; when this returns they are there."""
        ...

    def select(self, sql: str, parameters: Mapping[str, Scalar], settings: Mapping[str, object]) -> Columns:
        """Return what one SELECT with ``{name:Type}`` placeholders finds; it may change nothing.

        Raises
        ------
        UsageError
            The statement is wrong, or finds more than `settings` allow.
        StoreFailed
            It took too long, or the server failed.
        """
        ...


class ClickHouseStore:
    """A `telic.model.Store` that also takes rows; safe to read from several threads if its engine is.

    Parameters
    ----------
    engine
        Where statements run.
    database
        The database of one system; made where it is missing.

    Raises
    ------
    StoreFailed
        The database has another schema.
    """

    def __init__(self, engine: Engine, database: str = "telic") -> None:
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", database):
            raise UsageError(f"{database!r} is no name of a database", hint="small letters, digits and _")
        self._engine, self._database = engine, database
        self._answering = Answering(self.fetch)
        engine.command(f"CREATE DATABASE IF NOT EXISTS {database}")
        engine.command(
            f"CREATE TABLE IF NOT EXISTS {database}.telic_schema (version Int32) ENGINE = MergeTree ORDER BY version"
        )
        found = _rows(engine.select(f"SELECT version FROM {database}.telic_schema", {}, {}))
        if not found:
            for table in TABLES:
                engine.command(definition(table, database))
            engine.command(f"INSERT INTO {database}.telic_schema VALUES ({SCHEMA})")
        elif [int(str(row[0])) for row in found] != [SCHEMA]:
            said = f"the ClickHouse database {database} has schema {found}, this Telic has {SCHEMA}"
            raise StoreFailed(said, hint="give another database")

    def append(self, tables: Mapping[str, Columns]) -> None:
        """Write rows; ClickHouse has no transaction over tables, so each table is written whole or not at all."""
        for table, columns in tables.items():
            self._engine.insert(f"{self._database}.{table}", columns)

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Run one SELECT with ``?`` placeholders in the dialect of the store's file; as `telic.model.Store.query`.

        Raises
        ------
        UsageError
            The statement is not one SELECT, does not fit the tables, or needs more than `ROWS_MAX` rows of one.
        StoreFailed
            It took longer than `timeout`, or the server failed.
        """
        return self._answering.query(sql, params, limit=limit, timeout=timeout)

    def fetch(self, scan: Scan, timeout: float = 5.0) -> Columns:
        """Return the rows that a scan needs, and perhaps others."""
        listed, given = [], list[Scalar]()
        for conditions in scan.alternatives:
            listed.append(" AND ".join(f"{each.column} {each.operator} {_places(each)}" for each in conditions))
            given += [value for each in conditions for value in each.values]
        where = f" WHERE ({') OR ('.join(listed)})" if listed else ""
        sql, parameters = placeholders(
            f"SELECT {', '.join(scan.columns)} FROM {self._database}.{scan.table}{where}", given
        )
        most = {"max_result_rows": ROWS_MAX, "max_result_bytes": BYTES_MAX, "result_overflow_mode": "throw"}
        return self._engine.select(sql, parameters, most | _within(timeout))

    def native(
        self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0
    ) -> list[Row]:
        """Run one SELECT with ``?`` placeholders in ClickHouse's own dialect, on the server alone.

        Examples
        --------
        ``store.native("SELECT service, quantile(0.99)(duration_ns) AS p99 FROM spans GROUP BY service")``
        """
        text, parameters = placeholders(sql, params)
        if not re.match(r"\s*(SELECT|WITH)\b", text, re.IGNORECASE):
            raise UsageError("only one SELECT is answered", hint="telemetry is read-only; send one statement")
        settings = {"limit": limit} | _within(timeout)
        return [dict(each) for each in self._engine.select(self._in_database(text), parameters, settings).to_pylist()]

    def sizes(self) -> tuple[int, int]:
        """Return how many bytes hold rows and how many there are on disk [bytes]."""
        sql = (
            "SELECT toInt64(sumIf(bytes_on_disk, active)), toInt64(sum(bytes_on_disk)) FROM system.parts "
            f"WHERE database = '{self._database}'"
        )
        rows = _rows(self._engine.select(sql, {}, {}))
        return int(str(rows[0][0])), int(str(rows[0][1]))

    def drop_before(self, time_ns: int) -> list[str]:
        """Drop whole hours of arrivals that ended at or before `time_ns`; a partition is an hour."""
        sql = (
            "SELECT DISTINCT table, partition FROM system.parts WHERE active "
            f"AND database = '{self._database}' AND table != 'telic_schema'"
        )
        rows = _rows(self._engine.select(sql, {}, {}))
        old = sorted((str(table), int(str(hour))) for table, hour in rows if (int(str(hour)) + 1) * HOUR <= time_ns)
        for table, hour in old:
            self._engine.command(f"ALTER TABLE {self._database}.{table} DROP PARTITION {hour}")
        return [f"hour {hour} of {table}" for table, hour in old]

    def _in_database(self, sql: str) -> str:
        """Let ``FROM spans`` mean this database's table, whatever the connection's own database is."""
        listed = "|".join(TABLES)
        return re.sub(rf"\b(FROM|JOIN)\s+({listed})\b(?!\s*\.)", rf"\1 {self._database}.\2", sql, flags=re.IGNORECASE)


def _rows(found: Columns) -> list[tuple[object, ...]]:
    return [tuple(each.values()) for each in found.to_pylist()]


def _places(condition: Condition) -> str:
    places = ", ".join("?" * len(condition.values))
    return f"({places})" if condition.operator == "IN" else places


def _within(timeout: float) -> dict[str, object]:
    return {"max_execution_time": max(0.01, timeout)}  # 0 would be for ever


def definition(table: str, database: str) -> str:
    """Return the statement that creates `table`."""
    columns = ", ".join(_column(name, kind) for name, kind in TABLES[table])
    return (
        f"CREATE TABLE IF NOT EXISTS {database}.{table} ({columns}) ENGINE = MergeTree "
        f"PARTITION BY intDiv(received_ns, {HOUR}) ORDER BY ({_ORDER[table]})"
    )


def _column(name: str, kind: str) -> str:
    made = _TYPES[kind]
    if name in _MAY_LACK:
        return f"{name} Nullable({made})"
    if name in _FEW:
        return f"{name} LowCardinality({made})"
    return f"{name} {made} CODEC(ZSTD(1))" if name in _UNIQUE else f"{name} {made}"


def placeholders(sql: str, params: Sequence[Scalar]) -> tuple[str, dict[str, Scalar]]:
    """Return one statement with ClickHouse's typed placeholders for every ``?`` outside texts and comments.

    Raises
    ------
    UsageError
        More or fewer values than placeholders, or more than one statement.

    Examples
    --------
    >>> placeholders("SELECT '?' FROM spans WHERE name = ?", ["find"])
    ("SELECT '?' FROM spans WHERE name = {p0:String}", {'p0': 'find'})
    """
    parameters: dict[str, Scalar] = {}
    end = len(sql.rstrip().rstrip(";").rstrip())

    def put(found: re.Match[str]) -> str:
        if found.group() == ";":
            raise UsageError("only one SELECT is answered", hint="telemetry is read-only; send one statement")
        if found.group() != "?":
            return found.group()
        name = f"p{len(parameters)}"
        if len(parameters) >= len(params):
            raise UsageError(f"the query has more than {len(params)} placeholders", hint="give a value for every ?")
        parameters[name] = value = params[len(parameters)]
        return f"{{{name}:{_type_of(value)}}}"

    text = _PIECES.sub(put, sql[:end])
    if len(parameters) != len(params):
        said = f"the query has {len(parameters)} placeholders for {len(params)} values"
        raise UsageError(said, hint="give a value for every ?")
    return text, parameters


def _type_of(value: Any) -> str:
    kinds: dict[type, str] = {bool: "Bool", int: "Int64", float: "Float64", str: "String"}
    return kinds[type(value)]
