"""What tells a storm that feeds itself from too much work: who asked, who got an answer, what was done for nobody."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records

EARLIER = 5_000_000_000  # a request began so long before its end at most [ns]


@dataclass(frozen=True)
class Entry:
    """How the service where users enter did in a window."""

    asked: int = 0  # calls that it began, those that were tried again not counted: what users offered
    ended: int = 0  # requests of users that ended
    good: int = 0  # of them, answered as the contract says and in time
    covered: float = 0.0  # from the first call to the last [s]


@dataclass(frozen=True)
class Served:
    """What one service did in a window."""

    service: str
    served: int = 0  # requests that ended well inside the service
    wasted: int = 0  # of them, those whose caller had given up before


ENTRY = """
SELECT count(*) FILTER (WHERE kind = 'client' AND start_ns >= ?
                        AND NOT contains(attributes, '"http.request.resend_count":')) AS asked,
       (max(start_ns) FILTER (WHERE kind = 'client' AND start_ns >= ?)
        - min(start_ns) FILTER (WHERE kind = 'client' AND start_ns >= ?)) / 1e9 AS covered,
       count(*) FILTER (WHERE kind = 'server' AND start_ns + duration_ns >= ? AND start_ns + duration_ns < ?) AS ended,
       count(*) FILTER (WHERE kind = 'server' AND start_ns + duration_ns >= ? AND start_ns + duration_ns < ?
                        AND status <> 'error' AND (http_status < 400 OR http_status = 422) AND duration_ns <= ?) AS good
FROM spans WHERE start_ns >= ? AND start_ns < ? AND service = ?
"""
SERVED = """
WITH ended AS (
    SELECT service, trace_id, parent_span_id, start_ns + duration_ns AS end_ns FROM spans
    WHERE kind = 'server' AND status <> 'error' AND start_ns >= ? AND start_ns + duration_ns >= ?
      AND start_ns + duration_ns < ?),
given_up AS (
    SELECT trace_id, span_id, start_ns + duration_ns AS end_ns FROM spans
    WHERE kind = 'client' AND status = 'error' AND start_ns >= ? AND start_ns < ?)
SELECT service, count(*) AS served, count(*) FILTER (WHERE given_up.end_ns < ended.end_ns) AS wasted
FROM ended LEFT JOIN given_up ON given_up.span_id = ended.parent_span_id AND given_up.trace_id = ended.trace_id
GROUP BY service ORDER BY service
"""


def entry_load(store: Store, window: Window, entry: str, within: float) -> Entry:
    """Return what users asked of the service `entry` and what they got in `window`.

    Parameters
    ----------
    within
        A later answer is not good [s].
    """
    start, end = bounds(window)
    params = (start, start, start, start, end, start, end, round(within * 1e9), start - EARLIER, end, entry)
    found = records(Entry, store.query(ENTRY, params))
    return found[0] if found else Entry()


def wasted_work(store: Store, window: Window) -> list[Served]:
    """Return what every service finished in `window`, and how much of it nobody waited for any more, by name."""
    start, end = bounds(window)
    return records(Served, store.query(SERVED, (start - EARLIER, start, end, start - EARLIER, end)))
