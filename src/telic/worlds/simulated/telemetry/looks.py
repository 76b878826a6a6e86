"""The operator's poll, answered from running counts: planning its SQL twice a virtual second costs more than the world.

The poll is recognised by its text; any other SQL, and times of which the counts know too little, are for the database.
A test compares both answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.model import Row
from telic.model.topology import Scalar
from telic.runtime.telemetry.shapes import SpanShape
from telic.worlds.simulated.telemetry.export import Export
from telic.worlds.simulated.telemetry.origins import SPAN_CONSTANTS, Origin

MOST = NEVER = 2**63 - 1
KEPT = 90  # how far back counts go [s]
SHAPES = 8192  # that a count remembers [1]
_COUNT = r"count\(\*\) FILTER \(WHERE ([^()]+)\) AS (\w+)"
_POLL = re.compile(
    r"SELECT \(start_ns \+ duration_ns\) // (\d+) AS cell, name, count\(\*\) AS total((?:, " + _COUNT + r")*)"
    r" FROM spans WHERE start_ns >= \? AND service = \? AND kind = 'server' AND start_ns \+ duration_ns >= \?"
    r" GROUP BY cell, name"
    r" UNION ALL SELECT max\(time_ns\), ''((?:, 0)+) FROM metrics WHERE time_ns >= \?"
).fullmatch
_SLOWER = re.compile(r"duration_ns > (\d+)").fullmatch
_STATUS_IN = (
    (re.compile(r"http_status = (\d+)").fullmatch, lambda low: (low, low)),
    (re.compile(r"http_status >= (\d+)").fullmatch, lambda low: (low, MOST)),
    (re.compile(r"http_status BETWEEN (\d+) AND (\d+)").fullmatch, lambda low, high: (low, high)),
)
_ERROR = "status = 'error'"
_NAME, _KIND, _STATUS, _HTTP = (SPAN_CONSTANTS.index(name) for name in ("name", "kind", "status", "http_status"))


@dataclass(frozen=True)
class Column:
    """Which requests one column counts: those of which anything here holds."""

    name: str
    error: bool = False  # the span's status is error
    statuses: tuple[tuple[int, int], ...] = ()  # its HTTP status is within one of these, bounds included
    slower: int = NEVER  # it took longer than that [ns]

    def fits(self, status: object, http: object) -> bool:
        """Whether a span is counted however long it took."""
        if self.error and status == "error":
            return True
        return isinstance(http, int) and any(low <= http <= high for low, high in self.statuses)


@dataclass(frozen=True)
class Poll:
    """What the SQL asks for."""

    cell_ns: int  # length of a cell [ns]
    columns: tuple[Column, ...]  # besides cell, name and total


@dataclass(frozen=True)
class _Shape:
    """What a shape means to a poll."""

    name: str  # "" where the service served nobody
    counted: tuple[bool, ...] = ()  # by column, however long it took


def read_poll(sql: str) -> Poll | None:
    """Return what a poll asks for, or None where `sql` is none."""
    found = _POLL(" ".join(sql.split()))
    if found is None:
        return None
    columns = [_column(name, condition) for condition, name in re.findall(_COUNT, found[2])]
    known = tuple(each for each in columns if each is not None)
    if len(known) != len(columns) or found[5].count("0") != len(columns) + 1:
        return None
    return Poll(int(found[1]), known)


def _column(name: str, condition: str) -> Column | None:
    error, statuses, slower = False, [], NEVER
    for term in condition.split(" OR "):
        if limit := _SLOWER(term):
            slower = min(slower, int(limit[1]))
        elif term == _ERROR:
            error = True
        elif within := next(
            (bounds(*map(int, m.groups())) for match, bounds in _STATUS_IN if (m := match(term))), None
        ):
            statuses.append(within)
        else:
            return None
    return Column(name, error, tuple(statuses), slower)


class Looks:
    """Every poll that was ever asked."""

    def __init__(self) -> None:
        self._polls: dict[str, Poll | None] = {}
        self._counts: dict[tuple[Poll, str, int], _Counts] = {}
        self._measured = 0  # when the newest data point was [ns since the epoch]

    def add(self, export: Export) -> None:
        """Count an export that queries see from now on."""
        if export.received_ns > self._measured and export.measures():
            self._measured = export.received_ns
        for each in self._counts.values():
            each.add(export)

    def answer(self, sql: str, params: Sequence[Scalar | None], now_ns: int) -> list[Row] | None:
        """Return the poll's rows; None where the database has to be asked."""
        poll = self._polls[sql] if sql in self._polls else self._polls.setdefault(sql, read_poll(sql))
        if poll is None or len(params) != 4:
            return None
        started, service, ended, measured = params
        if not (isinstance(started, int) and isinstance(ended, int) and isinstance(measured, int)):
            return None
        if ended % poll.cell_ns or ended <= started:
            return None
        key = (poll, str(service), ended - started)
        counts = self._counts.get(key)
        if counts is None:
            self._counts[key] = _Counts(*key, known_from=now_ns)
            return None
        if ended < counts.known_from or ended < now_ns - KEPT * 10**9:
            return None
        newest = self._measured if self._measured >= measured else None
        last: Row = {"cell": newest, "name": "", "total": 0, **{each.name: 0 for each in poll.columns}}
        return [*counts.rows(started, ended), last]


