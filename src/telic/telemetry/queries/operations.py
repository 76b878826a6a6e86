"""How each operation of each service did, step by step in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records


@dataclass(frozen=True)
class OperationStep:
    """Server spans of one operation that started within one step."""

    service: str
    operation: str
    start: float  # of the step [s since the Unix epoch]
    count: int
    errors: int = 0  # span status error; business errors are none
    slow: int = 0  # took longer than the threshold that was asked for
    p50: float = 0.0  # [s]
    p95: float = 0.0  # [s]
    p99: float = 0.0  # [s]
    max: float = 0.0  # [s]
    by_class: Mapping[str, int] = field(default_factory=dict)  # error.type, else the HTTP status, to errors


SQL = """
SELECT service, name AS operation, step / 1e9 AS start, count(*) AS count,
       count(*) FILTER (WHERE status = 'error') AS errors,
       count(*) FILTER (WHERE duration_ns > ?) AS slow,
       quantile_cont(duration_ns, [0.5, 0.95, 0.99]) AS quantiles, max(duration_ns) / 1e9 AS max,
       list_histogram(list(CASE WHEN error_type <> '' THEN error_type ELSE coalesce(http_status, 0)::VARCHAR END)
           FILTER (WHERE status = 'error')) AS by_class
FROM (SELECT *, start_ns - (start_ns - ?) % ? AS step
      FROM spans WHERE start_ns >= ? AND start_ns < ? AND kind = 'server')
GROUP BY service, operation, step ORDER BY step, service, operation
"""


def service_operations(
    store: Store, window: Window, step: float = 1.0, *, threshold: float = 0.1, limit: int = 50_000
) -> list[OperationStep]:
    """Return one row per service, operation and step, oldest first.

    Parameters
    ----------
    store
        The telemetry.
    window
        When the operations started; steps are counted from its start.
    step
        Length of a step [s]; ``window.seconds`` for one row an operation.
    threshold
        Above which an operation counts as slow [s].
    limit
        Rows at most [1].
    """
    start, end = bounds(window)
    params = (round(threshold * 1e9), start, max(1, round(step * 1e9)), start, end)
    rows = [dict(each) for each in store.query(SQL, params, limit=limit)]
    for row in rows:
        quantiles = row.pop("quantiles")
        if isinstance(quantiles, list):
            row["p50"], row["p95"], row["p99"] = (each / 1e9 for each in quantiles)
    return records(OperationStep, rows)
