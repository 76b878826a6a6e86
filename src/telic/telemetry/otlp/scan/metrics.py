"""Data points of an export request into the columns of the table ``metrics``, compiled.

Exponential histograms and summaries are left to the plain reader, one metric at a time.
"""

from __future__ import annotations

import numpy as np

from telic.telemetry.otlp.scan.attributes import close_object, put_attributes
from telic.telemetry.otlp.scan.decimals import SPACE, as_double, put_double, put_integer
from telic.telemetry.otlp.scan.points import (
    DIFFERENCES,
    DOUBLE,
    GROWS,
    HISTOGRAM,
    NOTHING,
    OTHER,
    Metric,
    Point,
    read_histogram,
    read_metric,
    read_nature,
    read_number,
)
from telic.telemetry.otlp.scan.rows import Body, Rows, Scratch, end_row, has_room
from telic.telemetry.otlp.scan.text import NULL, put_byte, put_bytes, put_number, put_one, put_word, words
from telic.telemetry.otlp.scan.wire import FULL, UNUSUAL, Array, Whole, compiled, fixed64, int64, skip, span_of, varint

ATTRIBUTES = 4  # the last text column, after name, unit, bounds and buckets
KINDS = ("gauge", "sum", "histogram")
REASONS = ("", "a bucket bound or count is out of range", "a time lies beyond the year 2262")
_NAMES = words(("-" * 63,))  # no attribute has a column of its own
_DELTA, _MIN, _MAX, _MONOTONIC = range(4)
_HEADS = words(('"temporality":"delta",', '"min":', '"max":', '"monotonic":true,'))


@compiled
def _put_list(data: Array, at: int, end: int, doubles: bool, out: Array, to: int) -> Whole:
    """Write packed numbers of eight bytes as a JSON array."""
    if (end - at) % 8 != 0:
        return UNUSUAL
    to = put_byte(91, out, to)
    first = at
    while at < end:
        if at > first:
            to = put_byte(44, out, to)
        bits, at = fixed64(data, at, end)
        if doubles:
            value = as_double(bits)
            to = put_double(value, out, to) if np.isfinite(value) else put_word(int64(NULL), out, to)
        elif bits < 0:
            return UNUSUAL
        else:
            to = put_integer(bits, out, to)
    return put_byte(93, out, to)


@compiled
def _put_extreme(head: int, bits: int, out: Array, to: int) -> Whole:
    return put_byte(44, out, put_number(bits, out, put_one(_HEADS, head, out, to)))


@compiled
def _put_texts(data: Array, metric: Metric, point: Point, rows: Rows) -> bool:
    text, used = rows.text, rows.used
    used[0] = put_bytes(data, metric.name, metric.name_end, text, used[0])
    used[1] = put_bytes(data, metric.unit, metric.unit_end, text, used[1])
    if metric.kind == HISTOGRAM:
        bounds = _put_list(data, point.bounds, point.bounds_end, True, text, used[2])
        buckets = _put_list(data, point.buckets, point.buckets_end, False, text, used[3])
        if bounds < 0 or buckets < 0:
            return False
        used[2], used[3] = bounds, buckets
    return True


@compiled
def _put_attributes(body: Body, group: int, nature: int, point: Point, rows: Rows, scratch: Scratch) -> bool:
    text = rows.text
    to = put_byte(123, text, rows.used[ATTRIBUTES])
    to = put_attributes(body.data, scratch.pairs, point.pairs, _NAMES, scratch.taken, text, to, scratch.stack)
    if to < 0:
        return False
    if nature == DIFFERENCES:
        to = put_one(_HEADS, int64(_DELTA), text, to)
    elif nature == GROWS:
        to = put_one(_HEADS, int64(_MONOTONIC), text, to)
    if point.has_lowest == 1:
        to = _put_extreme(int64(_MIN), point.lowest, text, to)
    if point.has_highest == 1:
        to = _put_extreme(int64(_MAX), point.highest, text, to)
    rows.used[ATTRIBUTES] = close_object(body.tails, body.tails_at[group], body.tails_at[group + 1], text, to)
    return True


