"""SQL over an incident's tables: DuckDB views that see the recorded files and nothing else."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from telic.errors import StoreFailed, UsageError
from telic.model import Change, Row, Scalar, Window
from telic.model.signals import Alert, Event
from telic.worlds.recorded.tables import NUMBER, SCHEMAS, TEXT, TIME, quoted, view
from telic.worlds.recorded.times import NANOSECONDS

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    from numpy.typing import NDArray

_RECORDS = {
    "changes": ("time", "kind", "entity", "id", "summary", "diff", "author"),
    "alerts": ("time", "name", "entity", "severity", "text"),
    "events": ("time", "kind", "entity", "reason", "text"),
}


class RecordedStore:
    """Answers SELECTs over ``metrics``, ``logs``, ``spans``, ``changes``, ``alerts`` and ``events`` of one folder.

    Nothing else on the machine can be read, and nothing written: a query may come from a report by others.
    Times are UTC.

    Parameters
    ----------
    files
        Parquet file of each table that was recorded.
    changes, alerts, events
        The records of the JSON lines.
    until
        Only rows that were known before then [s since the Unix epoch]; default: all.

    Raises
    ------
    InvalidRecord
        A file is no Parquet file, or has other columns.
    """

    def __init__(
        self,
        files: Mapping[str, Path],
        changes: Sequence[Change],
        alerts: Sequence[Alert],
        events: Sequence[Event],
        until: float | None = None,
    ) -> None:
        import duckdb

        self._lock = threading.Lock()
        self._connection = duckdb.connect(":memory:", config={"threads": 2, "memory_limit": "512MB"})
        self._connection.execute("SET TimeZone = 'UTC'")
        self.rows = {kind: view(self._connection, kind, files.get(kind), until=until) for kind in SCHEMAS}
        """Rows of each table [1]."""
        for name, records in {"changes": changes, "alerts": alerts, "events": events}.items():
            _insert(self._connection, name, records)
        allowed = ", ".join(quoted(str(each)) for each in files.values())
        for setting in (f"allowed_paths = [{allowed}]", "enable_external_access = false", "lock_configuration = true"):
            self._connection.execute(f"SET {setting}")

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Run one SELECT with ``?`` placeholders; at most `limit` rows [1] within `timeout` [s].

        Raises
        ------
        UsageError
            Not one SELECT, or SQL that DuckDB refuses.
        StoreFailed
            Not answered within `timeout`.
        """
        import duckdb

        with self._asking(sql, timeout):
            found = self._connection.extract_statements(sql)
            if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
                raise UsageError("one SELECT was expected", hint="recordings are read-only")
            answer = self._connection.execute(found[0], list(params))
            names = [each[0] for each in answer.description or ()]
            return [dict(zip(names, row, strict=True)) for row in answer.fetchmany(limit)]

    def columns(
        self, kind: str, names: Sequence[str], windows: Sequence[Window] = (), *, timeout: float = 60.0
    ) -> dict[str, NDArray[np.generic]]:
        """Return columns of the rows inside any of `windows`, in the order of the file; no windows mean all.

        Returns
        -------
        Arrays of shape (rows,): times int64 [ns since the Unix epoch], numbers float64 (NaN where empty),
        text as objects (``""`` where empty). Rows without a time are left out.
        """
        schema = SCHEMAS[kind]
        for name in names:
            if name not in schema.columns:
                raise UsageError(f"no column {name!r} in {kind}", hint=f"columns: {', '.join(schema.columns)}")
        chosen = ", ".join(_column(each, schema.columns[each]) for each in names)
        sql = f"SELECT {chosen} FROM {kind}{_where(schema.time, windows)}"
        with self._asking(sql, timeout):
            found = self._connection.execute(sql).fetchnumpy()
        return _filled(found, names, kind)

    def keyed(
        self, kind: str, keys: Sequence[str], names: Sequence[str], windows: Sequence[Window] = ()
    ) -> tuple[NDArray[np.int64], list[tuple[str, ...]], dict[str, NDArray[np.generic]]]:
        """Return columns as `columns` does, with the rows sorted into groups by several text columns.

        Returns
        -------
        The number of each row's group, shape (rows,); the groups' keys in the order of these numbers; the columns.
        """
        import numpy as np

        key = ", ".join(f"coalesce(\"{each}\", '')" for each in keys)
        where = _where(SCHEMAS[kind].time, windows)
        chosen = ", ".join(_column(each, SCHEMAS[kind].columns[each]) for each in names)
        groups = f'SELECT hash({key}) AS "#", any_value(({key})) AS key FROM {kind}{where} GROUP BY 1 ORDER BY 1'
        with self._asking(groups, 60.0):
            found = self._connection.execute(groups).fetchall()
            rows = self._connection.execute(f'SELECT hash({key}) AS "#", {chosen} FROM {kind}{where}').fetchnumpy()
        hashes = np.array([each[0] for each in found], dtype=np.uint64)
        codes = np.searchsorted(hashes, np.asarray(rows["#"], dtype=np.uint64)).astype(np.int64)
        listed = [_several(each[1]) for each in found]
        return codes, listed, _filled(rows, names, kind)

    @contextmanager
    def _asking(self, sql: str, timeout: float) -> Iterator[None]:
        import duckdb

        with self._lock:
            timer = threading.Timer(timeout, self._connection.interrupt)
            timer.start()
            try:
                yield
            except duckdb.InterruptException as error:
                raise StoreFailed(f"no answer within {timeout} s: {sql[:200]}", hint="narrow the window") from error
            except duckdb.Error as error:
                raise UsageError(f"{error}", hint=f"tables: {', '.join([*SCHEMAS, *_RECORDS])}") from error
            finally:
                timer.cancel()


