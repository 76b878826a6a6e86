"""What tells a storm that feeds itself from too much work: who asked, who got an answer, what was done for nobody."""

from __future__ import annotations

from dataclasses import dataclass

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records

EARLIER = 5_000_000_000  # a request began so long before its end at most [ns]


@dataclass(frozen=True)
class EntryStep:
    """How the service where users enter did in one step; steps in which nobody asked for anything are left out."""

    start: float  # of the step [s since the Unix epoch]
    asked: int = 0  # calls that it began, those that were tried again not counted: what users offered
    good: int = 0  # requests of users that ended, answered as the contract says and in time


@dataclass(frozen=True)
class Served:
    """What one service did in a window."""

    service: str
    served: int = 0  # requests that ended well inside the service
    wasted: int = 0  # of them, those whose caller had given up before


@dataclass(frozen=True)
class Attempts:
    """Calls from one service to another in a window, each attempt counted."""

    caller: str
    callee: str
    calls: int = 0
    resends: int = 0  # of them, attempts after the first

    @property
    def name(self) -> str:
        """``caller->callee``."""
        return f"{self.caller}->{self.callee}"


ENTRY = """
SELECT at_ns // ? AS step, count(*) FILTER (WHERE kind = 'client') AS asked,
       count(*) FILTER (WHERE kind = 'server' AND status <> 'error' AND coalesce(http_status, 0) NOT BETWEEN 400 AND 421
                        AND coalesce(http_status, 0) < 423
                        AND duration_ns <= ?) AS good
FROM (SELECT *, (CASE kind WHEN 'client' THEN start_ns ELSE start_ns + duration_ns END) - ? AS at_ns FROM spans
      WHERE start_ns >= ? AND start_ns < ? AND service = ? AND kind IN ('client', 'server')
        AND (kind = 'server' OR NOT contains(attributes, '"http.request.resend_count":')))
WHERE at_ns >= 0 AND at_ns < ? GROUP BY step HAVING asked > 0 ORDER BY step
"""
ATTEMPTS = """
SELECT service AS caller, peer AS callee, count(*) AS calls,
       count(*) FILTER (WHERE contains(attributes, '"http.request.resend_count":')) AS resends
FROM spans WHERE kind = 'client' AND peer <> '' AND statement = '' AND start_ns >= ? AND start_ns < ?
GROUP BY caller, callee ORDER BY caller, callee
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


def entry_load(store: Store, window: Window, entry: str, within: float, step: float = 0.5) -> list[EntryStep]:
    """Return what users asked of the service `entry` and what they got, by steps of `window`, oldest first.

    Parameters
    ----------
    within
        A later answer is not good [s].
    step
        Length of a step [s].
    """
    start, end = bounds(window)
    width = round(step * 1e9)
    params = (width, round(within * 1e9), start, start - EARLIER, end, entry, end - start)
    rows = [dict(each) for each in store.query(ENTRY, params)]
    for row in rows:
        row["start"] = window.start + float(str(row.pop("step"))) * step
    return records(EntryStep, rows)


def attempts(store: Store, window: Window) -> list[Attempts]:
    """Return the calls on every edge that began in `window`, by name."""
    return records(Attempts, store.query(ATTEMPTS, bounds(window)))


def wasted_work(store: Store, window: Window) -> list[Served]:
    """Return what every service finished in `window`, and how much of it nobody waited for any more, by name."""
    start, end = bounds(window)
    return records(Served, store.query(SERVED, (start - EARLIER, start, end, start - EARLIER, end)))