@compiled
def _put_numbers(kind: int, point: Point, received: int, rows: Rows, row: int) -> None:
    numbers, doubles, codes = rows.numbers, rows.doubles, rows.codes
    numbers[0, row] = point.time_ns if point.time_ns != 0 else received
    numbers[1, row], numbers[2, row] = point.start_ns, -1
    codes[0, row], codes[1, row], codes[2, row] = kind, 0, 0
    doubles[0, row] = doubles[1, row] = 0.0
    if kind == HISTOGRAM:
        numbers[2, row] = point.value
        doubles[1, row], codes[2, row] = as_double(point.total), point.has_total
    elif point.written != NOTHING and point.flags & 1 == 0:
        doubles[0, row] = as_double(point.value) if point.written == DOUBLE else np.float64(point.value)
        codes[1, row] = 1


@compiled
def _scan_points(
    body: Body, each: int, metric: Metric, rows: Rows, row: int, scratch: Scratch
) -> tuple[Whole, Whole, Whole]:
    """Fill columns with the points of one metric; as `scan_metrics`."""
    data, group, at, end = body.data, body.things[each, 0], metric.points, metric.points_end
    rejected, reason, nature = 0, 0, int64(0)
    if metric.kind > 0:
        nature = read_nature(data, at, end, metric.kind)
    if nature < 0:
        return UNUSUAL, 0, 0
    tail = body.tails_at[group + 1] - body.tails_at[group]
    whole, size = body.things[each, 2] - body.things[each, 1], end - at
    while at < end:
        tag, at = varint(data, at, end)
        if at >= 0 and tag != 0x0A:
            at = skip(data, at, end, tag)
            if at < 0:
                return UNUSUAL, 0, 0
            continue
        a, at = span_of(data, at, end) if at >= 0 else (at, at)
        if at < 0:
            return UNUSUAL, 0, 0
        histogram = metric.kind == HISTOGRAM
        point = read_histogram(data, a, at, scratch.pairs) if histogram else read_number(data, a, at, scratch.pairs)
        if point.after < 0:
            return UNUSUAL, 0, 0
        fault = 1 if histogram and point.value < 0 else 2 if point.time_ns < 0 or point.start_ns < 0 else 0
        if fault > 0:
            rejected, reason = rejected + 1, fault
            continue
        texts = max(whole, size + (SPACE // 8 + 1) * (at - a) + 192)
        if not has_room(rows, row, texts, 6 * (at - a) + 192 + tail):
            return FULL, 0, 0
        written = _put_attributes(body, group, nature, point, rows, scratch)
        if not written or not _put_texts(data, metric, point, rows):
            return UNUSUAL, 0, 0
        _put_numbers(metric.kind, point, body.received, rows, row)
        end_row(rows, row, body.base + group)
        row += 1
    return row, rejected, reason


@compiled
def scan_metrics(body: Body, rows: Rows, row: int, scratch: Scratch) -> tuple[Whole, Whole, Whole]:
    """Fill columns with the points of one body; as `spans.scan_spans`.

    `numbers` are time, start and count or -1, `doubles` value and sum, `codes` kind, has value and has sum. The group
    of a metric that is left to the plain reader becomes -1 - group in `body.things`.
    """
    rejected, reason = 0, 0
    for each in range(body.count):
        group = body.things[each, 0]
        if group < 0:
            continue
        metric = read_metric(body.data, body.things[each, 1], body.things[each, 2])
        if metric.after < 0:
            return UNUSUAL, 0, 0
        if metric.kind < 0:
            continue
        if metric.kind == OTHER:
            body.things[each, 0] = -1 - group
            continue
        row, faults, fault = _scan_points(body, each, metric, rows, row, scratch)
        if row < 0:
            return row, 0, 0
        if faults > 0:
            rejected, reason = rejected + faults, fault
    return row, rejected, reason
