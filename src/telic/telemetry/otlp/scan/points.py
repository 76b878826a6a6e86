"""Metrics and their data points as the wire has them, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from telic.telemetry.otlp.scan.rows import keep
from telic.telemetry.otlp.scan.wire import UNUSUAL, Array, Whole, compiled, fixed64, int64, skip, span_of, varint

GAUGE, SUM, HISTOGRAM, OTHER = range(4)
NOTHING, DOUBLE, WHOLE = range(3)  # how the value of a point is written
DIFFERENCES, GROWS = 1, 2  # what the points of a metric are: since the one before, or since a start and never less


class Metric(NamedTuple):
    """Where name, unit and data of a metric begin and end in the body; `after` is `UNUSUAL` where it is so.

    `kind` is `GAUGE`, `SUM`, `HISTOGRAM`, `OTHER` for what the plain reader takes, or -1 without data.
    """

    after: Whole
    name: Whole
    name_end: Whole
    unit: Whole
    unit_end: Whole
    points: Whole
    points_end: Whole
    kind: Whole


class Point(NamedTuple):
    """The numbers of a point, doubles as their 64 bits, and where its lists begin and end in the body.

    `after` is `UNUSUAL` where it is so; `value` is the count of a histogram and else written as `written` says.
    """

    after: Whole
    pairs: Whole
    time_ns: Whole
    start_ns: Whole
    value: Whole
    written: Whole
    flags: Whole
    total: Whole
    has_total: Whole
    bounds: Whole
    bounds_end: Whole
    buckets: Whole
    buckets_end: Whole
    lowest: Whole
    has_lowest: Whole
    highest: Whole
    has_highest: Whole


@compiled
def read_metric(data: Array, at: int, end: int) -> Metric:
    """Read a metric but for its points."""
    name = name_end = unit = unit_end = points = points_end = at
    kind = int64(-1)
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            break
        if tag == 0x0A:
            name, at = span_of(data, at, end)
            name_end = at
        elif tag == 0x1A:
            unit, at = span_of(data, at, end)
            unit_end = at
        elif tag == 0x2A or tag == 0x3A or tag == 0x4A or tag == 0x52 or tag == 0x5A:
            points, at = span_of(data, at, end)
            points_end = at
            if kind >= 0:
                at = int64(UNUSUAL)
            kind = int64(GAUGE if tag == 0x2A else SUM if tag == 0x3A else HISTOGRAM if tag == 0x4A else OTHER)
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            break
    return Metric(at, name, name_end, unit, unit_end, points, points_end, kind)


@compiled
def read_nature(data: Array, at: int, end: int, kind: int) -> Whole:
    """Return whether the points of a metric are differences (`DIFFERENCES`), never fall (`GROWS`), or `UNUSUAL`."""
    delta, monotonic = int64(0), int64(0)
    while at < end:
        tag, at = varint(data, at, end)
        if at >= 0 and tag == 0x10:
            value, at = varint(data, at, end)
            delta = int64(1) if np.int32(value) == 1 else int64(0)
        elif at >= 0 and tag == 0x18 and kind == SUM:
            value, at = varint(data, at, end)
            monotonic = int64(1) if value != 0 else int64(0)
        elif at >= 0:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    return int64(DIFFERENCES) if delta == 1 else int64(GROWS) if monotonic == 1 else int64(0)


@compiled
def read_number(data: Array, at: int, end: int, parts: Array) -> Point:
    """Read a NumberDataPoint; its attributes are listed in `parts`."""
    start = at
    pairs, time_ns, start_ns, value, written, flags = int64(0), int64(0), int64(0), int64(0), int64(NOTHING), int64(0)
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            break
        if tag == 0x3A:
            at = keep(data, at, end, parts, pairs)
            pairs += 1
        elif tag == 0x11:
            start_ns, at = fixed64(data, at, end)
        elif tag == 0x19:
            time_ns, at = fixed64(data, at, end)
        elif tag == 0x21:
            value, at = fixed64(data, at, end)
            written = int64(DOUBLE)
        elif tag == 0x31:
            value, at = fixed64(data, at, end)
            written = int64(WHOLE)
        elif tag == 0x40:
            flags, at = varint(data, at, end)
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            break
    none = int64(0)
    return Point(
        *(at, pairs, time_ns, start_ns, value, written, flags, none, none),
        *(start, start, start, start, none, none, none, none),
    )


@compiled
def read_histogram(data: Array, at: int, end: int, parts: Array) -> Point:
    """Read a HistogramDataPoint; its attributes are listed in `parts`."""
    bounds = bounds_end = buckets = buckets_end = at
    pairs, time_ns, start_ns, value, total, has_total = int64(0), int64(0), int64(0), int64(0), int64(0), int64(0)
    lowest, has_lowest, highest, has_highest = int64(0), int64(0), int64(0), int64(0)
    bounded = bucketed = False
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            break
        if tag == 0x4A:
            at = keep(data, at, end, parts, pairs)
            pairs += 1
        elif tag == 0x11:
            start_ns, at = fixed64(data, at, end)
        elif tag == 0x19:
            time_ns, at = fixed64(data, at, end)
        elif tag == 0x21:
            value, at = fixed64(data, at, end)
        elif tag == 0x29:
            total, at = fixed64(data, at, end)
            has_total = int64(1)
        elif tag == 0x32 and not bucketed:
            bucketed = True
            buckets, at = span_of(data, at, end)
            buckets_end = at
        elif tag == 0x3A and not bounded:
            bounded = True
            bounds, at = span_of(data, at, end)
            bounds_end = at
        elif tag == 0x31 or tag == 0x39 or tag == 0x32 or tag == 0x3A:  # one by one, or once more
            at = int64(UNUSUAL)
        elif tag == 0x59:
            lowest, at = fixed64(data, at, end)
            has_lowest = int64(1)
        elif tag == 0x61:
            highest, at = fixed64(data, at, end)
            has_highest = int64(1)
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            break
    return Point(
        *(at, pairs, time_ns, start_ns, value, int64(NOTHING), int64(0), total, has_total),
        *(bounds, bounds_end, buckets, buckets_end, lowest, has_lowest, highest, has_highest),
    )
