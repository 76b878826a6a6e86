"""The operator's poll (`telic.telemetry.poll`), answered from running counts.

Times of which the counts know too little are for the database. A test compares both answers.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.model import Row
from telic.model.topology import Scalar
from telic.runtime.telemetry.shapes import SpanShape
from telic.telemetry.poll import Poll, read_poll
from telic.worlds.simulated.telemetry.export import Export
from telic.worlds.simulated.telemetry.origins import SPAN_CONSTANTS, Origin

KEPT = 90  # how far back counts go [s]
SHAPES = 8192  # that a count remembers [1]
_NAME, _KIND, _STATUS, _HTTP, _ATTRIBUTES = (
    SPAN_CONSTANTS.index(name) for name in ("name", "kind", "status", "http_status", "attributes")
)


@dataclass(frozen=True)
class _Shape:
    """What a shape means to a poll."""

    name: str  # "" where the service served nobody
    counted: tuple[bool, ...] = ()  # by column, however long it took


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
        asked = poll.asked(params) if poll is not None else None
        if poll is None or asked is None:
            return None
        key = (poll, asked.service, asked.ended - asked.started)
        counts = self._counts.get(key)
        if counts is None:
            self._counts[key] = _Counts(*key, known_from=now_ns)
            return None
        if asked.ended < counts.known_from or asked.ended < now_ns - KEPT * 10**9:
            return None
        newest = self._measured if self._measured >= asked.measured else None
        return [*counts.rows(asked.started, asked.ended), poll.last(newest)]


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
                    yield self._poll.row(cell, name, total, more)

    def _read(self, origin: Origin, shape: SpanShape) -> _Shape:
        row = origin.constants.spans[origin.shape(shape)]
        said = f"{row[_NAME]} {_business_error(row[_ATTRIBUTES])}" if row[_HTTP] == 422 else ""
        counted = tuple(each.fits(row[_STATUS], row[_HTTP], said) for each in self._poll.columns)
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


def _business_error(attributes: object) -> str:
    return str(json.loads(str(attributes or "{}")).get("telic.business_error", ""))


@dataclass(frozen=True)
class _Late:
    """A request that took longer than a poll reaches back before its first cell."""

    start: int  # [ns since the epoch]
    cell: int
    name: str
    counted: tuple[bool, ...]
