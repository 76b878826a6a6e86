"""Events and links of a span as JSON text, compiled."""

from __future__ import annotations

from telic.telemetry.otlp.scan.decimals import put_integer
from telic.telemetry.otlp.scan.text import put_byte, put_hex, put_one, put_string, words
from telic.telemetry.otlp.scan.values import put_inner
from telic.telemetry.otlp.scan.wire import UNUSUAL, Array, Whole, compiled, fixed64, int64, skip, span_of, varint

_EVENTS, _NAME, _TIME, _OF_EVENT, _LINKS, _TRACE, _SPAN, _OF_LINK = range(8)
_HEADS = words(
    (
        *('"events":[', '{"name":', ',"time_ns":', ',"attributes":'),
        *('"links":[', '{"trace_id":"', '","span_id":"', '","attributes":'),
    )
)


@compiled
def put_events(data: Array, parts: Array, count: int, out: Array, to: int, stack: Array) -> Whole:
    """Write the member ``events`` and a comma; `UNUSUAL` where it cannot."""
    to = put_one(_HEADS, int64(_EVENTS), out, to)
    for index in range(count):
        to = _put_event(data, parts[index, 0], parts[index, 1], out, to, stack)
        if to < 0:
            return UNUSUAL
        to = put_byte(44, out, to)
    out[to - 1] = 93
    return put_byte(44, out, to)


@compiled
def put_links(data: Array, parts: Array, count: int, out: Array, to: int, stack: Array) -> Whole:
    """Write the member ``links`` and a comma; `UNUSUAL` where it cannot."""
    to = put_one(_HEADS, int64(_LINKS), out, to)
    for index in range(count):
        to = _put_link(data, parts[index, 0], parts[index, 1], out, to, stack)
        if to < 0:
            return UNUSUAL
        to = put_byte(44, out, to)
    out[to - 1] = 93
    return put_byte(44, out, to)


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
    to = put_string(data, name, name_end, out, put_one(_HEADS, int64(_NAME), out, to))
    to = put_integer(time_ns, out, put_one(_HEADS, int64(_TIME), out, to))
    return _put_last(data, start, end, int64(0x1A), out, put_one(_HEADS, int64(_OF_EVENT), out, to), stack)


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
    to = put_hex(data, trace, trace_end, out, put_one(_HEADS, int64(_TRACE), out, to))
    to = put_hex(data, other, other_end, out, put_one(_HEADS, int64(_SPAN), out, to))
    return _put_last(data, start, end, int64(0x22), out, put_one(_HEADS, int64(_OF_LINK), out, to), stack)


@compiled
def _put_last(data: Array, at: int, end: int, tag: int, out: Array, to: int, stack: Array) -> Whole:
    """Write the attributes (repeated pairs with `tag`) and the end of an object."""
    to = put_inner(data, at, end, tag, True, out, to, stack)
    return put_byte(125, out, to) if to >= 0 else UNUSUAL
