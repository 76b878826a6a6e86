"""Data points of an export request into the columns of the table ``metrics``, compiled.

Exponential histograms and summaries are left to the plain reader, one metric at a time.
"""

from __future__ import annotations

import numpy as np

from telic.telemetry.otlp.scan.decimals import SPACE, as_double, put_double, put_integer
from telic.telemetry.otlp.scan.text import (
    PAIRS,
    blob,
    close_object,
    put_attributes,
    put_bytes,
    put_number,
    put_word,
)
from telic.telemetry.otlp.scan.wire import FULL, UNUSUAL, Array, Whole, compiled, fixed64, int64, skip, span_of, varint

ATTRIBUTES = 4  # the last text column, after name, unit, bounds and buckets
KINDS = ("gauge", "sum", "histogram")
REASONS = ("", "a bucket bound or count is out of range", "a time lies beyond the year 2262")
_NAMES, _NAMES_AT = blob(("-" * 63, "-" * 64))  # no attribute has a column of its own
_HEADS, _HEADS_AT = blob(('"temporality":"delta",', '"min":', '"max":'))
_HISTOGRAM = 2


@compiled
def _head(index: int, out: Array, to: int) -> Whole:
    return put_bytes(_HEADS, _HEADS_AT[index], _HEADS_AT[index + 1], out, to)


@compiled
def _put_list(data: Array, at: int, end: int, doubles: bool, out: Array, to: int) -> Whole:
    """Write packed numbers of eight bytes as a JSON array."""
    if (end - at) % 8 != 0:
        return UNUSUAL
    out[to] = 91
    to += 1
    first = at
    while at < end:
        if at > first:
            out[to] = 44
            to += 1
        bits, at = fixed64(data, at, end)
        if doubles:
            value = as_double(bits)
            to = put_double(value, out, to) if np.isfinite(value) else put_word(int64(0), out, to)
        elif bits < 0:
            return UNUSUAL
        else:
            to = put_integer(bits, out, to)
    out[to] = 93
    return to + 1


@compiled
def _metric(data: Array, at: int, end: int, found: Array) -> Whole:
    """Read a metric: begin and end of name, unit and data into `found[0:6]`, kind into `found[6]`."""
    for index in range(6):
        found[index] = at
    found[6] = -1
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL
        if tag == 0x0A:
            found[0], at = span_of(data, at, end)
            found[1] = at
        elif tag == 0x1A:
            found[2], at = span_of(data, at, end)
            found[3] = at
        elif tag == 0x2A or tag == 0x3A or tag == 0x4A or tag == 0x52 or tag == 0x5A:
            if found[6] >= 0:
                return UNUSUAL
            found[4], at = span_of(data, at, end)
            found[5] = at
            found[6] = 0 if tag == 0x2A else 1 if tag == 0x3A else _HISTOGRAM if tag == 0x4A else 3
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    return at


@compiled
def _is_delta(data: Array, at: int, end: int) -> Whole:
    """Return whether the points are differences, or `UNUSUAL`."""
    delta = int64(0)
    while at < end:
        tag, at = varint(data, at, end)
        if at >= 0 and tag == 0x10:
            value, at = varint(data, at, end)
            delta = int64(1) if np.int32(value) == 1 else int64(0)
        elif at >= 0:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    return delta


@compiled
def _point(data: Array, at: int, end: int, kind: int, found: Array, pairs: Array) -> Whole:
    """Read a point; return how many attributes it has.

    `found`: time, start, value or count, how it is written (0 none, 1 double, 2 whole), sum, has sum, begin and end of
    bounds and of buckets, min, has min, max, has max, flags.
    """
    count, own = 0, 0x4A if kind == _HISTOGRAM else 0x3A
    for index in range(15):
        found[index] = 0
    found[6] = found[7] = found[8] = found[9] = at
    bounded = bucketed = False
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL
        if tag == own:
            if count >= PAIRS:
                return UNUSUAL
            pairs[count, 0], at = span_of(data, at, end)
            pairs[count, 1] = at
            count += 1
        elif tag == 0x11:
            found[1], at = fixed64(data, at, end)
        elif tag == 0x19:
            found[0], at = fixed64(data, at, end)
        elif tag == 0x21:
            found[2], at = fixed64(data, at, end)
            found[3] = 1
        elif kind != _HISTOGRAM and tag == 0x31:
            found[2], at = fixed64(data, at, end)
            found[3] = 2
        elif kind != _HISTOGRAM and tag == 0x40:
            found[14], at = varint(data, at, end)
        elif kind == _HISTOGRAM and tag == 0x29:
            found[4], at = fixed64(data, at, end)
            found[5] = 1
        elif kind == _HISTOGRAM and tag == 0x32:
            if bucketed:
                return UNUSUAL
            bucketed = True
            found[8], at = span_of(data, at, end)
            found[9] = at
        elif kind == _HISTOGRAM and tag == 0x3A:
            if bounded:
                return UNUSUAL
            bounded = True
            found[6], at = span_of(data, at, end)
            found[7] = at
        elif kind == _HISTOGRAM and (tag == 0x31 or tag == 0x39):
            return UNUSUAL
        elif kind == _HISTOGRAM and tag == 0x59:
            found[10], at = fixed64(data, at, end)
            found[11] = 1
        elif kind == _HISTOGRAM and tag == 0x61:
            found[12], at = fixed64(data, at, end)
            found[13] = 1
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    return count