class _Counts:
    """Requests of one service by the cell of their end."""

    def __init__(self, poll: Poll, service: str, reach: int, *, known_from: int) -> None:
        self.cells: dict[int, dict[str, list[int]]] = {}
        self.known_from = known_from
        self._poll, self._service, self._reach = poll, service, reach
        self._shapes: dict[SpanShape, _Shape] = {}
        self._late: list[_Late] = []

    def add(self, export: Export) -> None:
        origin = export.origin
        if origin.service != self._service:
            return
        shapes, cells, cell_ns, reach = self._shapes, self.cells, self._poll.cell_ns, self._reach
        limits = [each.slower for each in self._poll.columns]
        for shape, _, _, _, start, end, _ in export.spans:
            means = shapes.get(shape) or self._read(origin, shape)
            if not means.name:
                continue
            took = end - start if end > start else 0
            cell = (start + took) // cell_ns
            of_cell = cells.get(cell)
            if of_cell is None:
                of_cell = cells[cell] = {}
                self._forget(export.received_ns)
            count = of_cell.get(means.name)
            if count is None:
                count = of_cell[means.name] = [0] * (1 + len(limits))
            count[0] += 1
            counted = [one or took > limit for one, limit in zip(means.counted, limits, strict=True)]
            for index, one in enumerate(counted, 1):
                if one:
                    count[index] += 1
            if took > reach:
                self._late.append(_Late(start, cell, means.name, tuple(counted)))

    def rows(self, started: int, ended: int) -> Iterable[Row]:
        """Return rows by cell and name, without requests that began before `started` [ns since the epoch]."""
        first = ended // self._poll.cell_ns
        less: dict[tuple[int, str], list[int]] = {}
        for late in self._late:
            if late.start < started and late.cell >= first:
                taken = less.setdefault((late.cell, late.name), [0] * (1 + len(late.counted)))
                for index, one in enumerate((True, *late.counted)):
                    taken[index] += one
        for cell in sorted(each for each in self.cells if each >= first):
            for name, counts in sorted(self.cells[cell].items()):
                total, *more = [a - b for a, b in zip(counts, less.get((cell, name), [0] * len(counts)), strict=True)]
                if total:
                    named = {each.name: count for each, count in zip(self._poll.columns, more, strict=True)}
                    yield {"cell": cell, "name": name, "total": total, **named}

    def _read(self, origin: Origin, shape: SpanShape) -> _Shape:
        row = origin.constants.spans[origin.shape(shape)]
        counted = tuple(each.fits(row[_STATUS], row[_HTTP]) for each in self._poll.columns)
        if len(self._shapes) > SHAPES:
            self._shapes.clear()
        means = self._shapes[shape] = _Shape(str(row[_NAME]) if row[_KIND] == "server" else "", counted)
        return means

    def _forget(self, now_ns: int) -> None:
        oldest = (now_ns - (KEPT + 10) * 10**9) // self._poll.cell_ns
        if len(self.cells) > 2 * KEPT * 10**9 // self._poll.cell_ns + 100:
            for cell in [each for each in self.cells if each < oldest]:
                del self.cells[cell]
            self._late = [each for each in self._late if each.cell >= oldest]


@dataclass(frozen=True)
class _Late:
    """A request that took longer than a poll reaches back before its first cell."""

    start: int  # [ns since the epoch]
    cell: int
    name: str
    counted: tuple[bool, ...]
