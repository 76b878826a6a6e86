"""Log records of an export request into the columns of the table ``logs``, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from telic.telemetry.otlp.logs import LEVELS
from telic.telemetry.otlp.scan.attributes import close_object, put_attributes
from telic.telemetry.otlp.scan.rows import Body, Rows, Scratch, end_row, has_room, keep
from telic.telemetry.otlp.scan.text import put_byte, put_bytes, put_hex, put_one, words
from telic.telemetry.otlp.scan.values import put_value, value_of
from telic.telemetry.otlp.scan.wire import (
    FULL,
    UNUSUAL,
    Array,
    Whole,
    compiled,
    fixed64,
    int64,
    is_zero,
    skip,
    span_of,
    varint,
)

ATTRIBUTES = 6  # the last text column, after severity, body, trace_id, span_id, event_name and exception_type
REASONS = ("", "a time lies beyond the year 2262")
_NAMES = words(("event.name", "exception.type", "-" * 63))  # no column takes a whole number
_LEVELS = words(LEVELS)


class Record(NamedTuple):
    """Where the parts of a record begin and end in the body, and its numbers; `after` is `UNUSUAL` where it is so."""

    after: Whole
    level: Whole
    level_end: Whole
    said: Whole
    said_end: Whole
    trace: Whole
    trace_end: Whole
    own: Whole
    own_end: Whole
    event: Whole
    event_end: Whole
    time_ns: Whole
    observed: Whole
    severity: Whole
    pairs: Whole


@compiled
def _read(data: Array, at: int, end: int, pairs: Array) -> Record:
    """Read a record; its attributes are listed in `pairs`."""
    level = level_end = said = said_end = trace = trace_end = own = own_end = event = event_end = at
    time_ns, observed, severity, seen, count = int64(0), int64(0), int64(0), False, int64(0)
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            break
        if tag == 0x32:
            at = keep(data, at, end, pairs, count)
            count += 1
        elif tag == 0x09:
            time_ns, at = fixed64(data, at, end)
        elif tag == 0x10:
            value, at = varint(data, at, end)
            severity = int64(np.int32(value))
        elif tag == 0x1A:
            level, at = span_of(data, at, end)
            level_end = at
        elif tag == 0x2A:
            said, at = span_of(data, at, end)
            said_end = at
            if seen:
                at = int64(UNUSUAL)
            seen = True
        elif tag == 0x4A:
            trace, at = span_of(data, at, end)
            trace_end = at
        elif tag == 0x52:
            own, at = span_of(data, at, end)
            own_end = at
        elif tag == 0x59:
            observed, at = fixed64(data, at, end)
        elif tag == 0x62:
            event, at = span_of(data, at, end)
            event_end = at
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            break
    return Record(
        *(at, level, level_end, said, said_end, trace, trace_end, own, own_end, event, event_end),
        *(time_ns, observed, severity, count),
    )


@compiled
def _put_body(data: Array, record: Record, rows: Rows, stack: Array) -> bool:
    tag, a, b = value_of(data, record.said, record.said_end)
    if tag < 0:
        return False
    if tag == 0x0A:
        rows.used[1] = put_bytes(data, a, b, rows.text, rows.used[1])
    elif tag != 0:
        to = put_value(data, tag, a, b, rows.text, rows.used[1], stack)
        if to < 0:
            return False
        rows.used[1] = to
    return True


@compiled
def _write(body: Body, group: int, record: Record, rows: Rows, scratch: Scratch) -> bool:
    """Fill the texts of a row; False where the plain reader has to."""
    data, text, used = body.data, rows.text, rows.used
    to = put_byte(123, text, used[ATTRIBUTES])
    to = put_attributes(data, scratch.pairs, record.pairs, _NAMES, scratch.taken, text, to, scratch.stack)
    if to < 0 or not _put_body(data, record, rows, scratch.stack):
        return False
    used[ATTRIBUTES] = close_object(body.tails, body.tails_at[group], body.tails_at[group + 1], text, to)
    if record.level_end > record.level:
        used[0] = put_bytes(data, record.level, record.level_end, text, used[0])
    elif 1 <= record.severity <= 24:
        used[0] = put_one(_LEVELS, (record.severity - 1) // 4, text, used[0])
    if record.trace_end - record.trace == 16 and not is_zero(data, record.trace, record.trace_end):
        used[2] = put_hex(data, record.trace, record.trace_end, text, used[2])
    if record.own_end - record.own == 8 and not is_zero(data, record.own, record.own_end):
        used[3] = put_hex(data, record.own, record.own_end, text, used[3])
    if record.event_end > record.event:
        used[4] = put_bytes(data, record.event, record.event_end, text, used[4])
    else:
        used[4] = put_bytes(data, scratch.taken[0, 0], scratch.taken[0, 1], text, used[4])
    used[5] = put_bytes(data, scratch.taken[1, 0], scratch.taken[1, 1], text, used[5])
    return True


@compiled
def scan_logs(body: Body, rows: Rows, row: int, scratch: Scratch) -> tuple[Whole, Whole, Whole]:
    """Fill columns with the records of one body; as `spans.scan_spans`, with `numbers` time and severity number."""
    rejected = 0
    for each in range(body.count):
        group, at, end = body.things[each, 0], body.things[each, 1], body.things[each, 2]
        size = end - at
        record = _read(body.data, at, end, scratch.pairs)
        if record.after < 0:
            return UNUSUAL, 0, 0
        time_ns = record.time_ns
        if time_ns == 0:
            time_ns = record.observed if record.observed != 0 else body.received
        if time_ns < 0:
            rejected += 1
            continue
        tail = body.tails_at[group + 1] - body.tails_at[group]
        if not has_room(rows, row, 6 * size + 32, 6 * size + 128 + tail):
            return FULL, 0, 0
        if not _write(body, group, record, rows, scratch):
            return UNUSUAL, 0, 0
        rows.numbers[0, row], rows.numbers[1, row] = time_ns, record.severity
        end_row(rows, row, body.base + group)
        row += 1
    return row, rejected, 1 if rejected > 0 else 0