@compiled
def scan_metrics(
    data: Array,
    things: Array,
    count: int,
    base: int,
    tails: Array,
    tails_at: Array,
    text: Array,
    offsets: Array,
    used: Array,
    numbers: Array,
    doubles: Array,
    codes: Array,
    groups: Array,
    row: int,
    received: int,
    pairs: Array,
    stack: Array,
) -> tuple[Whole, Whole, Whole]:
    """Fill columns with the points of one body; as `spans.scan_spans`.

    `numbers` are time, start and count or -1, `doubles` value and sum, `codes` kind, has value and has sum. The group
    of a metric that is left to the plain reader becomes -1 - group in `things`.
    """
    rejected, reason = 0, 0
    room = len(text) // (ATTRIBUTES + 1)
    metric, found, taken = np.zeros(7, np.int64), np.zeros(15, np.int64), np.zeros((2, 2), np.int64)
    for each in range(count):
        group = things[each, 0]
        if group < 0:
            continue
        if _metric(data, things[each, 1], things[each, 2], metric) < 0:
            return UNUSUAL, 0, 0
        kind = metric[6]
        if kind < 0:
            continue
        if kind > _HISTOGRAM:
            things[each, 0] = -1 - group
            continue
        at, end = metric[4], metric[5]
        delta = _is_delta(data, at, end) if kind > 0 else int64(0)
        if delta < 0:
            return UNUSUAL, 0, 0
        tail, tail_end = tails_at[group], tails_at[group + 1]
        while at < end:
            tag, at = varint(data, at, end)
            if at < 0:
                return UNUSUAL, 0, 0
            if tag != 0x0A:
                at = skip(data, at, end, tag)
                if at < 0:
                    return UNUSUAL, 0, 0
                continue
            a, at = span_of(data, at, end)
            if at < 0:
                return UNUSUAL, 0, 0
            size = at - a
            n_pairs = _point(data, a, at, kind, found, pairs)
            if n_pairs < 0:
                return UNUSUAL, 0, 0
            fault = 0
            if kind == _HISTOGRAM and found[2] < 0:
                fault = 1
            elif found[0] < 0 or found[1] < 0:
                fault = 2
            if fault > 0:
                rejected, reason = rejected + 1, fault
                continue
            if row >= len(groups) or len(text) - used[ATTRIBUTES] < 6 * size + 192 + tail_end - tail:
                return FULL, 0, 0
            for column in range(ATTRIBUTES):
                if (column + 1) * room - used[column] < metric[5] - metric[4] + (SPACE // 8 + 1) * size + 192:
                    return FULL, 0, 0
                if (column + 1) * room - used[column] < things[each, 2] - things[each, 1]:
                    return FULL, 0, 0
            to = used[ATTRIBUTES]
            text[to] = 123
            to = put_attributes(data, pairs, n_pairs, _NAMES, _NAMES_AT, taken, text, to + 1, stack)
            if to < 0:
                return UNUSUAL, 0, 0
            if delta == 1:
                to = _head(0, text, to)
            for index in range(2):
                if found[11 + 2 * index] == 1:
                    to = put_number(found[10 + 2 * index], text, _head(1 + index, text, to))
                    text[to] = 44
                    to += 1
            used[ATTRIBUTES] = close_object(tails, tail, tail_end, text, to)
            used[0] = put_bytes(data, metric[0], metric[1], text, used[0])
            used[1] = put_bytes(data, metric[2], metric[3], text, used[1])
            numbers[0, row] = found[0] if found[0] != 0 else received
            numbers[1, row], numbers[2, row] = found[1], -1
            codes[0, row], codes[1, row], codes[2, row] = kind, 0, 0
            doubles[0, row] = doubles[1, row] = 0.0
            if kind == _HISTOGRAM:
                bounds = _put_list(data, found[6], found[7], True, text, used[2])
                buckets = _put_list(data, found[8], found[9], False, text, used[3])
                if bounds < 0 or buckets < 0:
                    return UNUSUAL, 0, 0
                used[2], used[3] = bounds, buckets
                numbers[2, row] = found[2]
                doubles[1, row], codes[2, row] = as_double(found[4]), found[5]
            elif found[3] != 0 and found[14] & 1 == 0:
                doubles[0, row] = as_double(found[2]) if found[3] == 1 else np.float64(found[2])
                codes[1, row] = 1
            for column in range(ATTRIBUTES + 1):
                offsets[column, row + 1] = used[column] - column * room
            groups[row] = base + group
            row += 1
    return row, rejected, reason
