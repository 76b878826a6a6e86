"""Values of attributes as JSON text, compiled: what `telic.telemetry.otlp.values` makes, byte by byte the same."""

from __future__ import annotations

from telic.telemetry.otlp.scan.decimals import put_integer
from telic.telemetry.otlp.scan.text import FALSE, NULL, TRUE, put_base64, put_number, put_string, put_word
from telic.telemetry.otlp.scan.wire import UNUSUAL, Array, Whole, compiled, fixed64, int64, same, skip, span_of, varint

DEPTH = 24  # of arrays and maps in one value; the plain reader takes what is deeper [1]


@compiled
def pair_of(data: Array, at: int, end: int) -> tuple[Whole, Whole, Whole, Whole]:
    """Return begin and end of key and value of one attribute; the first is -1 where it is unusual."""
    key = key_end = value = value_end = at
    seen = False
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return int64(-1), key_end, value, value_end
        if tag == 0x0A:
            key, at = span_of(data, at, end)
            key_end = at
        elif tag == 0x12:
            if seen:
                return int64(-1), key_end, value, value_end
            seen = True
            value, at = span_of(data, at, end)
            value_end = at
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return int64(-1), key_end, value, value_end
    return key, key_end, value, value_end


@compiled
def value_of(data: Array, at: int, end: int) -> tuple[Whole, Whole, Whole]:
    """Return the tag of what an AnyValue holds, its begin or number, and its end; the tag is -1 where it is unusual.

    0 stands for no value. Numbers are read; of a double these are its 64 bits.
    """
    found, a, b = int64(0), at, at
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return int64(-1), a, b
        if tag == 0x0A or tag == 0x2A or tag == 0x32 or tag == 0x3A:
            a, at = span_of(data, at, end)
            b = at
        elif tag == 0x10 or tag == 0x18:
            a, at = varint(data, at, end)
        elif tag == 0x21:
            a, at = fixed64(data, at, end)
        elif tag == 0x40:
            return int64(-1), a, b
        else:
            at = skip(data, at, end, tag)
            if at < 0:
                return int64(-1), a, b
            continue
        if at < 0 or found != 0:
            return int64(-1), a, b
        found = tag
    return found, a, b


@compiled
def put_scalar(data: Array, tag: int, a: int, b: int, out: Array, to: int) -> Whole:
    """Write what is neither array nor map."""
    if tag == 0x0A:
        return put_string(data, a, b, out, to)
    if tag == 0x18:
        return put_integer(a, out, to)
    if tag == 0x10:
        return put_word(int64(TRUE) if a != 0 else int64(FALSE), out, to)
    if tag == 0x21:
        return put_number(a, out, to)
    if tag == 0x3A:
        return put_base64(data, a, b, out, to)
    return put_word(int64(NULL), out, to)


@compiled
def has_twice(data: Array, at: int, end: int, tag: int, keys: Array) -> bool:
    """Whether a map (repeated pairs with `tag`) is malformed, too large or has a key twice."""
    count = 0
    while at < end:
        found, at = varint(data, at, end)
        if at < 0:
            return True
        if found != tag:
            at = skip(data, at, end, found)
            if at < 0:
                return True
            continue
        a, at = span_of(data, at, end)
        if at < 0 or count >= len(keys):
            return True
        key, key_end, _, _ = pair_of(data, a, at)
        if key < 0:
            return True
        for index in range(count):
            if same(data, key, key_end - key, data, keys[index, 0], keys[index, 1]):
                return True
        keys[count, 0], keys[count, 1] = key, key_end
        count += 1
    return False


@compiled
def put_inner(data: Array, at: int, end: int, tag: int, is_map: bool, out: Array, to: int, stack: Array) -> Whole:
    """Write an array (repeated values with `tag`) or a map (repeated pairs); `UNUSUAL` where it cannot."""
    keys = stack[DEPTH:]
    if is_map and has_twice(data, at, end, tag, keys):
        return UNUSUAL
    depth, first = 0, True
    stack[0, 0], stack[0, 1], stack[0, 2], stack[0, 3] = at, end, tag, 1 if is_map else 0
    out[to] = 123 if is_map else 91
    to += 1
    while True:
        at, end, tag, kind = stack[depth, 0], stack[depth, 1], stack[depth, 2], stack[depth, 3]
        if at >= end:
            out[to] = 125 if kind == 1 else 93
            to += 1
            if depth == 0:
                return to
            depth -= 1
            first = False
            continue
        found, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL
        if found != tag:
            at = skip(data, at, end, found)
            if at < 0:
                return UNUSUAL
            stack[depth, 0] = at
            continue
        a, at = span_of(data, at, end)
        if at < 0:
            return UNUSUAL
        stack[depth, 0] = at
        b = at
        if not first:
            out[to] = 44
            to += 1
        if kind == 1:
            key, key_end, a, b = pair_of(data, a, b)
            if key < 0:
                return UNUSUAL
            to = put_string(data, key, key_end, out, to)
            out[to] = 58
            to += 1
        held, a, b = value_of(data, a, b)
        if held < 0:
            return UNUSUAL
        first = False
        if held != 0x2A and held != 0x32:
            to = put_scalar(data, held, a, b, out, to)
            continue
        depth += 1
        if depth >= DEPTH or (held == 0x32 and has_twice(data, a, b, int64(0x0A), keys)):
            return UNUSUAL
        stack[depth, 0], stack[depth, 1], stack[depth, 2] = a, b, 0x0A
        stack[depth, 3] = 1 if held == 0x32 else 0
        out[to] = 123 if held == 0x32 else 91
        to += 1
        first = True


@compiled
def put_value(data: Array, tag: int, a: int, b: int, out: Array, to: int, stack: Array) -> Whole:
    """Write any value as `value_of` found it."""
    if tag == 0x2A or tag == 0x32:
        return put_inner(data, a, b, int64(0x0A), tag == 0x32, out, to, stack)
    return put_scalar(data, tag, a, b, out, to)
