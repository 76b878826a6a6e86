"""Log records of an export request into the columns of the table ``logs``, compiled."""

from __future__ import annotations

import numpy as np

from telic.telemetry.otlp.logs import LEVELS
from telic.telemetry.otlp.scan.spans import is_zero
from telic.telemetry.otlp.scan.text import (
    PAIRS,
    blob,
    close_object,
    put_attributes,
    put_bytes,
    put_hex,
    put_value,
    value_of,
)
from telic.telemetry.otlp.scan.wire import FULL, UNUSUAL, Array, Whole, compiled, fixed64, int64, skip, span_of, varint

ATTRIBUTES = 6  # the last text column, after severity, body, trace_id, span_id, event_name and exception_type
REASONS = ("", "a time lies beyond the year 2262")
_NAMES, _NAMES_AT = blob(("event.name", "exception.type", "-" * 64))  # no column takes a whole number
_LEVELS, _LEVELS_AT = blob(LEVELS)


@compiled
def scan_logs(
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
    """Fill columns with the records of one body; as `spans.scan_spans`, with `numbers` time and severity number."""
    rejected = 0
    room = len(text) // (ATTRIBUTES + 1)
    taken = np.zeros((3, 2), np.int64)
    for each in range(count):
        group, at, end = things[each, 0], things[each, 1], things[each, 2]
        size = end - at
        level = level_end = body = body_end = trace = trace_end = own = own_end = event = event_end = at
        time_ns, observed, severity, said, n_pairs = int64(0), int64(0), int64(0), False, 0
        while at < end:
            tag, at = varint(data, at, end)
            if at < 0:
                return UNUSUAL, 0, 0
            if tag == 0x32:
                if n_pairs >= PAIRS:
                    return UNUSUAL, 0, 0
                pairs[n_pairs, 0], at = span_of(data, at, end)
                pairs[n_pairs, 1] = at
                n_pairs += 1
            elif tag == 0x09:
                time_ns, at = fixed64(data, at, end)
            elif tag == 0x10:
                value, at = varint(data, at, end)
                severity = int64(np.int32(value))
            elif tag == 0x1A:
                level, at = span_of(data, at, end)
                level_end = at
            elif tag == 0x2A:
                if said:
                    return UNUSUAL, 0, 0
                said = True
                body, at = span_of(data, at, end)
                body_end = at
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
                return UNUSUAL, 0, 0
        if time_ns == 0:
            time_ns = observed if observed != 0 else received
        if time_ns < 0:
            rejected += 1
            continue
        tail, tail_end = tails_at[group], tails_at[group + 1]
        if row >= len(groups) or len(text) - used[ATTRIBUTES] < 6 * size + 128 + tail_end - tail:
            return FULL, 0, 0
        for column in range(ATTRIBUTES):
            if (column + 1) * room - used[column] < 6 * size + 32:
                return FULL, 0, 0
        for column in range(3):
            taken[column, 0] = taken[column, 1] = 0
        to = used[ATTRIBUTES]
        text[to] = 123
        to = put_attributes(data, pairs, n_pairs, _NAMES, _NAMES_AT, taken, text, to + 1, stack)
        if to < 0:
            return UNUSUAL, 0, 0
        used[ATTRIBUTES] = close_object(tails, tail, tail_end, text, to)
        if level_end > level:
            used[0] = put_bytes(data, level, level_end, text, used[0])
        elif 1 <= severity <= 24:
            word = (severity - 1) // 4
            used[0] = put_bytes(_LEVELS, _LEVELS_AT[word], _LEVELS_AT[word + 1], text, used[0])
        held, a, b = value_of(data, body, body_end)
        if held < 0:
            return UNUSUAL, 0, 0
        if held == 0x0A:
            used[1] = put_bytes(data, a, b, text, used[1])
        elif held != 0:
            to = put_value(data, held, a, b, text, used[1], stack)
            if to < 0:
                return UNUSUAL, 0, 0
            used[1] = to
        if trace_end - trace == 16 and not is_zero(data, trace, trace_end):
            used[2] = put_hex(data, trace, trace_end, text, used[2])
        if own_end - own == 8 and not is_zero(data, own, own_end):
            used[3] = put_hex(data, own, own_end, text, used[3])
        if event_end > event:
            used[4] = put_bytes(data, event, event_end, text, used[4])
        else:
            used[4] = put_bytes(data, taken[0, 0], taken[0, 1], text, used[4])
        used[5] = put_bytes(data, taken[1, 0], taken[1, 1], text, used[5])
        for column in range(ATTRIBUTES + 1):
            offsets[column, row + 1] = used[column] - column * room
        numbers[0, row], numbers[1, row] = time_ns, severity
        groups[row] = base + group
        row += 1
    return row, rejected, 1 if rejected > 0 else 0
