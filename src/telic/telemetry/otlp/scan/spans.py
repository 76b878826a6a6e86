"""Spans of an export request into the columns of the table ``spans``, compiled."""

from __future__ import annotations

import numpy as np

from telic.telemetry.otlp.scan.decimals import put_integer
from telic.telemetry.otlp.scan.text import (
    PAIRS,
    blob,
    close_object,
    put_attributes,
    put_bytes,
    put_hex,
    put_inner,
    put_string,
)
from telic.telemetry.otlp.scan.wire import FULL, UNUSUAL, Array, Whole, compiled, fixed64, int64, skip, span_of, varint

TEXTS = ("trace_id", "span_id", "parent_span_id", "name", "status_message", "peer", "error_type", "statement")
ATTRIBUTES = len(TEXTS)  # the last text column
REASONS = (
    "",
    "a trace_id has 16 bytes, not all zero",
    "a span_id has 8 bytes, not all zero",
    "a parent_span_id has 8 bytes or none",
    "a time lies beyond the year 2262",
)
_NAMES, _NAMES_AT = blob(("peer.service", "error.type", "db.query.summary", "http.response.status_code"))
_HEADS, _HEADS_AT = blob(
    (
        '{"name":',
        ',"time_ns":',
        ',"attributes":',
        '{"trace_id":"',
        '","span_id":"',
        '","attributes":',
        '"events":[',
        '"links":[',
        '"trace_state":',
    )
)


@compiled
def is_zero(data: Array, at: int, end: int) -> bool:
    """Whether all bytes are 0."""
    for index in range(at, end):  # noqa: SIM110 - numba compiles the loop
        if data[index] != 0:
            return False
    return True


@compiled
def _head(index: int, out: Array, to: int) -> Whole:
    return put_bytes(_HEADS, _HEADS_AT[index], _HEADS_AT[index + 1], out, to)


@compiled
def _put_event(data: Array, at: int, end: int, out: Array, to: int, stack: Array) -> Whole:
    start, name, name_end, time_ns = at, at, at, int64(0)
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL
        if tag == 0x09:
            time_ns, at = fixed64(data, at, end)
        elif tag == 0x12:
            name, at = span_of(data, at, end)
            name_end = at
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    if time_ns < 0:
        return UNUSUAL
    to = put_string(data, name, name_end, out, _head(0, out, to))
    to = _head(2, out, put_integer(time_ns, out, _head(1, out, to)))
    to = put_inner(data, start, end, int64(0x1A), True, out, to, stack)
    if to >= 0:
        out[to] = 125
    return to + 1 if to >= 0 else UNUSUAL


@compiled
def _put_link(data: Array, at: int, end: int, out: Array, to: int, stack: Array) -> Whole:
    start, trace, trace_end, other, other_end = at, at, at, at, at
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL
        if tag == 0x0A:
            trace, at = span_of(data, at, end)
            trace_end = at
        elif tag == 0x12:
            other, at = span_of(data, at, end)
            other_end = at
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    to = put_hex(data, trace, trace_end, out, _head(3, out, to))
    to = put_hex(data, other, other_end, out, _head(4, out, to))
    to = put_inner(data, start, end, int64(0x22), True, out, _head(5, out, to), stack)
    if to >= 0:
        out[to] = 125
    return to + 1 if to >= 0 else UNUSUAL


@compiled
def _status(data: Array, at: int, end: int, found: Array) -> Whole:
    """Read a status: message into `found[0:2]`, code into `found[2]`."""
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL
        if tag == 0x12:
            found[0], at = span_of(data, at, end)
            found[1] = at
        elif tag == 0x18:
            code, at = varint(data, at, end)
            found[2] = int64(np.int32(code))
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    return at


@compiled
def _put_parts(data: Array, parts: Array, count: int, links: bool, out: Array, to: int, stack: Array) -> Whole:
    to = _head(int64(7) if links else int64(6), out, to)
    for index in range(count):
        if links:
            to = _put_link(data, parts[index, 0], parts[index, 1], out, to, stack)
        else:
            to = _put_event(data, parts[index, 0], parts[index, 1], out, to, stack)
        if to < 0:
            return UNUSUAL
        out[to] = 44
        to += 1
    out[to - 1], out[to] = 93, 44
    return to + 1


