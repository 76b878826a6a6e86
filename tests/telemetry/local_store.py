"""A `model.Store` on a database in the same process, and rows to put into it."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from telic.model import Row, Scalar
from telic.telemetry.batch import Batch
from telic.telemetry.columns import TABLES, TableRow
from telic.telemetry.database import Database

T0 = 1_800_000_000  # [s since the Unix epoch]
_ids = itertools.count(1)


class LocalStore:
    """Reads what the database holds."""

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
