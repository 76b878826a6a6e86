"""Counts of server spans by second, service and operation, kept in memory while spans arrive."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

from telic.telemetry.columns import TABLES, TableRow
from telic.telemetry.live import BOUNDS, KEPT, LiveRow

_COLUMN = {name: index for index, (name, _) in enumerate(TABLES["spans"])}
_SERVICE, _NAME, _KIND, _STATUS = (_COLUMN[name] for name in ("service", "name", "kind", "status"))
_START, _DURATION, _HTTP = (_COLUMN[name] for name in ("start_ns", "duration_ns", "http_status"))
_BOUNDS = [round(bound * 1e9) for bound in BOUNDS]  # [ns]

Key = tuple[int, str, str, bool, int, int]  # second, service, operation, error, HTTP status, latency bucket
Counts = Counter[Key]


def count_spans(rows: Iterable[TableRow], counts: Counts) -> None:
    """Add the server spans among `rows` of the table ``spans`` to `counts`."""
    for row in rows:
        if row[_KIND] == "server":
            duration: int = row[_DURATION]  # type: ignore[assignment]
            second = (row[_START] + duration) // 1_000_000_000  # type: ignore[operator]
            failed = row[_STATUS] == "error"
            key = second, row[_SERVICE], row[_NAME], failed, row[_HTTP] or 0, bisect_left(_BOUNDS, duration)
            counts[key] += 1  # type: ignore[index]


class Rollup:
    """The last 15 minutes of counts; written by the thread that commits, read by the one that serves."""

    def __init__(self, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._seconds: dict[int, Counts] = {}
        self._lock = threading.Lock()

    def add(self, counts: Mapping[Key, int], *, now: float) -> None:
        """Add what was committed at `now` [s since the Unix epoch]; leave out what is too old or in the future."""
        oldest, latest = int(now) - self._kept, int(now) + 60
        with self._lock:
            for key, count in counts.items():
                if oldest <= key[0] <= latest:
                    self._seconds.setdefault(key[0], Counter())[key] += count
            for second in [each for each in self._seconds if each < oldest]:
                del self._seconds[second]

    def rows(self, since: float) -> list[LiveRow]:
        """Return rows of seconds that end after `since` [s since the Unix epoch], oldest first."""
        with self._lock:
            picked = {second: list(self._seconds[second].items()) for second in self._seconds if second + 1 > since}
        rows: list[LiveRow] = []
        for second in sorted(picked):
            rows += _rows_of(second, picked[second])
        return rows


def _rows_of(second: int, items: list[tuple[Key, int]]) -> list[LiveRow]:
    groups: dict[tuple[str, str], tuple[Counter[int], Counter[int], Counter[bool]]] = {}
    for (_, service, operation, failed, status, bucket), count in items:
        latency, statuses, errors = groups.setdefault((service, operation), (Counter(), Counter(), Counter()))
        latency[bucket] += count
        statuses[status] += count
        errors[failed] += count
    return [
        LiveRow(second, service, operation, errors.total(), errors[True], dict(latency), dict(statuses))
        for (service, operation), (latency, statuses, errors) in sorted(groups.items())
    ]
