"""Numbers that stand for a histogram where only numbers are kept."""

from __future__ import annotations

import importlib
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import msgspec
import pyarrow

from telic.telemetry.sources.card import SCHEMAS, Columns
from telic.telemetry.sources.increases import Point, identity, increases

pa: Any = pyarrow
importlib.import_module("pyarrow.compute")
QUANTILES = (0.5, 0.9, 0.99)
_AGAIN = 0.5  # of an interval: so much silence before it is a point of its own, at which nothing had come yet [1]
_READ = ("service", "instance", "name", "unit", "attributes", "start_ns", "time_ns", "count", "sum")
_WRITTEN = ("time_ns", "service", "instance", "name", "unit", "value", "attributes")
_identity = lru_cache(maxsize=1 << 16)(identity)
_Number = tuple[int, str, float]  # time [ns], which part of the histogram, value


def in_numbers(table: Columns, since: int) -> Columns:
    """Return points of metrics with numbers in place of every histogram.

    Of a series there are ``NAME.count`` and ``NAME.sum``, which run from 0 and never start anew, and ``NAME.p50``,
    ``.p90``, ``.p99`` of what was observed since the point before. Bounds and buckets are left behind.

    Parameters
    ----------
    table
        Metrics with the columns of the store, of any temporality.
    since
        Where the recording begins [ns since the Unix epoch].
    """
    counted = pa.compute.and_(table["count"].is_valid(), pa.compute.invert(table["value"].is_valid()))
    rows: list[tuple[object, ...]] = []
    totals: dict[tuple[object, ...], _Total] = defaultdict(_Total)
    for point in increases(_points(table.filter(counted).sort_by("time_ns")), since):
        service, instance, name, unit = point.stream
        for time, part, value in totals[(*point.stream, point.said)].numbers(point):
            its = "1" if part == "count" else unit
            rows.append((time, service, instance, f"{name}.{part}", its, value, point.said))
    schema, plain = SCHEMAS["metrics"], table.filter(pa.compute.invert(counted))
    if not rows:
        return plain
    columns = dict(zip(_WRITTEN, zip(*rows, strict=True), strict=True))
    made = [
        pa.array(columns[each.name], each.type) if each.name in columns else pa.nulls(len(rows), each.type)
        for each in schema
    ]
    return pa.concat_tables([plain, pa.table(made, schema=schema)])


class _Total:
    """What one series comes to, point by point."""

    def __init__(self) -> None:
        self._count, self._sum, self._at = 0.0, 0.0, 0

    def numbers(self, point: Point) -> Iterator[_Number]:
        """Yield the numbers of an increase; where nothing was sent for a while, what there was before it too."""
        if point.start and point.start - self._at > _AGAIN * (point.time - point.start):
            yield from self._now(point.start, point)
        self._count += point.count
        self._sum += point.sum or 0.0
        self._at = point.time
        yield from self._now(point.time, point)
        for share in QUANTILES:
            if (value := quantile(share, list(point.bounds), list(point.buckets))) is not None:
                yield point.time, f"p{share * 100:.0f}", value

    def _now(self, time: int, point: Point) -> Iterator[_Number]:
        yield time, "count", self._count
        if point.sum is not None:
            yield time, "sum", self._sum


def _points(table: Columns) -> Iterator[Point]:
    columns = [table[each].to_pylist() for each in (*_READ, "bounds", "buckets")]
    for service, instance, name, unit, attributes, start, time, count, total, bounds, buckets in zip(
        *columns, strict=True
    ):
        said, delta = _identity(attributes or "")
        stream = (service or "", instance or "", name, unit or "")
        yield Point(stream, said, delta, start or 0, time, count, total, _list(bounds), _list(buckets))


def _list(text: str | None) -> tuple[float, ...]:
    """Return what a list in JSON holds; nothing where one of its values is no number."""
    try:
        return msgspec.json.decode(text or "[]", type=tuple[float, ...])
    except msgspec.MsgspecError:
        return ()


def quantile(share: float, bounds: list[float], counts: list[float]) -> float | None:
    """Return the value below which a `share` [1] of the observations lies, linear within a bucket.

    The last, unbounded bucket gives its lower bound, as ``histogram_quantile`` of Prometheus does. None without any,
    and where there is not one bucket more than bounds (a summary has quantiles there).
    """
    total, below = sum(counts), 0.0
    if total <= 0 or not bounds or len(counts) != len(bounds) + 1:
        return None
    for number, count in enumerate(counts):
        if count and below + count >= share * total:
            if number == len(bounds):
                return bounds[-1]
            low = bounds[number - 1] if number else min(0.0, bounds[0])
            return low + (bounds[number] - low) * max(0.0, share * total - below) / count
        below += count
    return bounds[-1]
