"""Series as points of the store: counters as increases, buckets as histograms."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import numpy as np

from telic.telemetry.sources.blocks import Block, Numbers, nanoseconds
from telic.telemetry.sources.prometheus.api import Family, Sample, Series
from telic.telemetry.sources.prometheus.labels import Labels
from telic.telemetry.sources.rows import Row, text_of

UNITS = {"seconds": "s", "bytes": "By", "ratio": "1", "percent": "%", "celsius": "Cel", "joules": "J", "meters": "m"}
_PARTS = re.compile(r"_(bucket|sum|count)$")
Increases = tuple[Numbers, Numbers, Numbers]  # from, to [s], by how much


class Kinds:
    """What kind of metric a name is: what the targets say, else what the name says.

    Parameters
    ----------
    families
        By name; OpenMetrics leaves ``_total`` out of it, and a histogram's parts have the histogram's.
    """

    def __init__(self, families: Mapping[str, Family]) -> None:
        self._families = families

    def family(self, name: str) -> Family | None:
        """Return what is known of a metric."""
        for known in (name, name.removesuffix("_total"), _PARTS.sub("", name)):
            if known in self._families:
                return self._families[known]
        return None

    def of(self, name: str) -> str:
        """Return ``counter``, ``bucket`` (of a histogram) or ``gauge``."""
        family = self.family(name)
        if name.endswith("_bucket") and (family is None or family.type in ("histogram", "", "unknown")):
            return "bucket"
        if family is not None and family.type in ("gauge", "gaugehistogram", "info", "stateset"):
            return "gauge"
        if family is not None and family.type == "counter":
            return "counter"
        return "counter" if re.search(r"_(total|count|sum)$", name) else "gauge"

    def unit(self, name: str) -> str:
        """Return the unit in UCUM, as far as it is known."""
        family = self.family(name)
        if re.search(r"_(count|bucket)$", name):
            return "1"
        if family is not None and family.unit:
            return UNITS.get(family.unit, family.unit)
        words = _PARTS.sub("", name.removesuffix("_total")).split("_")
        return UNITS.get(words[-1], "")


def base(name: str) -> str:
    """Return the name of a histogram or summary for one of its parts, and any other name as it is."""
    return _PARTS.sub("", name)


def points(found: Sequence[Series], kinds: Kinds, labels: Labels, *, since: float = -math.inf) -> Iterator[Row | Block]:
    """Yield the points of `found`; a counter's need a sample before them, its first one after `since` has none [s]."""
    begun: dict[str, float] = {}
    for series in found:
        if series.values and (who := labels.instance_of(series.metric)):
            begun[who] = min(begun.get(who, math.inf), series.values[0][0])
    histograms: dict[tuple[tuple[str, str], ...], list[Series]] = defaultdict(list)
    bucketed = {base(each.metric.get("__name__", "")) for each in found if "le" in each.metric}
    for series in found:
        name = series.metric.get("__name__", "")
        part = _PARTS.search(name)
        if part is not None and base(name) in bucketed and kinds.of(f"{base(name)}_bucket") == "bucket":
            own = {key: value for key, value in series.metric.items() if key not in ("le", "__name__")}
            histograms[("__name__", base(name)), *sorted(own.items())].append(series)
            continue
        row = _head(series.metric, name, kinds, labels)
        if series.histograms:
            yield from _native(_head(series.metric, name, kinds, labels, delta=True), series)
        if kinds.of(name) == "counter":
            first = begun.get(labels.instance_of(series.metric), math.inf)
            start, end, by = increases(series.values, first, since)
            columns = {"start_ns": nanoseconds(start), "time_ns": nanoseconds(end), "value": by}
            yield Block(row | {"kind": "sum"}, columns)
        elif series.values:
            at, values = arrays(series.values)
            yield Block(row | {"kind": "gauge"}, {"time_ns": nanoseconds(at), "value": values})
    for key, parts in histograms.items():
        metric = dict(key)
        row = _head(metric, metric["__name__"], kinds, labels, delta=True)
        first = begun.get(labels.instance_of(metric), math.inf)
        yield from _classic(row, parts, first, since)


