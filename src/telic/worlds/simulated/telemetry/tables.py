"""The store's tables in memory: what repeats stands once beside them, and views show the live store's columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pyarrow

from telic.telemetry.columns import ARROW, SCHEMA, TABLES, Arriving, definition
from telic.telemetry.opening import SETTINGS
from telic.worlds.simulated.telemetry.origins import POINT_CONSTANTS, SPAN_CONSTANTS

pa: Any = pyarrow
SPARE = 2 << 30  # for queries, beside twice what is retained [bytes]
_TEXT, _LONG, _DOUBLE = pa.string(), pa.int64(), pa.float64()
_SPANS, _POINTS = dict(TABLES["spans"]), dict(TABLES["metrics"])
_ARROW = {"VARCHAR": _TEXT, "BIGINT": _LONG, "INTEGER": pa.int32(), "DOUBLE": _DOUBLE}
_SQL = {kind: name for name, kind in _ARROW.items()}

LAYOUT: dict[str, Any] = {
    "span_shapes": pa.schema([("shape", pa.int32()), *((name, _ARROW[_SPANS[name]]) for name in SPAN_CONSTANTS)]),
    "spans": pa.schema(
        [
            ("shape", pa.int32()),
            ("trace_id", _TEXT),
            ("span_id", _TEXT),
            ("parent_span_id", _TEXT),
            ("start_ns", _LONG),
            ("duration_ns", _LONG),
            ("own_attributes", _TEXT),  # of a span with events; null for all others
            ("received_ns", _LONG),
        ]
    ),
    "point_shapes": pa.schema(
        [
            ("shape", pa.int32()),
            *((name, _ARROW[_POINTS[name]]) for name in POINT_CONSTANTS),
            ("before", _TEXT),
            ("after", _TEXT),
        ]
    ),
    "points": pa.schema(
        [
            ("shape", pa.int32()),
            ("time_ns", _LONG),
            ("start_ns", _LONG),
            ("value", _DOUBLE),
            ("count", _LONG),
            ("sum", _DOUBLE),
            ("buckets", _TEXT),
            ("extremes", _TEXT),
            ("received_ns", _LONG),
        ]
    ),
    "logs": ARROW["logs"],
}
_INSTEAD = {
    "spans": {"attributes": "coalesce(own_attributes, attributes)"},
    "metrics": {"attributes": "before || extremes || after"},
}
_FROM = {
    "spans": "kept.spans JOIN kept.span_shapes USING (shape)",
    "metrics": "kept.points JOIN kept.point_shapes USING (shape)",
}


class Tables:
    """An in-process DuckDB that looks like the live store.

    Parameters
    ----------
    retained
        How much is meant to be kept [bytes].
    """

    def __init__(self, retained: int) -> None:
        memory = (2 * retained + SPARE) >> 20
        config: dict[str, Any] = {
            **SETTINGS,
            "memory_limit": f"{memory}MB",
            "preserve_insertion_order": "true",
            "temp_directory": "",
        }
        self._connection = duckdb.connect(":memory:", config=config)
        self._arriving = {name: Arriving(schema.empty_table()) for name, schema in LAYOUT.items()}
        self._define()

    def append(self, columns: Mapping[str, Sequence[Sequence[object]]]) -> None:
        """Write columns of the tables of `LAYOUT`, in its order of columns; what is empty is left out."""
        for name, schema in LAYOUT.items():
            if (given := columns.get(name)) and given[0]:
                arrays = [pa.array(each, field.type) for each, field in zip(given, schema, strict=True)]
                source = self._arriving[name]
                source.columns = pa.Table.from_arrays(arrays, schema=schema)
                self._run(f"EXECUTE put_{name}")
                source.columns = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for one query; close it."""
        return self._connection.cursor()

    def set_now(self, now_ns: int) -> None:
        """Make ``now()`` of SQL virtual time [ns since the epoch]."""
        self._run(f"UPDATE kept.clock SET now = make_timestamp_ns({now_ns:d})::TIMESTAMPTZ")

    def drop(self, before_ns: int) -> None:
        """Drop what arrived before a time [ns since the epoch]."""
        for name in ("spans", "points", "logs"):
            self._run(f"DELETE FROM {_place(name)} WHERE received_ns < {before_ns:d}")
        self._run("CHECKPOINT")  # gives the memory back

    def memory(self) -> int:
        """Return how much memory the rows take [bytes]."""
        ((found,),) = self._run("SELECT sum(memory_usage_bytes) FROM duckdb_memory()")
        return int(found or 0)

    def close(self) -> None:
        """Forget everything, the connection too: what outlives the interpreter is called a leak."""
        self._connection.close()
        del self._connection

    def _define(self) -> None:
        run = self._run
        run("CREATE SCHEMA kept")
        run(f"CREATE TABLE telic_schema AS SELECT {SCHEMA} AS version")
        run("CREATE TABLE kept.clock AS SELECT to_timestamp(0) AS now")
        run("CREATE MACRO now() AS (SELECT now FROM kept.clock)")
        run(definition("logs"))
        for name, schema in LAYOUT.items():
            if name != "logs":
                columns = ", ".join(f"{each.name} {_SQL[each.type]}" for each in schema)
                run(f"CREATE TABLE {_place(name)} ({columns})")
            self._connection.register(f"arriving_{name}", self._arriving[name])
            run(f"PREPARE put_{name} AS INSERT INTO {_place(name)} SELECT * FROM arriving_{name}")
        for view, source in _FROM.items():
            shown = (
                f"{_INSTEAD[view][name]} AS {name}" if name in _INSTEAD[view] else name for name, _ in TABLES[view]
            )
            run(f"CREATE VIEW {view} AS SELECT {', '.join(shown)} FROM {source}")
        run("SET lock_configuration = true")

    def _run(self, sql: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql).fetchall()


def _place(name: str) -> str:
    return name if name == "logs" else f"kept.{name}"
