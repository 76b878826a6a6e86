"""What the Parquet tables of an incident look like, and whether a file does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from telic.errors import InvalidRecord
from telic.worlds.recorded.times import NANOSECONDS

if TYPE_CHECKING:
    import duckdb

TEXT, TIME, NUMBER = "text", "time", "number"
_SQL = {TEXT: "VARCHAR", TIME: "TIMESTAMP_NS", NUMBER: "DOUBLE"}
_NUMBERS = ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "SMALLINT", "TINYINT", "HUGEINT", "DECIMAL", "U")


@dataclass(frozen=True)
class Schema:
    """Columns of one table; those that are not `needed` may be absent from a file and are then empty."""

    columns: Mapping[str, str]
    needed: tuple[str, ...]
    time: str  # the column that windows look at
    known: str  # the column that says from when on a row was known: a span is when it ends


def _schema(text: str, needed: str, *, times: str, numbers: str = "") -> Schema:
    kinds = {**dict.fromkeys(text.split(), TEXT), **dict.fromkeys(times.split(), TIME)}
    kinds |= dict.fromkeys(numbers.split(), NUMBER)
    return Schema(kinds, tuple(needed.split()), times.split()[0], times.split()[-1])


SCHEMAS = {
    "metrics": _schema("entity name unit attributes", "time entity name value", times="time", numbers="value"),
    "logs": _schema("entity severity body trace_id span_id attributes", "time entity body", times="time"),
    "spans": _schema(
        "trace_id span_id parent_span_id entity instance name kind status attributes",
        "trace_id span_id entity name start end",
        times="start end",
    ),
}


def view(connection: duckdb.DuckDBPyConnection, kind: str, file: Path | None, *, until: float | None = None) -> int:
    """Make the view `kind` of a Parquet file (an empty one without a file); return its rows [1].

    Parameters
    ----------
    until
        Only rows that were known before then [s since the Unix epoch]; default: all.

    Raises
    ------
    InvalidRecord
        Not Parquet, a needed column is missing, or a column has another type.
    """
    schema = SCHEMAS[kind]
    if file is None:
        nothing = ", ".join(_absent(each, of) for each, of in schema.columns.items())
        connection.execute(f"CREATE VIEW {kind} AS SELECT {nothing} WHERE false")
        return 0
    present, rows = _look(connection, file)
    for column in schema.needed:
        if column not in present:
            raise InvalidRecord(
                f"{file}: no column {column!r}; it has {', '.join(present)}",
                hint=f"a table of {kind} needs {', '.join(schema.needed)}",
            )
    chosen = ", ".join(
        _present(file, column, of, present[column]) if column in present else _absent(column, of)
        for column, of in schema.columns.items()
    )
    table = f"read_parquet({quoted(str(file))})"
    if until is not None:
        table += f' WHERE epoch_ns("{schema.known}") < {round(until * NANOSECONDS)}'
        rows = _counted(connection, table)
    connection.execute(f"CREATE VIEW {kind} AS SELECT {chosen} FROM {table}")
    return rows


def quoted(text: str) -> str:
    """Return `text` as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _counted(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    counted = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(counted[0]) if counted else 0


def _look(connection: duckdb.DuckDBPyConnection, file: Path) -> tuple[dict[str, str], int]:
    import duckdb

    name = quoted(str(file))
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet({name})").fetchall()
        counted = connection.execute(f"SELECT num_rows FROM parquet_file_metadata({name})").fetchone()
    except duckdb.Error as error:
        raise InvalidRecord(f"{file}: {error}", hint="this is not a Parquet file") from error
    return {str(each[0]): str(each[1]) for each in described}, int(counted[0]) if counted else 0


def _present(file: Path, column: str, kind: str, found: str) -> str:
    if kind == TIME:
        if not found.startswith("TIMESTAMP"):
            raise InvalidRecord(f"{file}: column {column!r} is {found}", hint="timestamp[ns, UTC] was expected")
        return f'make_timestamp_ns(epoch_ns("{column}")) AS "{column}"'
    if kind == NUMBER:
        if not found.startswith(_NUMBERS):
            raise InvalidRecord(f"{file}: column {column!r} is {found}", hint="float64 was expected")
        return f'"{column}"::DOUBLE AS "{column}"'
    if found.startswith(("STRUCT", "MAP")):
        return f'to_json("{column}")::VARCHAR AS "{column}"'
    return f'"{column}"::VARCHAR AS "{column}"'


def _absent(column: str, kind: str) -> str:
    return f'NULL::{_SQL[kind]} AS "{column}"'