def increases(samples: Sequence[Sample], begun: float, since: float = -math.inf) -> Increases:
    """Return by how much a counter rose between samples; after a reset it rose from 0.

    Parameters
    ----------
    samples
        Of one series, oldest first.
    begun
        When its instance was first seen [s]: a series that appears on an instance that was there before began at 0.
    since
        What was before is of no interest [s].

    Returns
    -------
    from, to, by
        Times [s] and increases, of the same length.

    Examples
    --------
    >>> [each.tolist() for each in increases([(15, "7"), (30, "9"), (45, "4")], begun=15)]
    [[15.0, 30.0], [30.0, 45.0], [2.0, 4.0]]
    >>> [each.tolist() for each in increases([(30, "1")], begun=15)]
    [[15.0], [30.0], [1.0]]
    """
    times, values = arrays(samples)
    known = np.isfinite(values)
    times, values = times[known], values[known]
    if len(times) and since <= times[0] > begun:
        times, values = np.insert(times, 0, begun), np.insert(values, 0, 0.0)
    rise = np.diff(values)
    rise = np.where(rise >= 0, rise, values[1:])
    late = times[1:] >= since
    return times[:-1][late], times[1:][late], rise[late]


def arrays(samples: Sequence[Sample]) -> tuple[Numbers, Numbers]:
    """Return times [s] and values; a value that is no number is NaN, which is left out and counted."""
    if not samples:
        return np.empty(0), np.empty(0)
    times, texts = zip(*samples, strict=True)
    try:
        return np.asarray(times, np.float64), np.asarray(list(map(float, texts)))
    except ValueError:
        return np.asarray(times, np.float64), np.asarray([_number(each) for each in texts])


def _classic(row: Row, parts: Sequence[Series], begun: float, since: float) -> Iterator[Row]:
    """Put ``_bucket``, ``_sum`` and ``_count`` of one histogram together, one point a scrape."""
    risen: dict[float, dict[float, float]] = defaultdict(dict)  # time: upper bound: observations up to it
    sums: dict[float, float] = {}
    starts: dict[float, float] = {}
    for series in parts:
        rising = list(zip(*(each.tolist() for each in increases(series.values, begun, since)), strict=True))
        if "le" in series.metric:
            bound = _number(series.metric["le"])
            if not math.isnan(bound):
                for start, end, by in rising:
                    risen[end][bound], starts[end] = by, start
        elif series.metric.get("__name__", "").endswith("_sum"):
            sums.update({end: by for _, end, by in rising})
    for time, upto in risen.items():
        bounds = sorted(upto)
        below = [0.0, *(upto[each] for each in bounds)]
        counts = [max(0, round(after - before)) for before, after in pairwise(below)]
        if math.isinf(bounds[-1]):
            bounds.pop()
        else:
            counts.append(0)
        yield row | {
            "start_ns": round(starts[time] * 1e9),
            "time_ns": round(time * 1e9),
            "kind": "histogram",
            "count": sum(counts),
            "sum": sums.get(time),
            "bounds": msgspec.json.encode(bounds).decode(),
            "buckets": msgspec.json.encode(counts).decode(),
        }


def _native(row: Row, series: Series) -> Iterator[Row]:
    """Native histograms: the change between two samples with the same buckets; others are left out."""
    for (start, before), (end, after) in pairwise(series.histograms):
        old, new = _buckets(before), _buckets(after)
        if not new:
            continue
        grown = {bound: count - old.get(bound, 0.0) for bound, count in new.items()}
        if min(grown.values()) < 0:  # a reset
            grown = new
        bounds = sorted(grown)
        rise = _number(str(after.get("sum", "nan"))) - (
            _number(str(before.get("sum", "nan"))) if grown is not new else 0
        )
        counts = [round(grown[each]) for each in bounds]
        yield row | {
            "start_ns": round(start * 1e9),
            "time_ns": round(end * 1e9),
            "kind": "histogram",
            "count": sum(counts),
            "sum": rise if math.isfinite(rise) else None,
            "bounds": msgspec.json.encode(bounds).decode(),
            "buckets": msgspec.json.encode([*counts, 0]).decode(),
        }


def _buckets(histogram: Mapping[str, Any]) -> dict[float, float]:
    found = {}
    for each in histogram.get("buckets") or ():
        if isinstance(each, list) and len(each) == 4:
            bound, count = _number(str(each[2])), _number(str(each[3]))
            if math.isfinite(bound) and math.isfinite(count):
                found[bound] = count
    return found


def _head(metric: Mapping[str, str], name: str, kinds: Kinds, labels: Labels, *, delta: bool = False) -> Row:
    said: dict[str, object] = {key: value for key, value in metric.items() if key != "__name__"}
    if delta or kinds.of(name) == "counter":
        said["temporality"] = "delta"
    return {
        "service": labels.entity(metric),
        "instance": labels.instance_of(metric),
        "name": name,
        "unit": kinds.unit(name),
        "attributes": text_of(said),
    }


def _number(text: str) -> float:
    """Return a sample's value; what is none is NaN, which is left out and counted."""
    try:
        return float(text)
    except ValueError:
        return math.nan
