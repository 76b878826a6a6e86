"""Spans of an export request into the columns of the table ``spans``, compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from telic.telemetry.otlp.scan.attributes import close_object, put_attributes
from telic.telemetry.otlp.scan.parts import put_events, put_links
from telic.telemetry.otlp.scan.rows import Body, Rows, Scratch, end_row, has_room, keep
from telic.telemetry.otlp.scan.text import put_byte, put_bytes, put_hex, put_one, put_string, words
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

TEXTS = ("trace_id", "span_id", "parent_span_id", "name", "status_message", "peer", "error_type", "statement")
ATTRIBUTES = len(TEXTS)  # the last text column
REASONS = (
    "",
    "a trace_id has 16 bytes, not all zero",
    "a span_id has 8 bytes, not all zero",
    "a parent_span_id has 8 bytes or none",
    "a time lies beyond the year 2262",
)
_NAMES = words(("peer.service", "error.type", "db.query.summary", "http.response.status_code"))
_STATE = words(('"trace_state":',))


class Span(NamedTuple):
    """Where the parts of a span begin and end in the body, and its numbers; `after` is `UNUSUAL` where it is so."""

    after: Whole
    trace: Whole
    trace_end: Whole
    own: Whole
    own_end: Whole
    parent: Whole
    parent_end: Whole
    name: Whole
    name_end: Whole
    state: Whole
    state_end: Whole
    said: Whole
    said_end: Whole
    status: Whole
    kind: Whole
    start: Whole
    stop: Whole
    pairs: Whole
    events: Whole
    links: Whole


@compiled
def _status(data: Array, at: int, end: int) -> tuple[Whole, Whole, Whole, Whole]:
    """Return begin and end of the message of a status, its code, and what follows it."""
    said, said_end, code = at, at, int64(0)
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            break
        if tag == 0x12:
            said, at = span_of(data, at, end)
            said_end = at
        elif tag == 0x18:
            code, at = varint(data, at, end)
            code = int64(np.int32(code))
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            break
    return said, said_end, code, at


@compiled
def _read(data: Array, at: int, end: int, scratch: Scratch) -> Span:
    """Read a span; its attributes, events and links are listed in `scratch`."""
    trace = trace_end = own = own_end = parent = parent_end = name = name_end = state = state_end = at
    said = said_end = at
    start, stop, kind, status, seen = int64(0), int64(0), int64(0), int64(0), False
    pairs, events, links = int64(0), int64(0), int64(0)
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            break
        if tag == 0x4A:
            at = keep(data, at, end, scratch.pairs, pairs)
            pairs += 1
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
            a, b = span_of(data, at, end)
            at = int64(UNUSUAL)
            if not seen and b >= 0:
                said, said_end, status, at = _status(data, a, b)
            seen = True
        elif tag == 0x1A:
            state, at = span_of(data, at, end)
            state_end = at
        elif tag == 0x5A:
            at = keep(data, at, end, scratch.events, events)
            events += 1
        elif tag == 0x6A:
            at = keep(data, at, end, scratch.links, links)
            links += 1
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            break
    return Span(
        *(at, trace, trace_end, own, own_end, parent, parent_end, name, name_end, state, state_end),
        *(said, said_end, status, kind, start, stop, pairs, events, links),
    )


@compiled
def _fault(data: Array, span: Span) -> Whole:
    """Return how a span breaks the format, as an index into `REASONS`."""
    if span.trace_end - span.trace != 16 or is_zero(data, span.trace, span.trace_end):
        return 1
    if span.own_end - span.own != 8 or is_zero(data, span.own, span.own_end):
        return 2
    if span.parent_end != span.parent and span.parent_end - span.parent != 8:
        return 3
    return 4 if span.start < 0 or span.stop < 0 else 0


@compiled
def _write(body: Body, group: int, span: Span, rows: Rows, row: int, scratch: Scratch) -> bool:
    """Fill a row; False where the plain reader has to."""
    data, text, used, stack = body.data, rows.text, rows.used, scratch.stack
    to = put_byte(123, text, used[ATTRIBUTES])
    to = put_attributes(data, scratch.pairs, span.pairs, _NAMES, scratch.taken, text, to, stack)
    if to >= 0 and span.events > 0:
        to = put_events(data, scratch.events, span.events, text, to, stack)
    if to >= 0 and span.links > 0:
        to = put_links(data, scratch.links, span.links, text, to, stack)
    if to < 0:
        return False
    if span.state_end > span.state:
        to = put_string(data, span.state, span.state_end, text, put_one(_STATE, int64(0), text, to))
        to = put_byte(44, text, to)
    used[ATTRIBUTES] = close_object(body.tails, body.tails_at[group], body.tails_at[group + 1], text, to)
    used[0] = put_hex(data, span.trace, span.trace_end, text, used[0])
    used[1] = put_hex(data, span.own, span.own_end, text, used[1])
    if not is_zero(data, span.parent, span.parent_end):
        used[2] = put_hex(data, span.parent, span.parent_end, text, used[2])
    used[3] = put_bytes(data, span.name, span.name_end, text, used[3])
    used[4] = put_bytes(data, span.said, span.said_end, text, used[4])
    for column in range(3):
        used[5 + column] = put_bytes(data, scratch.taken[column, 0], scratch.taken[column, 1], text, used[5 + column])
    rows.numbers[0, row], rows.numbers[1, row] = span.start, span.stop - span.start if span.stop > span.start else 0
    rows.numbers[2, row] = scratch.taken[3, 0]
    rows.codes[0, row] = span.kind if 0 <= span.kind < 6 else 0
    rows.codes[1, row] = span.status if 0 <= span.status < 3 else 0
    return True


@compiled
def scan_spans(body: Body, rows: Rows, row: int, scratch: Scratch) -> tuple[Whole, Whole, Whole]:
    """Fill columns with the spans of one body.

    Parameters
    ----------
    body
        An ExportTraceServiceRequest.
    rows
        Filled; texts are `TEXTS` and attributes, numbers start, duration and HTTP status or -1, codes kind and status.
    row
        The first row to fill.
    scratch
        Memory to read with.

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
    for each in range(body.count):
        group, at, end = body.things[each, 0], body.things[each, 1], body.things[each, 2]
        size = end - at
        span = _read(body.data, at, end, scratch)
        if span.after < 0:
            return UNUSUAL, 0, 0
        fault = _fault(body.data, span)
        if fault != 0:
            rejected, reason = rejected + 1, fault
            continue
        tail = body.tails_at[group + 1] - body.tails_at[group]
        if not has_room(rows, row, size + 32, 6 * size + 64 * (span.events + span.links + 2) + tail):
            return FULL, 0, 0
        if not _write(body, group, span, rows, row, scratch):
            return UNUSUAL, 0, 0
        end_row(rows, row, body.base + group)
        row += 1
    return row, rejected, reason
