"""Counts of server spans by second, service and operation, kept in memory while spans arrive."""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Mapping

from telic.telemetry.columns import TABLES, TableRow
from telic.telemetry.live import BOUNDS, KEPT, LiveRow

OPERATIONS_MAX = 5_000  # in one second; names that hold an id must not fill the memory [1]
OTHER = "(other)"  # the operation that counts the rest of a service

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
        self._seconds: dict[int, dict[tuple[str, str], _Cell]] = {}
        self._lock = threading.Lock()
        self.folded = 0  # spans whose operation was one too many [1]

    def add(self, counts: Mapping[Key, int], *, now: float) -> None:
        """Add what was committed at `now` [s since the Unix epoch]; leave out what is too old or in the future."""
        oldest, latest = int(now) - self._kept, int(now) + 60
        with self._lock:
            for (second, service, operation, failed, status, bucket), count in counts.items():
                if oldest <= second <= latest:
                    cells = self._seconds.setdefault(second, {})
                    cell = cells.get((service, operation))
                    if cell is None and len(cells) >= OPERATIONS_MAX:
                        self.folded += count
                        operation = OTHER
                        cell = cells.get((service, operation))
                    if cell is None:
                        cell = cells[service, operation] = _Cell()
                    cell.add(count, failed, status, bucket)
            for second in [each for each in self._seconds if each < oldest]:
                del self._seconds[second]

    def rows(self, since: float) -> list[LiveRow]:
        """Return rows of seconds that end after `since` [s since the Unix epoch], oldest first."""
        with self._lock:
            return [
                cell.row(second, service, operation)
                for second in sorted(each for each in self._seconds if each + 1 > since)
                for (service, operation), cell in sorted(self._seconds[second].items(), key=_name)
            ]


def _name(item: tuple[tuple[str, str], _Cell]) -> tuple[str, str]:
    return item[0]


class _Cell:
    """One operation in one second."""

    __slots__ = ("_errors", "_latency", "_statuses")

    def __init__(self) -> None:
        self._errors = 0
        self._latency: dict[int, int] = {}
        self._statuses: dict[int, int] = {}

    def add(self, count: int, failed: bool, status: int, bucket: int) -> None:
        latency, statuses = self._latency, self._statuses
        self._errors += count if failed else 0
        latency[bucket] = latency.get(bucket, 0) + count
        statuses[status] = statuses.get(status, 0) + count

    def row(self, second: int, service: str, operation: str) -> LiveRow:
        count = sum(self._latency.values())
        return LiveRow(second, service, operation, count, self._errors, dict(self._latency), dict(self._statuses))
