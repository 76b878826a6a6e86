"""A recorded incident as it looked at a moment: the live store's tables, of which only what had arrived is seen."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from telic.clock import Clock
from telic.errors import StoreFailed, UsageError
from telic.model import Row, Scalar
from telic.telemetry.columns import TABLES, definition
from telic.worlds.recorded.tables import SCHEMAS, quoted, view

STORE = "store"  # folder of an incident with the live store's own tables, where Telic recorded it
MEMORY = "1GB"

_SEVERITIES = {"TRACE": 1, "DEBUG": 5, "INFO": 9, "WARN": 13, "ERROR": 17, "FATAL": 21, "CRITICAL": 21}
_ATTRIBUTE = "coalesce(json_extract_string(try_cast(attributes AS JSON), '$.\"{}\"'), '')"
_TEXT = "coalesce({0}, '') AS {0}"


def _said(name: str, column: str) -> str:
    return f"{_ATTRIBUTE.format(name)} AS {column}"


_SPANS = f"""
SELECT {_TEXT.format("trace_id")}, {_TEXT.format("span_id")}, {_TEXT.format("parent_span_id")}, entity AS service,
    {_TEXT.format("instance")}, {_said("service.version", "version")}, name, lower(coalesce(kind, '')) AS kind,
    epoch_ns("start") AS start_ns, epoch_ns("end") - epoch_ns("start") AS duration_ns,
    lower(coalesce(nullif(status, ''), 'unset')) AS status, {_said("status.message", "status_message")},
    {_said("peer.service", "peer")}, try_cast({_ATTRIBUTE.format("http.response.status_code")} AS INTEGER)
    AS http_status, {_said("error.type", "error_type")}, {_said("db.query.summary", "statement")},
    {_TEXT.format("attributes")}, epoch_ns("end") AS received_ns
FROM told.spans WHERE "start" IS NOT NULL AND "end" IS NOT NULL"""
_NUMBERS = " ".join(f"WHEN '{name}' THEN {number}" for name, number in _SEVERITIES.items())
_LOGS = f"""
SELECT epoch_ns(time) AS time_ns, entity AS service, {_said("instance", "instance")},
    {_said("service.version", "version")}, {_TEXT.format("severity")},
    CASE regexp_replace(upper(coalesce(severity, '')), '(ING|[0-9]+)$', '') {_NUMBERS} ELSE 0 END AS severity_number,
    {_TEXT.format("body")}, {_TEXT.format("trace_id")}, {_TEXT.format("span_id")}, {_said("event.name", "event_name")},
    {_said("exception.type", "exception_type")}, {_TEXT.format("attributes")}, epoch_ns(time) AS received_ns
FROM told.logs WHERE time IS NOT NULL"""
_METRICS = f"""
SELECT epoch_ns(time) AS time_ns, epoch_ns(time) AS start_ns, entity AS service, {_said("instance", "instance")}, name,
    'gauge' AS kind, {_TEXT.format("unit")}, value, NULL::BIGINT AS count, NULL::DOUBLE AS sum, '' AS bounds,
    '' AS buckets, {_TEXT.format("attributes")}, epoch_ns(time) AS received_ns
