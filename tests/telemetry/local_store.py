"""A `model.Store` on a database in the same process, and rows to put into it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.ipc
import pytest

from telic.model import Row, Scalar
from telic.telemetry.batch import Batch
from telic.telemetry.clickhouse import ClickHouseStore
from telic.telemetry.clickhouse_client import failure
from telic.telemetry.columns import TABLES, Columns, TableRow
from telic.telemetry.database import Database

T0 = 1_800_000_000  # [s since the Unix epoch]
_ids = itertools.count(1)


class LocalStore:
    """Reads what the database of DuckDB holds."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(folder)

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        cursor = self.database.cursor()
        try:
            rows = cursor.execute(sql, list(params)).fetchmany(limit)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows]
        finally:
            cursor.close()

    def put(self, table: str, *rows: TableRow) -> None:
        batch = Batch()
        batch.add(table, rows)
        self.database.append(batch.tables())

    def close(self) -> None:
        self.database.close()


class Embedded:
    """ClickHouse's engine from a wheel, in the place of a server."""

    def __init__(self, folder: Path) -> None:
        chdb_session = pytest.importorskip("chdb.session", reason="needs chdb")
        self.session = chdb_session.Session(str(folder))

    def command(self, sql: str) -> None:
        self.session.query(sql)

    def insert(self, table: str, columns: Columns) -> None:
        arriving = columns
        assert arriving is not None
        self.session.query(f"INSERT INTO {table} SELECT * FROM Python(arriving)")

    def select(self, sql: str, parameters: Mapping[str, Scalar], settings: Mapping[str, object]) -> Columns:
        said = ((name, f"'{value}'" if isinstance(value, str) else value) for name, value in settings.items())
        more = ", ".join(f"{name} = {value}" for name, value in said)
        try:
            found = self.session.query(
                f"{sql}\nSETTINGS {more}" if more else sql, "ArrowStream", params=dict(parameters)
            )
        except Exception as error:
            raise failure(error) from error
        arrow: Any = pyarrow
        return arrow.ipc.open_stream(found.bytes()).read_all() if found.bytes() else arrow.table({})


class ClickHouse:
    """A `LocalStore` whose rows ClickHouse keeps, in a database of its own."""

    def __init__(self, engine: Embedded) -> None:
        self.database = ClickHouseStore(engine, f"hotel_{next(_ids)}")
        self.query = self.database.query

    def put(self, table: str, *rows: TableRow) -> None:
        batch = Batch()
        batch.add(table, rows)
        self.database.append(batch.tables())

    def close(self) -> None:
        """Its engine goes on."""


def row(table: str, **values: object) -> TableRow:
    """Return a row whose other columns are empty."""
    unknown = set(values) - {name for name, _ in TABLES[table]}
    assert not unknown, unknown
    empty = {"VARCHAR": "", "BIGINT": 0, "INTEGER": None, "DOUBLE": None}
    return tuple(values.get(name, empty[kind]) for name, kind in TABLES[table])


def span(service: str, name: str, *, at: float = 0.0, took: float = 0.01, **values: object) -> TableRow:
    """Return a span that starts `at` [s] after T0; ids are made unless given."""
    number = next(_ids)
    attributes = values.pop("attributes", {})
    filled: dict[str, object] = {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "service": service,
        "instance": f"{service}-1",
        "version": "1",
        "name": name,
        "kind": "server",
        "status": "unset",
        "start_ns": round((T0 + at) * 1e9),
        "duration_ns": round(took * 1e9),
        "attributes": json.dumps(attributes),
        "received_ns": round((T0 + at + took) * 1e9),
    }
    return row("spans", **(filled | values))


def log(
    service: str,
    body: str,
    *,
    at: float = 0.0,
    level: int = 17,
    attributes: Mapping[str, object] = {},
    **values: object,
) -> TableRow:
    """Return a log record written `at` [s] after T0."""
    time_ns = round((T0 + at) * 1e9)
    filled: dict[str, object] = {
        "time_ns": time_ns,
        "service": service,
        "version": "1",
        "severity": "ERROR" if level >= 17 else "INFO",
        "severity_number": level,
        "body": body,
        "attributes": json.dumps(dict(attributes)),
        "received_ns": time_ns,
    }
    return row("logs", **(filled | values))
