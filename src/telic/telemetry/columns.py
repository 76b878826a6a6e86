"""The tables of the store: columns in order, their types, and rows on their way into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow

SCHEMA = 2  # version of the store; older ones are migrated (`telic.telemetry.schema`), newer ones set aside

TABLES: dict[str, tuple[tuple[str, str], ...]] = {
    "spans": (
        ("trace_id", "VARCHAR"),
        ("span_id", "VARCHAR"),
        ("parent_span_id", "VARCHAR"),
        ("service", "VARCHAR"),
        ("instance", "VARCHAR"),
        ("version", "VARCHAR"),
        ("name", "VARCHAR"),
        ("kind", "VARCHAR"),
        ("start_ns", "BIGINT"),
        ("duration_ns", "BIGINT"),
        ("status", "VARCHAR"),
        ("status_message", "VARCHAR"),
        ("peer", "VARCHAR"),
        ("http_status", "INTEGER"),
        ("error_type", "VARCHAR"),
        ("statement", "VARCHAR"),
        ("attributes", "VARCHAR"),
        ("received_ns", "BIGINT"),
    ),
    "logs": (
        ("time_ns", "BIGINT"),
        ("service", "VARCHAR"),
        ("instance", "VARCHAR"),
        ("version", "VARCHAR"),
        ("severity", "VARCHAR"),
        ("severity_number", "INTEGER"),
        ("body", "VARCHAR"),
        ("trace_id", "VARCHAR"),
        ("span_id", "VARCHAR"),
        ("event_name", "VARCHAR"),
        ("exception_type", "VARCHAR"),
        ("attributes", "VARCHAR"),
        ("received_ns", "BIGINT"),
    ),
    "metrics": (
        ("time_ns", "BIGINT"),
        ("start_ns", "BIGINT"),
        ("service", "VARCHAR"),
        ("instance", "VARCHAR"),
        ("name", "VARCHAR"),
        ("kind", "VARCHAR"),
        ("unit", "VARCHAR"),
        ("value", "DOUBLE"),
        ("count", "BIGINT"),
        ("sum", "DOUBLE"),
        ("bounds", "VARCHAR"),
        ("buckets", "VARCHAR"),
        ("attributes", "VARCHAR"),
        ("received_ns", "BIGINT"),
    ),
}
pa: Any = pyarrow  # its types are not for mypy: names reach the package through a star import
_ARROW = {"VARCHAR": pa.string(), "BIGINT": pa.int64(), "INTEGER": pa.int32(), "DOUBLE": pa.float64()}
ARROW = {name: pa.schema([(column, _ARROW[kind]) for column, kind in columns]) for name, columns in TABLES.items()}

_ZSTD = " USING COMPRESSION zstd"
_UNIQUE = frozenset(("trace_id", "span_id", "parent_span_id", "attributes", "body"))
"""Columns in which hardly a value repeats: measured, zstd takes 1.7 times less space than looking for a dictionary in
them, and a third less time."""

TableRow = tuple[object, ...]  # values in the order of the table's columns
Chunk = Any  # pyarrow.RecordBatch
Columns = Any  # pyarrow.Table


def definition(table: str, name: str = "") -> str:
    """Return the statement that creates `table`, under another `name` where one is given."""
    columns = (f"{name} {kind}{_ZSTD if name in _UNIQUE else ''}" for name, kind in TABLES[table])
    return f"CREATE TABLE {name or table} ({', '.join(columns)})"


def chunk_of(table: str, rows: Sequence[TableRow]) -> Chunk:
    """Turn rows of `table` into columns; there must be at least one."""
    schema = ARROW[table]
    columns = zip(*rows, strict=True)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def columns_of(table: str, chunks: Sequence[Chunk]) -> Columns:
    """Put chunks of `table` together."""
    return pa.Table.from_batches(chunks, schema=ARROW[table])


class Arriving:
    """What a prepared insert reads: whatever columns are there when it runs.

    Parameters
    ----------
    empty
        The same columns without rows.
    """

    def __init__(self, empty: Columns) -> None:
        self._empty = empty
        self.columns: Columns = None

    def __arrow_c_schema__(self) -> object:
        return self._empty.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        columns = self._empty if self.columns is None else self.columns
        return columns.__arrow_c_stream__(requested_schema)