FROM told.metrics WHERE time IS NOT NULL"""
_DERIVED = {"spans": _SPANS, "logs": _LOGS, "metrics": _METRICS}
_ALSO = {
    "spans": 'service AS entity, make_timestamp_ns(start_ns) AS "start", '
    'make_timestamp_ns(start_ns + duration_ns) AS "end"',
    "logs": "service AS entity, make_timestamp_ns(time_ns) AS time",
    "metrics": "service AS entity, make_timestamp_ns(time_ns) AS time",
}


class Playhead:
    """The time of a replay: it moves when somebody moves it, and never back.

    Parameters
    ----------
    start
        Where it begins [s since the Unix epoch].
    """

    def __init__(self, start: float) -> None:
        self._now = start

    def time(self) -> float:
        """Return where the replay is [s since the Unix epoch]."""
        return self._now

    def monotonic(self) -> float:
        """Return the same as `time`."""
        return self._now

    def move(self, seconds: float) -> None:
        """Go on by `seconds` [s]."""
        self._now += max(0.0, seconds)

    async def sleep(self, delay: float) -> None:
        """Go on by `delay` [s]: nobody else is there to wait for."""
        self.move(delay)


class ReplayStore:
    """A `model.Store` over one folder: ``spans``, ``logs`` and ``metrics`` as a live store has them, up to now.

    The columns of a recorded incident (``entity``, ``time``, ``start``, ``end``) are there too, so that a query about
    the recording is one about the replay. Nothing else on the machine can be read, and nothing written.

    Parameters
    ----------
    folder
        Of the incident.
    clock
        Says what time it is: rows that arrived later are not there yet.

    Raises
    ------
    InvalidRecord
        A file is no Parquet file, or has other columns.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        import duckdb

        self._clock, self._lock, self._now = clock, threading.Lock(), -1
        config: dict[str, Any] = {"threads": 1, "memory_limit": MEMORY}
        self._whole = duckdb.connect(":memory:", config=config)  # the future too; nobody asks it but this class
        self._connection = duckdb.connect(":memory:", config=config)
        for each in (self._whole, self._connection):
            each.execute("SET TimeZone = 'UTC'")
        self._whole.execute("CREATE SCHEMA told")
        for kind in SCHEMAS:
            self._whole.execute(f"CREATE TABLE kept_{kind} AS {self._from(folder, kind)} ORDER BY received_ns")
            self._connection.execute(definition(kind, f"arrived_{kind}"))
            self._connection.execute(f"CREATE VIEW {kind} AS SELECT *, {_ALSO[kind]} FROM arrived_{kind}")
        for setting in ("enable_external_access = false", "lock_configuration = true"):
            self._connection.execute(f"SET {setting}")

    def _from(self, folder: Path, kind: str) -> str:
        own, file = folder / STORE / f"{kind}.parquet", folder / f"{kind}.parquet"
        if own.is_file():
            return f"SELECT {', '.join(name for name, _ in TABLES[kind])} FROM read_parquet({quoted(str(own))})"
        self._whole.execute("USE told")
        view(self._whole, kind, file if file.is_file() else None)
        self._whole.execute("USE main")
        return _DERIVED[kind]

    def _arrive(self) -> None:
        """Let in what has arrived since the last query; time never goes back."""
        now = round(self._clock.time() * 1e9)
        if now <= self._now:
            return
        for kind in SCHEMAS:
            sql = f"SELECT * FROM kept_{kind} WHERE received_ns > {self._now:d} AND received_ns <= {now:d}"
            arriving = self._whole.sql(sql).to_arrow_table()
            if arriving.num_rows:
                self._connection.register("arriving", arriving)
                self._connection.execute(f"INSERT INTO arrived_{kind} SELECT * FROM arriving")
                self._connection.unregister("arriving")
        self._now = now

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Run one SELECT with ``?`` placeholders over what is there now; at most `limit` rows [1] in `timeout` [s].

        Raises
        ------
        UsageError
            Not one SELECT, or SQL that DuckDB refuses.
        StoreFailed
            Not answered within `timeout`.
        """
        import duckdb

        with self._lock:
            timer = threading.Timer(timeout, self._connection.interrupt)
            timer.daemon = True
            timer.start()
            try:
                found = self._connection.extract_statements(sql)
                if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
                    raise UsageError("one SELECT was expected", hint="recordings are read-only")
                self._arrive()
                answer = self._connection.execute(found[0], list(params))
                names = [each[0] for each in answer.description or ()]
                return [dict(zip(names, row, strict=True)) for row in answer.fetchmany(limit)]
            except duckdb.InterruptException as error:
                raise StoreFailed(f"no answer within {timeout} s: {sql[:200]}", hint="narrow the window") from error
            except duckdb.Error as error:
                raise UsageError(f"{error}", hint=f"tables: {', '.join(SCHEMAS)}") from error
            finally:
                timer.cancel()

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()
        self._whole.close()