def _several(key: str | Mapping[str, str] | Iterable[str]) -> tuple[str, ...]:
    """A group's key; of one column it is a text, of several a row."""
    if isinstance(key, str):
        return (key,)
    return tuple(key.values() if isinstance(key, Mapping) else key)


def _where(time: str, windows: Sequence[Window]) -> str:
    inside = " OR ".join(
        f"epoch_ns({time}) BETWEEN {round(each.start * NANOSECONDS)} AND {round(each.end * NANOSECONDS) - 1}"
        for each in windows
    )
    return f" WHERE {time} IS NOT NULL" + (f" AND ({inside})" if inside else "")


def _filled(
    found: Mapping[str, NDArray[np.generic]], names: Sequence[str], kind: str
) -> dict[str, NDArray[np.generic]]:
    """Empty numbers become NaN."""
    columns = SCHEMAS[kind].columns
    return {name: _full(found[name], math.nan if columns[name] == NUMBER else 0) for name in names}


def _full(column: NDArray[np.generic], empty: float) -> NDArray[np.generic]:
    """A column without a mask; `numpy.ma` is slow to import and seldom needed."""
    filled = getattr(column, "filled", None)
    return column if filled is None else filled(empty)


def _column(name: str, kind: str) -> str:
    if kind == TIME:
        return f'epoch_ns("{name}") AS "{name}"'
    return f'coalesce("{name}", \'\') AS "{name}"' if kind == TEXT else f'"{name}"'


def _insert(connection: duckdb.DuckDBPyConnection, name: str, records: Sequence[object]) -> None:
    columns = _RECORDS[name]
    types = ", ".join(f'"{each}" {"TIMESTAMP" if each == "time" else "VARCHAR"}' for each in columns)
    connection.execute(f"CREATE TABLE {name} ({types}, attributes VARCHAR)")
    if not records:
        return
    marks = ", ".join("make_timestamp((? * 1000000)::BIGINT)" if each == "time" else "?" for each in columns)
    values: list[object] = []
    for record in records:
        values += [getattr(record, column) for column in columns]
        values.append(msgspec.json.encode(getattr(record, "attributes", {})).decode())
    rows = ", ".join([f"({marks}, ?)"] * len(records))
    connection.execute(f"INSERT INTO {name} VALUES {rows}", values)
