"""How long requests take at each service, and calls on each edge, step by step in time."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records


@dataclass(frozen=True)
class Pace:
    """Spans of one operation at one place that started within one step, failed ones left out."""

    place: str  # a service, or ``caller->callee``
    operation: str
    start: float  # of the step [s since the Unix epoch]
    count: int
    p50: float  # [s]


SQL = """
SELECT CASE WHEN kind = 'server' THEN service ELSE service || '->' || peer END AS place, name AS operation,
       (start_ns - start_ns % ?) / 1e9 AS start, count(*) AS count, median(duration_ns) / 1e9 AS p50
FROM spans
WHERE start_ns >= ? AND start_ns < ? AND status <> 'error' AND (kind = 'server' OR kind = 'client' AND peer <> '')
GROUP BY ALL ORDER BY ALL
"""


def paces(store: Store, window: Window, step: float = 1.0, *, limit: int = 50_000) -> list[Pace]:
    """Return one row per place, operation and step, in that order; steps are counted from the Unix epoch.

    Parameters
    ----------
    store
        The telemetry.
    window
        When the spans started.
    step
        Length of a step [s].
    limit
        Rows at most [1].
    """
    start, end = bounds(window)
    return records(Pace, store.query(SQL, (round(step * 1e9), start, end), limit=limit))
