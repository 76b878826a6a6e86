"""Looks at the entry's live counts: what was told since the look before."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from telic.errors import StoreFailed, WorldUnavailable
from telic.model import Store
from telic.model.intent import Objective
from telic.telemetry.live import LiveRow

BACK = 10  # rows so old may still change: a span ended long before it was told [s]
HISTORY = 60  # what a new operator reads of the time before it [s]
GOOD_CLASSES = (2, 3)  # of HTTP statuses
BUSINESS = 422  # an answer that the intent declares
FRESH = 2.5  # a metric so young says that telemetry arrives [s]

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Count:
    """Requests of one operation that ended, and which of them each objective calls bad."""

    total: int
    bad: Mapping[str, int] = field(default_factory=dict)  # objective id to requests


@dataclass(frozen=True)
class Look:
    """What telemetry told since the look before."""

    time: float  # of the look [s since the Unix epoch]
    counts: Mapping[str, Count] = field(default_factory=dict)  # entry operation to count
    heard: bool = True  # any telemetry of anything arrived

    @property
    def total(self) -> int:
        """Requests of all operations."""
        return sum(each.total for each in self.counts.values())


Seconds = dict[tuple[int, str], Count]  # second and operation to counts


class Source(Protocol):
    """Where looks come from."""

    def look(self, now: float) -> Look:
        """Return what was told since the look before; blind where nothing answers."""
        ...

    def history(self, now: float) -> list[Look]:
        """Return what is known of the time before the first look, a look a second, oldest first."""
        ...


@runtime_checkable
class LiveStore(Protocol):
    """A store that also keeps per-second counts in memory."""

    def live(self, since: float) -> list[LiveRow]:
        """Return rows of seconds that end at or after `since` [s since the Unix epoch]."""
        ...


class RowSource:
    """Makes looks of per-second counts by taking differences between looks.

    The count of a second grows while spans of that second still arrive; each look sees by how much. So a look holds
    what *arrived* since the one before, which needs no guess about how complete a second is.

    Parameters
    ----------
    store
        With `live` rows in memory, or only SQL.
    entry
        The service at which users enter.
    objectives
        Ratio objectives of that service.
    """

    def __init__(self, store: Store, entry: str, objectives: Sequence[Objective]) -> None:
        self._store, self._entry = store, entry
        self._objectives = tuple(each for each in objectives if each.service == entry)
        self._told: Seconds = {}

    def look(self, now: float) -> Look:
        """Return what was told since the look before."""
        try:
            rows = self._rows(now - BACK)
            counts: dict[str, Count] = {}
            for key, count in rows.items():
                more = _difference(count, self._told.get(key))
                if more.total > 0:
                    counts[key[1]] = _sum(counts.get(key[1]), more)
            self._told = rows
            return Look(now, counts, bool(counts) or newest_metric(self._store, now) > now - FRESH)
        except (StoreFailed, WorldUnavailable) as error:
            _log.warning("no look at telemetry: %s", error)
            return Look(now, heard=False)

    def history(self, now: float) -> list[Look]:
        """Return one look a second of the time before, and start differences here."""
        try:
            rows = self._rows(now - HISTORY)
        except (StoreFailed, WorldUnavailable):
            return []
        self._told = {key: count for key, count in rows.items() if key[0] >= now - BACK}
        seconds: dict[int, dict[str, Count]] = {}
        for (second, operation), count in rows.items():
            seconds.setdefault(second, {})[operation] = count
        return [Look(second + 1.0, counts) for second, counts in sorted(seconds.items())]

    def _rows(self, since: float) -> Seconds:
        if isinstance(self._store, LiveStore):
            rows = [each for each in self._store.live(since) if each.service == self._entry]
            return {(each.second, each.operation): self._count(each) for each in rows}
        return counts_by_query(self._store, self._entry, self._objectives, since)

    def _count(self, row: LiveRow) -> Count:
        failed = max(row.errors, sum(count for status, count in row.statuses.items() if is_bad(status)))
        bad = {
            each.id: failed if each.sli == "success" else round(row.slower_than(each.below))
            for each in self._objectives
        }
        return Count(row.count, bad)


def is_bad(status: int) -> bool:
    """Whether users did not get what they asked for; declared business errors are answers.

    Examples
    --------
    >>> [is_bad(status) for status in (200, 422, 503, 404, 0)]
    [False, False, True, True, False]
    """
    return status // 100 not in GOOD_CLASSES and status not in (0, BUSINESS)


def newest_metric(store: Store, now: float) -> float:
    """Return when the newest metric of anything was measured [s since the Unix epoch]; 0 where there is none."""
    sql = "SELECT max(time_ns) / 1e9 AS newest FROM metrics WHERE time_ns > ?"
    rows = store.query(sql, (round((now - 10) * 1e9),), timeout=2.0)
    newest = rows[0]["newest"] if rows else None
    return float(str(newest)) if newest is not None else 0.0


def counts_by_query(store: Store, entry: str, objectives: Sequence[Objective], since: float) -> Seconds:
    """Return counts by second and operation, by one query: for stores without live counts."""
    failed = "count(*) FILTER (WHERE status = 'error' OR http_status BETWEEN 400 AND 421 OR http_status >= 423)"
    columns = [
        f"{failed} AS bad_{index}"
        if each.sli == "success"
        else f"count(*) FILTER (WHERE duration_ns > {round(each.below * 1e9)}) AS bad_{index}"
        for index, each in enumerate(objectives)
    ]
    counted = ", ".join(["count(*) AS total", *columns])
    sql = f"""
    SELECT ((start_ns + duration_ns) // 1000000000)::BIGINT AS second, name, {counted}
    FROM spans WHERE service = ? AND kind = 'server' AND start_ns >= ? AND start_ns + duration_ns >= ?
    GROUP BY second, name"""
    start = round(since * 1e9)
    rows = store.query(sql, (entry, start - 5_000_000_000, start))
    return {
        (int(str(row["second"])), str(row["name"])): Count(
            int(str(row["total"])), {each.id: int(str(row[f"bad_{index}"])) for index, each in enumerate(objectives)}
        )
        for row in rows
    }


def _difference(now: Count, before: Count | None) -> Count:
    if before is None:
        return now
    return Count(
        max(0, now.total - before.total),
        {key: max(0, value - before.bad.get(key, 0)) for key, value in now.bad.items()},
    )


def _sum(first: Count | None, second: Count) -> Count:
    if first is None:
        return second
    return Count(first.total + second.total, {key: first.bad.get(key, 0) + value for key, value in second.bad.items()})