@compiled
def scan_spans(
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
    """Fill columns with the spans of one body.

    Parameters
    ----------
    data
        The body, an ExportTraceServiceRequest.
    things, count
        Group, begin and end of every span, as `wire.outline` lists them.
    base
        Number of the body's first group among those of the columns.
    tails, tails_at
        What stands at the end of the attributes of every group, and where in `tails` it begins.
    text, offsets, used
        Text columns of `TEXTS` and attributes: bytes, one column after the other with as much room for each; Arrow
        offsets within the column; where the next byte of each goes.
    numbers
        Filled: start, duration, HTTP status or -1; int64[3, rows].
    doubles
        Not used; here because all scanners are called alike.
    codes
        Filled: kind and status; int8[2, rows].
    groups
        Filled: group of every row.
    row
        The first row to fill.
    received
        When the body came; not used for spans [ns since the Unix epoch].
    pairs, stack
        Scratch.

    Returns
    -------
    int
        The row after the last, `UNUSUAL` or `FULL`; then nothing counts as written.
    int
        How many spans break the format.
    int
        Index into `REASONS` of the last one's fault.
    """
    rejected, reason = 0, 0
    room = len(text) // (ATTRIBUTES + 1)
    status, taken = np.zeros(3, np.int64), np.zeros((4, 2), np.int64)
    events, links = pairs[PAIRS : 2 * PAIRS], pairs[2 * PAIRS :]
    for each in range(count):
        group, at, end = things[each, 0], things[each, 1], things[each, 2]
        size = end - at
        trace = trace_end = own = own_end = parent = parent_end = name = name_end = state = state_end = at
        start, stop, kind, said = int64(0), int64(0), int64(0), False
        n_pairs, n_events, n_links = 0, 0, 0
        status[0], status[1], status[2] = at, at, 0
        while at < end:
            tag, at = varint(data, at, end)
            if at < 0:
                return UNUSUAL, 0, 0
            if tag == 0x4A:
                if n_pairs >= PAIRS:
                    return UNUSUAL, 0, 0
                pairs[n_pairs, 0], at = span_of(data, at, end)
                pairs[n_pairs, 1] = at
                n_pairs += 1
            elif tag == 0x0A:
                trace, at = span_of(data, at, end)
                trace_end = at
            elif tag == 0x12:
                own, at = span_of(data, at, end)
                own_end = at
            elif tag == 0x22:
                parent, at = span_of(data, at, end)
                parent_end = at
            elif tag == 0x2A:
                name, at = span_of(data, at, end)
                name_end = at
            elif tag == 0x30:
                value, at = varint(data, at, end)
                kind = int64(np.int32(value))
            elif tag == 0x39:
                start, at = fixed64(data, at, end)
            elif tag == 0x41:
                stop, at = fixed64(data, at, end)
            elif tag == 0x7A:
                if said:
                    return UNUSUAL, 0, 0
                said = True
                a, at = span_of(data, at, end)
                if at >= 0 and _status(data, a, at, status) < 0:
                    return UNUSUAL, 0, 0
            elif tag == 0x1A:
                state, at = span_of(data, at, end)
                state_end = at
            elif tag == 0x5A:
                if n_events >= PAIRS:
                    return UNUSUAL, 0, 0
                events[n_events, 0], at = span_of(data, at, end)
                events[n_events, 1] = at
                n_events += 1
            elif tag == 0x6A:
                if n_links >= PAIRS:
                    return UNUSUAL, 0, 0
                links[n_links, 0], at = span_of(data, at, end)
                links[n_links, 1] = at
                n_links += 1
            else:
                at = skip(data, at, end, tag)
            if at < 0:
                return UNUSUAL, 0, 0
        fault = 0
        if trace_end - trace != 16 or is_zero(data, trace, trace_end):
            fault = 1
        elif own_end - own != 8 or is_zero(data, own, own_end):
            fault = 2
        elif parent_end != parent and parent_end - parent != 8:
            fault = 3
        elif start < 0 or stop < 0:
            fault = 4
        if fault != 0:
            rejected, reason = rejected + 1, fault
            continue
        tail, tail_end = tails_at[group], tails_at[group + 1]
        needed = 6 * size + 64 * (n_events + n_links + 2) + tail_end - tail
        if row >= len(groups) or len(text) - used[ATTRIBUTES] < needed:
            return FULL, 0, 0
        for column in range(ATTRIBUTES):
            if (column + 1) * room - used[column] < size + 32:
                return FULL, 0, 0
        for column in range(4):
            taken[column, 0] = taken[column, 1] = 0
        taken[3, 0] = -1
        to = used[ATTRIBUTES]
        text[to] = 123
        to = put_attributes(data, pairs, n_pairs, _NAMES, _NAMES_AT, taken, text, to + 1, stack)
        if to >= 0 and n_events > 0:
            to = _put_parts(data, events, n_events, False, text, to, stack)
        if to >= 0 and n_links > 0:
            to = _put_parts(data, links, n_links, True, text, to, stack)
        if to < 0:
            return UNUSUAL, 0, 0
        if state_end > state:
            to = put_string(data, state, state_end, text, _head(8, text, to))
            text[to] = 44
            to += 1
        used[ATTRIBUTES] = close_object(tails, tail, tail_end, text, to)
        offsets[ATTRIBUTES, row + 1] = used[ATTRIBUTES] - ATTRIBUTES * room
        used[0] = put_hex(data, trace, trace_end, text, used[0])
        used[1] = put_hex(data, own, own_end, text, used[1])
        if not is_zero(data, parent, parent_end):
            used[2] = put_hex(data, parent, parent_end, text, used[2])
        used[3] = put_bytes(data, name, name_end, text, used[3])
        used[4] = put_bytes(data, status[0], status[1], text, used[4])
        for column in range(3):
            used[5 + column] = put_bytes(data, taken[column, 0], taken[column, 1], text, used[5 + column])
        for column in range(ATTRIBUTES):
            offsets[column, row + 1] = used[column] - column * room
        numbers[0, row], numbers[1, row] = start, stop - start if stop > start else 0
        numbers[2, row] = taken[3, 0]
        codes[0, row] = kind if 0 <= kind < 6 else 0
        codes[1, row] = status[2] if 0 <= status[2] < 3 else 0
        groups[row] = base + group
        row += 1
    return row, rejected, reason
