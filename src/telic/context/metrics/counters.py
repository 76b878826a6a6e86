"""Cumulative counters to what they say: rates, mean latency, failed requests (Prometheus and OpenTelemetry sums)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

import msgspec
import numpy as np

from telic.context.metrics.series import Floats, Series
from telic.context.quantiles import median

_COUNTS = re.compile(r"[_.-](total|count|sum|bucket)$", re.IGNORECASE)
_TIME = re.compile(r"seconds|duration|latency|time|millis|_ms\b", re.IGNORECASE)
_MILLIS = re.compile(r"millis|_ms\b", re.IGNORECASE)
_STATUS = re.compile(r"status|code|outcome|result|error", re.IGNORECASE)  # labels that say how a request ended
_BAD = re.compile(r"5\d\d|5xx|(server_?)?error|fail(ed|ure)?|internal|unavailable|deadline_?exceeded", re.IGNORECASE)
_UNITS = frozenset(("s", "ms", "s/s", "ms/s"))
_LEAST = 8  # points that a counter is known by [1]
_LATE = 2  # of a counter that others of its name are known to be one with [1]
_SUM = '"monotonic":true'  # what the store says of a cumulative sum that never falls
_MONOTONIC = re.compile(r'"monotonic":true,?|,"monotonic":true')
_RESETS = 0.02  # of its steps may go back: a process was started anew [1]


def resolved(series: Sequence[Series]) -> list[Series]:
    """Return the series with every cumulative counter turned into what it says; others stay as they are.

    A series is a counter if its sender says so (a monotonic sum), or if its name ends like one and it never falls but
    to start anew. Histograms and summaries
    become mean latency, rate and failed requests of their entity; buckets are left out, and so are sums of durations
    without counts to divide them by: they grow with traffic. What appears late is as much a counter as what else has
    its name.

    Source: https://prometheus.io/docs/practices/histograms/, https://prometheus.io/docs/concepts/metric_types/ and
    https://opentelemetry.io/docs/specs/otel/metrics/data-model/#sums
    """
    kept, families = [], dict[tuple[str, str], dict[str, list[Series]]]()
    known = {
        (each.entity, each.name)
        for each in series
        if _COUNTS.search(each.name) and (_SUM in each.attributes or _grows(each))
    }
    for each in series:
        found = _COUNTS.search(each.name)
        if not found and _SUM in each.attributes:
            if len(each.values) >= _LATE:
                families.setdefault((each.entity, each.name), {}).setdefault("total", []).append(_rate(each))
            continue
        if not found or not _grows(each, _LATE if (each.entity, each.name) in known else _LEAST):
            if not found or not _spent(found.group(1), each.name[: found.start()], each.unit):
                kept.append(each)
            continue
        base, kind = each.name[: found.start()], found.group(1).lower()
        families.setdefault((each.entity, base), {}).setdefault(kind, []).append(_rate(each))
    for (entity, base), kinds in families.items():
        kept.extend(_said(entity, base, kinds))
    return kept


def _spent(kind: str, base: str, unit: str) -> bool:
    """Return whether a series is the time that requests took together."""
    return kind.lower() == "sum" and (unit in _UNITS or _TIME.search(base) is not None)


def _grows(series: Series, least: int = _LEAST) -> bool:
    steps = np.diff(series.values)
    if len(steps) + 1 < least or float(series.values.min()) < 0.0:
        return False
    if not steps.any():
        return least < _LEAST or not series.values.any()
    return float((steps < 0.0).mean()) <= _RESETS


def _rate(series: Series) -> Series:
    """Increase a second; after a reset all that there is has come since."""
    steps, lasted = np.diff(series.values), np.diff(series.times)
    more = np.where(steps < 0.0, series.values[1:], steps)
    usable = lasted > 0.0
    unit = "s/s" if "seconds" in series.name or series.unit == "s" else f"{series.unit or '1'}/s"
    rate = more[usable] / lasted[usable]
    said = _MONOTONIC.sub("", series.attributes)
    times = series.times[1:][usable]
    return replace(series, times=times, values=rate, unit=unit, attributes=said, counters=(series.name,))


def _said(entity: str, base: str, kinds: dict[str, list[Series]]) -> Iterable[Series]:
    counts, sums = kinds.get("count", []), kinds.get("sum", [])
    if not counts or not sums:
        for kind, found in kinds.items():
            if kind != "bucket":
                yield from (each for each in found if not _spent(kind, base, each.unit))
        if kinds.get("total"):
            yield from _failed(entity, base, kinds["total"])
        return
    yield from kinds.get("total", [])
    times, requests = _together(counts)
    where, spent = _together(sums)
    at = np.searchsorted(where, times)
    both = (at < len(where)) & (where[np.minimum(at, len(where) - 1)] == times) & (requests > 0.0)
    yield Series(entity, f"{base}_count", "1/s", "", times, requests, (f"{base}_count",))
    if _spent("sum", base, sums[0].unit):
        millis = _MILLIS.search(base) or sums[0].unit == "ms/s"
        mean = spent[at[both]] / requests[both] * (1e-3 if millis else 1.0)
        yield Series(entity, f"{base}_mean", "s", "", times[both], mean, (f"{base}_sum", f"{base}_count"))
    yield from _failed(entity, base, counts)


def _failed(entity: str, base: str, counts: Sequence[Series]) -> Iterable[Series]:
    """Failed requests a second, where a label says how requests ended; none where only others were counted."""
    failed = [each for each in counts if _bad(each.attributes)]
    if failed and len(failed) < len(counts):
        times, values = _together([each if _bad(each.attributes) else _none(each) for each in counts])
        yield Series(entity, f"{base}_errors", "1/s", "", times, values, (failed[0].name,))


def _none(series: Series) -> Series:
    return replace(series, values=np.zeros(len(series.values)))


def _together(series: Sequence[Series]) -> tuple[Floats, Floats]:
    """The sum of several series, on a grid as fine as their points."""
    steps = [median(np.diff(each.times)) for each in series if len(each.times) > 1]
    step = max(min(steps, default=1.0), 1e-3)
    places = np.concatenate([np.round(each.times / step).astype(np.int64) for each in series])
    grid, place = np.unique(places, return_inverse=True)
    weights = np.concatenate([each.values for each in series])
    return grid * step, np.bincount(place, weights=weights, minlength=len(grid)).astype(np.float64)


@lru_cache(maxsize=4096)
def _bad(attributes: str) -> bool:
    try:
        found = msgspec.json.decode(attributes) if attributes else {}
    except msgspec.DecodeError:
        return False
    labels = found.items() if isinstance(found, dict) else ()
    return any(_STATUS.search(str(name)) and _BAD.fullmatch(str(value)) for name, value in labels)
