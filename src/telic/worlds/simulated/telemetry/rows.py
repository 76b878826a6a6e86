"""Exports into columns of the tables: what is a span's or a data point's own, and the number of what repeats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from telic.telemetry.columns import TableRow
from telic.worlds.simulated.telemetry.export import Export
from telic.worlds.simulated.telemetry.origins import ATTRIBUTES, Constants, decode_span, log_rows, text

SPAN_BYTES, POINT_BYTES, LOG_BYTES = 200, 130, 250  # a row in memory, without texts of its own [bytes]
MINUTE = 60 * 10**9  # [ns]


class Rows:
    """Columns of many exports, in their order.

    Attributes
    ----------
    sizes
        Bytes by the minute of arrival.
    """

    def __init__(self, constants: Constants) -> None:
        self._constants = constants
        self._known = (0, 0)  # constants that the tables have
        self._begin()

    def take(self, exports: Iterable[Export]) -> None:
        """Add exports; histograms of their instruments are counted on the way."""
        for each in exports:
            size = 0
            if each.spans:
                size += self._spans(each)
            if each.logs:
                self.take_logs(log_rows(each.origin, list(each.logs), each.received_ns), each.received_ns)
            self._count(size + self._points(each), each.received_ns)

    def take_logs(self, rows: Sequence[TableRow], received_ns: int) -> None:
        """Add rows of the table ``logs``."""
        self._logs += rows
        texts = sum(len(each) for row in rows for each in row if isinstance(each, (str, bytes)))
        self._count(LOG_BYTES * len(rows) + texts, received_ns)

    def columns(self) -> dict[str, Sequence[Sequence[object]]]:
        """Return what there is, by table, and begin anew."""
        found: dict[str, Sequence[Sequence[object]]] = {
            "span_shapes": _numbered(self._constants.spans, self._known[0]),
            "point_shapes": _numbered(self._constants.points, self._known[1]),
            "spans": self._span_columns,
            "points": list(zip(*self._point_rows, strict=True)),
            "logs": list(zip(*self._logs, strict=True)),
        }
        self._known = (len(self._constants.spans), len(self._constants.points))
        self._begin()
        return found

    def _begin(self) -> None:
        self._span_columns: list[list[object]] = [[] for _ in range(8)]
        self._point_rows: list[tuple[object, ...]] = []
        self._logs: list[TableRow] = []
        self.sizes: dict[int, int] = {}

    def _count(self, size: int, received_ns: int) -> None:
        minute = received_ns // MINUTE
        self.sizes[minute] = self.sizes.get(minute, 0) + size

    def _spans(self, export: Export) -> int:
        origin, spans = export.origin, export.spans
        known, number = origin.shapes.get, origin.shape
        for shape, _, _, _, start, end, _ in spans:
            if shape.series is not None:
                shape.series.add((end - start) * 1e-9)
        numbers = [number(each[0]) if (seen := known(each[0])) is None else seen for each in spans]
        shapes, traces, ids, parents, starts, ends, events = zip(*spans, strict=True)
        own: list[object] = [None] * len(spans)
        extra = 0
        if any(events):
            for index, event in enumerate(events):
                if event:
                    own[index] = text(decode_span(origin.encoded, shapes[index], event)[ATTRIBUTES])
                    extra += len(str(own[index]))
        took = [end - start if end > start else 0 for start, end in zip(starts, ends, strict=True)]
        received = [export.received_ns] * len(spans)
        found: tuple[Sequence[object], ...] = (numbers, traces, ids, parents, starts, took, own, received)
        for column, values in zip(self._span_columns, found, strict=True):
            column.extend(values)
        return len(spans) * SPAN_BYTES + extra

    def _points(self, export: Export) -> int:
        origin, rows, now = export.origin, self._point_rows, export.received_ns
        size = 0
        for instrument, value, count, total, buckets, extremes in export.metrics.points(export.numbers):
            number = origin.instrument(instrument)
            rows.append((number, now, export.since_ns, value, count, total, buckets, extremes, now))
            size += POINT_BYTES + len(buckets) + len(extremes)
        return size


def _numbered(rows: Sequence[TableRow], first: int) -> Sequence[Sequence[object]]:
    return list(zip(*((number, *row) for number, row in enumerate(rows[first:], first)), strict=True))
