"""How one engine writes in SQL what another writes otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telic.opportunities.plan.table import UNITS

READERS = {
    ".parquet": "read_parquet",
    ".csv": "read_csv",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
    ".json": "read_json",
}
"""What DuckDB reads a file with, by its ending."""


@dataclass(frozen=True)
class Dialect:
    """One engine's SQL.

    Parameters
    ----------
    quote
        Writes an identifier.
    literal
        Writes a text.
    as_text
        Casts anything to text, missing to missing.
    as_number
        Casts to a double, what is no number to missing.
    size
        Counts the bytes of a text.
    nanoseconds
        Writes a timestamp as a whole number of nanoseconds since the epoch.
    some
        Aggregates to any value that is not missing.
    holds
        Aggregates truth values to whether one is true.
    divided
        Divides whole numbers without remainder.
    previous
        The window function for the row before; missing for the first.
    recent
        The window function that counts rows of a partition whose number is at most so much less, and no greater.
    mask
        Tells, of the columns of all grouping sets in their order, by which a row is not: the first the highest bit.
    """

    name: str
    quote: Callable[[str], str]
    literal: Callable[[str], str]
    as_text: Callable[[str], str]
    as_number: Callable[[str], str]
    size: Callable[[str], str]
    nanoseconds: Callable[[str], str]
    some: Callable[[str], str]
    holds: Callable[[str], str]
    divided: Callable[[str, int], str]
    previous: Callable[[str], str]
    recent: Callable[[str, str, int], str]
    mask: Callable[[str], str]

    def time(self, column: str, unit: str) -> str:
        """Return a time [ns since the epoch] from how it is stored."""
        if unit == "timestamp":
            return self.nanoseconds(column)
        factor = UNITS[unit]
        return column if factor == 1 else f"({column} * {factor})"


def _duckdb_quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _duckdb_literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _clickhouse_quote(name: str) -> str:
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _escaped(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


DUCKDB = Dialect(
    name="duckdb",
    quote=_duckdb_quote,
    literal=_duckdb_literal,
    as_text=lambda column: f"CAST({column} AS VARCHAR)",
    as_number=lambda column: f"nullif(TRY_CAST({column} AS DOUBLE), CAST('nan' AS DOUBLE))",
    size=lambda text: f"strlen({text})",
    nanoseconds=lambda column: f"epoch_ns({column})",
    some=lambda column: f"any_value({column})",
    holds=lambda truth: f"coalesce(bool_or({truth}), false)",
    divided=lambda number, by: f"{number} // {by}",
    previous=lambda column: f"lag({column}) OVER users",
    recent=lambda number, partition, width: (
        f"count(*) OVER (PARTITION BY {partition} ORDER BY {number} RANGE BETWEEN {width} PRECEDING AND CURRENT ROW)"
    ),
    mask=lambda columns: f"grouping({columns})",
)

CLICKHOUSE = Dialect(
    name="clickhouse",
    quote=_clickhouse_quote,
    literal=_escaped,
    as_text=lambda column: f"toString({column})",
    as_number=lambda column: f"if(isNaN({column}), NULL, toFloat64({column}))",
    size=lambda text: f"length({text})",
    nanoseconds=lambda column: f"toUnixTimestamp64Nano(toDateTime64({column}, 9, 'UTC'))",
    some=lambda column: f"any({column})",
    holds=lambda truth: f"max(ifNull({truth}, false))",
    divided=lambda number, by: f"intDiv({number}, {by})",
    previous=lambda column: (
        f"lagInFrame(toNullable({column})) OVER (users ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)"
    ),
    recent=lambda number, partition, width: (  # a RANGE frame of ClickHouse is at most 32 bits wide
        f"arrayCount(each -> each >= {number} - {width}, groupArray({number}) OVER (PARTITION BY {partition}"
        f" ORDER BY {number} RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))"
    ),
    mask=lambda columns: f"grouping({columns})",
)

SPARK = Dialect(
    name="spark",
    quote=lambda name: "`" + name.replace("`", "``") + "`",
    literal=_escaped,
    as_text=lambda column: f"CAST({column} AS STRING)",
    as_number=lambda column: f"nullif(try_cast({column} AS DOUBLE), double('NaN'))",
    size=lambda text: f"octet_length({text})",
    nanoseconds=lambda column: f"(unix_micros(CAST({column} AS TIMESTAMP)) * 1000)",
    some=lambda column: f"any_value({column}, true)",
    holds=DUCKDB.holds,
    divided=lambda number, by: f"{number} div {by}",
    previous=DUCKDB.previous,
    recent=DUCKDB.recent,
    mask=lambda columns: "grouping_id()",
)
"""Spark SQL; what it reads has to have times in UTC, in microseconds or as whole numbers: it knows no nanoseconds."""

DIALECTS = {each.name: each for each in (DUCKDB, CLICKHOUSE, SPARK)}


def file_relation(path: str) -> str:
    """Return a file, or all files of a folder, as a relation of DuckDB's SQL; "" where there is none of `READERS`.

    Examples
    --------
    >>> file_relation("today's visits.csv.gz")
    "read_csv('today''s visits.csv.gz')"
    """
    if Path(path).is_dir():
        ending = next((each for each in READERS if next(Path(path).rglob(f"*{each}"), None)), "")
        return f"{READERS[ending]}({DUCKDB.literal(str(Path(path) / '**' / f'*{ending}'))})" if ending else ""
    packed = path.removesuffix(".gz")
    reader = next((each for ending, each in READERS.items() if packed.endswith(ending)), "")
    return f"{reader}({DUCKDB.literal(path)})" if reader else ""
