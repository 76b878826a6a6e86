"""Spans and logs of a running system: its telemetry store, asked page by page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow

from telic.errors import NotEnoughData, UsageError
from telic.opportunities.model import Exclusion
from telic.opportunities.read.source import Rows
from telic.settings import Settings, run_folder
from telic.telemetry.client import TelemetryClient

pa: Any = pyarrow
PAGE = 20_000  # rows of one answer [1]
ROWS_MAX = 2_000_000  # rows that are read at most [1]
PATIENCE = 60.0  # what an answer may take [s]
_USER = "coalesce(attributes ->> 'enduser.id', attributes ->> 'user.id', attributes ->> 'session.id')"
_QUERIES = {
    "spans": f"""
        SELECT start_ns AS time_ns, service || ' ' || name AS event, trace_id, {_USER} AS user_id, service, version,
            kind, status, http_status, error_type, duration_ns / 1e6 AS duration_ms, span_id AS id
        FROM spans WHERE trace_id <> '' AND (start_ns, span_id) > (?, ?) ORDER BY start_ns, span_id
    """,
    "logs": f"""
        SELECT time_ns, coalesce(nullif(event_name, ''), service || ' ' || severity) AS event, trace_id,
            {_USER} AS user_id, service, version, severity, exception_type, md5(concat(service, body, span_id)) AS id
        FROM logs WHERE trace_id <> '' AND (time_ns, md5(concat(service, body, span_id))) > (?, ?) ORDER BY time_ns, id
    """,
}


def system_of(address: str) -> tuple[str, str] | None:
    """Return system and signal of ``NAME`` or ``NAME#logs``, or None where no such system has a state."""
    name, _, signal = address.partition("#")
    if not name or "/" in name or name.startswith(".") or not (Settings.read().system(name)).is_dir():
        return None
    if signal and signal not in _QUERIES:
        raise UsageError(f"{name} has no signal {signal!r}", hint=f"one of {', '.join(_QUERIES)}")
    return name, signal or "spans"


def open_stored(name: str, signal: str = "spans", *, socket: Path | None = None) -> Rows:
    """Read what a running system's store holds, a trace being a group.

    Parameters
    ----------
    socket
        Where its receiver answers; by default the one of the system called `name`.

    Raises
    ------
    WorldUnavailable
        Its receiver does not answer.
    NotEnoughData
        It holds nothing yet.
    """
    client = TelemetryClient(socket or run_folder(Settings.read().system(name)) / "telemetry.sock")
    rows: list[dict[str, Any]] = []
    at, last = -(2**63), ""
    try:
        while len(rows) < ROWS_MAX:
            page = client.query(_QUERIES[signal], [at, last], limit=PAGE, timeout=PATIENCE)
            rows.extend(dict(row) for row in page)
            if len(page) < PAGE:
                break
            at, last = int(str(page[-1]["time_ns"])), str(page[-1]["id"])
    finally:
        client.close()
    if not rows:
        raise NotEnoughData(f"{name} has no {signal} with a trace yet", hint="wait for requests, or start a load")
    more = Exclusion("rows", 0, f"only the first {ROWS_MAX:,} {signal} were read") if len(rows) >= ROWS_MAX else None
    return Rows(f"{name}#{signal}", pa.Table.from_pylist(rows).drop_columns(["id"]), (more,) if more else ())
