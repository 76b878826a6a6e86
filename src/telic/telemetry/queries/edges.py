"""Who called whom, how it went, and how much of the time passed between the two."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records


@dataclass(frozen=True)
class EdgeCalls:
    """Client spans from one caller to one callee, with the server spans that answer them.

    `gap` is the client's latency minus the server's: network, connecting, and waiting before the server's code ran.
    """

    caller: str
    callee: str
    calls: int
    errors: int = 0
    by_type: Mapping[str, int] = field(default_factory=dict)  # error.type to calls that failed so
    p50: float = 0.0  # client latency [s]
    p95: float = 0.0  # [s]
    p99: float = 0.0  # [s]
    matched: int = 0  # calls whose server span is there
    unmatched: int = 0  # calls whose server span is missing; always 0 for a store, which sends none
    gap_p50: float = 0.0  # of matched calls [s]
    gap_p95: float = 0.0  # [s]
    server_p50: float = 0.0  # latency inside the callee [s]
    server_p95: float = 0.0  # [s]
    resends: int = 0  # attempts after the first

    @property
    def name(self) -> str:
        """``caller->callee``."""
        return f"{self.caller}->{self.callee}"


SQL = """
WITH calls AS (
    SELECT service AS caller, peer AS callee, span_id, trace_id, duration_ns, status, error_type, http_status,
           statement <> '' OR contains(attributes, '"db.system') OR kind = 'producer' AS stored,
           contains(attributes, '"http.request.resend_count":') AS again
    FROM spans WHERE start_ns >= ? AND start_ns < ? AND kind IN ('client', 'producer') AND peer <> ''),
served AS (
    SELECT parent_span_id, trace_id, max(duration_ns) AS duration_ns FROM spans
    WHERE kind = 'server' AND parent_span_id <> '' AND start_ns >= ? AND start_ns < ? GROUP BY ALL)
SELECT caller, callee, count(*) AS calls, count(*) FILTER (WHERE status = 'error') AS errors,
       list_histogram(list(CASE WHEN error_type <> '' THEN error_type ELSE coalesce(http_status, 0)::VARCHAR END)
           FILTER (WHERE status = 'error')) AS by_type,
       quantile_cont(calls.duration_ns, [0.5, 0.95, 0.99]) AS latency,
       count(served.duration_ns) AS matched,
       count(*) FILTER (WHERE served.duration_ns IS NULL AND NOT stored) AS unmatched,
       quantile_cont(calls.duration_ns - served.duration_ns, [0.5, 0.95]) AS gap,
       quantile_cont(served.duration_ns, [0.5, 0.95]) AS server,
       count(*) FILTER (WHERE again) AS resends
FROM calls LEFT JOIN served ON served.parent_span_id = calls.span_id AND served.trace_id = calls.trace_id
GROUP BY caller, callee ORDER BY caller, callee
"""
LATER = 5_000_000_000  # a server span may start this long after its call: waiting in the network [ns]
NAMES = {"latency": ("p50", "p95", "p99"), "gap": ("gap_p50", "gap_p95"), "server": ("server_p50", "server_p95")}


def edges(store: Store, window: Window) -> list[EdgeCalls]:
    """Return one row per caller and callee whose calls started in `window`, by name.

    A window that ends less than about 1.5 s ago counts calls as unmatched whose server span is still on its way.
    """
    start, end = bounds(window)
    rows = [dict(each) for each in store.query(SQL, (start, end, start, end + LATER))]
    for row in rows:
        for column, fields in NAMES.items():
            quantiles = row.pop(column)
            if isinstance(quantiles, list):
                row.update({name: each / 1e9 for name, each in zip(fields, quantiles, strict=True)})
    return records(EdgeCalls, rows)
