"""Points of histograms as what was observed since the point before, whatever their temporality."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import sub

import msgspec
import numpy as np

from telic.telemetry.sources.blocks import Numbers

_OF_POINT = frozenset(
    ("min", "max", "scale", "temporality", "monotonic")
)  # what the store adds that may differ from point to point


@dataclass(frozen=True)
class Point:
    """A point of a histogram as the store has it; bounds and buckets are empty where there are none.

    Parameters
    ----------
    stream
        Service, instance, name and unit.
    said
        Its attributes as JSON text, `identity` of them.
    start, time
        What it covers [ns since the Unix epoch]; a start of 0 is unknown.
    count, sum
        Observations, and their sum in the unit of the metric; None where it was not sent.
    bounds, buckets
        Upper bounds, and observations of each bucket, the last of which has no bound.
    """

    stream: tuple[str, str, str, str]
    said: str
    delta: bool
    start: int
    time: int
    count: int
    sum: float | None
    bounds: tuple[float, ...]
    buckets: tuple[float, ...]


def identity(attributes: str) -> tuple[str, bool]:
    """Return attributes without what no series is known by, and whether points are deltas.

    Examples
    --------
    >>> identity('{"http.route":"/pay","temporality":"delta","min":0.1,"max":2.0}')
    ('{"http.route":"/pay"}', True)
    """
    found = msgspec.json.decode(attributes or "{}", type=dict[str, object])
    if _OF_POINT.isdisjoint(found):
        return attributes or "{}", False
    kept = {key: value for key, value in found.items() if key not in _OF_POINT}
    return msgspec.json.encode(kept).decode(), found.get("temporality") == "delta"


def increases(points: Iterable[Point], since: int) -> Iterator[Point]:
    """Yield every point as a delta: what was observed from its start to its time.

    A cumulative point is differenced with the one before it of the same process; after a reset all that there is has
    come since. A series that appears on a process that was heard before began at 0 when it was last heard; the first
    point of a process that began before `since` says nothing of when its observations came, and comes without any.

    Parameters
    ----------
    points
        In the order of their times.
    since
        Where the recording begins [ns since the Unix epoch].

    Source: https://opentelemetry.io/docs/specs/otel/metrics/data-model/#temporality
    """
    before: dict[tuple[object, ...], Point] = {}
    heard: dict[tuple[object, ...], list[int]] = {}  # the last time and the one before it, by process and by stream
    for point in points:
        process = (*point.stream, point.start)
        for who in (process, point.stream):
            if heard.setdefault(who, [0, point.time])[1] != point.time:
                heard[who] = [heard[who][1], point.time]
        key = (point.stream if point.delta else process, point.said)
        last, before[key] = before.get(key), point
        if point.delta:
            stated, others = point.start if point.start < point.time else 0, heard[point.stream][0]
            yield replace(point, start=stated if last is not None and stated else max(stated, others))
        elif last is not None:
            yield _since(last, point)
        elif start := _began(point, heard[process][0], heard[point.stream][0], since):
            yield replace(point, start=start, delta=True)
        else:
            nothing = None if point.sum is None else 0.0
            yield replace(point, start=0, delta=True, count=0, sum=nothing, bounds=(), buckets=())


def _began(point: Point, of_process: int, of_stream: int, since: int) -> int:
    """Return when a cumulative series that is new was at 0 [ns]; 0 where nobody knows."""
    if of_process:
        return of_process
    if 0 < of_stream <= point.start:
        return of_stream
    return point.start if since <= point.start < point.time else 0


def _since(last: Point, point: Point) -> Point:
    """Return what came between two cumulative points of a series."""
    same = point.bounds == last.bounds and len(point.buckets) == len(last.buckets) == len(point.bounds) + 1
    more = tuple(map(sub, point.buckets, last.buckets)) if same else _widened(last, point)
    if point.count < last.count or (same and min(more, default=0.0) < 0.0):  # it began anew
        return replace(point, start=last.time, delta=True)
    return replace(
        point,
        start=last.time,
        delta=True,
        count=point.count - last.count,
        sum=None if point.sum is None or last.sum is None else point.sum - last.sum,
        buckets=more,
    )


def _widened(last: Point, point: Point) -> tuple[float, ...]:
    """Return by how much the buckets of `point` grew; exponential histograms change their bounds as they grow."""
    more = np.diff(_upto(point, point.bounds) - _upto(last, point.bounds), prepend=0.0)
    return tuple(np.maximum(more, 0.0).tolist())


def _upto(point: Point, bounds: tuple[float, ...]) -> Numbers:
    """Observations up to each of `bounds`, and all of them."""
    if len(point.buckets) != len(point.bounds) + 1:
        return np.zeros(len(bounds) + 1)
    counted = np.concatenate([[0.0], np.cumsum(point.buckets)])
    return np.append(counted[np.searchsorted(point.bounds, bounds, side="right")], counted[-1])
