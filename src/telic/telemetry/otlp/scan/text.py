"""Attributes as JSON text, compiled: what `telic.telemetry.otlp.values` makes, byte by byte the same."""

from __future__ import annotations

import numpy as np

from telic.telemetry.otlp.scan.decimals import as_double, put_double, put_integer
from telic.telemetry.otlp.scan.wire import (
    UNUSUAL,
    Array,
    U,
    Whole,
    compiled,
    fixed64,
    int64,
    same,
    skip,
    span_of,
    varint,
)
from telic.telemetry.otlp.values import RESERVED

DEPTH = 24  # of arrays and maps in one value; the plain reader takes what is deeper [1]
PAIRS = 512  # attributes of one thing; the plain reader takes more [1]


def _escapes() -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    made = np.zeros(256, np.uint8)
    made[:32] = 1  # \u00XX
    for byte, letter in {8: "b", 9: "t", 10: "n", 12: "f", 13: "r", 34: '"', 92: "\\"}.items():
        made[byte] = ord(letter)
    return made


def blob(names: tuple[str, ...]) -> tuple[Array, Array]:
    """Return names as bytes one after the other, and where each begins; the last number is the end."""
    data = [name.encode() for name in names]
    return np.frombuffer(b"".join(data) + b"\0", np.uint8).copy(), np.cumsum([0, *map(len, data)]).astype(np.int64)


_ESCAPE = _escapes()
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8).copy()
_BASE64 = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8).copy()
_RESERVED, _RESERVED_AT = blob(tuple(sorted(RESERVED)))
_RESERVED_SIZES = sum({1 << len(name) for name in RESERVED})  # a bit for every length that occurs
_PREFIX = np.frombuffer(b"attribute.", np.uint8).copy()
_WORDS, _WORDS_AT = blob(("null", "true", "false", '"NaN"', '"Infinity"', '"-Infinity"'))


@compiled
def put_bytes(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Copy bytes."""
    size = end - at
    for index in range(size):
        out[U(to + index)] = data[U(at + index)]
    return to + size if size > 0 else to


@compiled
def put_string(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write a JSON string; `out` has room for six times its bytes."""
    out[to] = 34
    to = put_escaped(data, at, end, out, to + 1)
    out[to] = 34
    return to + 1


@compiled
def put_escaped(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write what stands between the quotes of a JSON string."""
    special = np.uint8(0)
    for index in range(end - at):  # compiled to steps of 16 or 32 bytes
        byte = data[U(at + index)]
        special |= np.uint8(byte < 32) | np.uint8(byte == 34) | np.uint8(byte == 92)
    if special == 0:
        return put_bytes(data, at, end, out, to)
    for index in range(at, end):
        byte = data[U(index)]
        escape = _ESCAPE[byte]
        if escape == 0:
            out[U(to)] = byte
            to += 1
        elif escape == 1:
            out[to], out[to + 1], out[to + 2], out[to + 3] = 92, 117, 48, 48
            out[to + 4], out[to + 5] = _HEX[byte >> 4], _HEX[byte & 15]
            to += 6
        else:
            out[to], out[to + 1] = 92, escape
            to += 2
    return to


@compiled
def put_hex(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write bytes in hex."""
    for index in range(at, end):
        byte = data[U(index)]
        out[U(to)], out[U(to + 1)] = _HEX[byte >> 4], _HEX[byte & 15]
        to += 2
    return to


@compiled
def put_base64(data: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """Write bytes in base64 as a JSON string."""
    out[to] = 34
    to += 1
    while at < end:
        size = min(end - at, 3)
        word = int64(data[at]) << 16
        if size > 1:
            word |= int64(data[at + 1]) << 8
        if size > 2:
            word |= int64(data[at + 2])
        out[to], out[to + 1] = _BASE64[(word >> 18) & 63], _BASE64[(word >> 12) & 63]
        out[to + 2] = _BASE64[(word >> 6) & 63] if size > 1 else 61
        out[to + 3] = _BASE64[word & 63] if size > 2 else 61
        at, to = at + 3, to + 4
    out[to] = 34
    return to + 1


@compiled
def put_word(index: int, out: Array, to: int) -> Whole:
    """Write one of the six fixed words."""
    return put_bytes(_WORDS, _WORDS_AT[index], _WORDS_AT[index + 1], out, to)


@compiled
def put_number(bits: int, out: Array, to: int) -> Whole:
    """Write the double with these 64 bits, or the name of what JSON has no number for."""
    value = as_double(bits)
    if np.isfinite(value):
        return put_double(value, out, to)
    return put_word(int64(3) if np.isnan(value) else int64(4) if value > 0 else int64(5), out, to)


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
        return put_word(int64(1) if a != 0 else int64(2), out, to)
    if tag == 0x21:
        return put_number(a, out, to)
    if tag == 0x3A:
        return put_base64(data, a, b, out, to)
    return put_word(int64(0), out, to)


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


@compiled
def _reserved(data: Array, at: int, size: int) -> bool:
    if size > 62 or (_RESERVED_SIZES >> size) & 1 == 0:
        return False
    for index in range(len(_RESERVED_AT) - 1):
        if same(data, at, size, _RESERVED, _RESERVED_AT[index], _RESERVED_AT[index + 1]):
            return True
    return False


@compiled
def _starts(data: Array, at: int, size: int) -> bool:
    return size > 10 and same(data, at, int64(10), _PREFIX, int64(0), int64(10))


@compiled
def put_attributes(
    data: Array,
    pairs: Array,
    count: int,
    names: Array,
    names_at: Array,
    taken: Array,
    out: Array,
    to: int,
    stack: Array,
) -> Whole:
    """Write attributes as members of an object, without braces, each followed by a comma.

    Parameters
    ----------
    data
        The body.
    pairs
        Begin and end of each attribute, int64[`count`, 2 or more]; overwritten by its key's.
    names, names_at
        Names with columns of their own, as `blob` has them: texts, and last the one for a whole number.
    taken
        Filled: begin and end of what the columns hold, int64[names, 2]; an empty text is (0, 0), no number (-1, 0).
    out, to, stack
        Where to write, and scratch.
    """
    last, sizes = len(names_at) - 2, int64(0)
    for index in range(last + 1):
        sizes |= int64(1) << (names_at[index + 1] - names_at[index])
    for index in range(count):
        key, key_end, a, b = pair_of(data, pairs[index, 0], pairs[index, 1])
        if key < 0:
            return UNUSUAL
        size = key_end - key
        for other in range(index):
            if same(data, key, size, data, pairs[other, 0], pairs[other, 1]):
                return UNUSUAL
        pairs[index, 0], pairs[index, 1] = key, key_end
        tag, a, b = value_of(data, a, b)
        if tag < 0:
            return UNUSUAL
        if (tag == 0x0A or tag == 0x18) and size < 63 and (sizes >> size) & 1 == 1:
            column = -1
            for other in range(last + 1):
                if same(data, key, size, names, names_at[other], names_at[other + 1]):
                    column = other
            if column >= 0 and column < last and tag == 0x0A:
                taken[column, 0], taken[column, 1] = a, b
                continue
            if column == last and tag == 0x18 and a >= 0 and a < 2147483648:
                taken[column, 0] = a
                continue
        if _starts(data, key, size):
            return UNUSUAL  # another one might be renamed to it
        out[to] = 34
        to += 1
        if _reserved(data, key, size):
            to = put_bytes(_PREFIX, 0, 10, out, to)
        to = put_escaped(data, key, key_end, out, to)
        out[to] = 34
        to += 1
        out[to] = 58
        to = put_value(data, tag, a, b, out, to + 1, stack)
        if to < 0:
            return UNUSUAL
        out[to] = 44
        to += 1
    return to


@compiled
def close_object(tail: Array, at: int, end: int, out: Array, to: int) -> Whole:
    """End an object whose members each have a comma behind them, after the members `tail`."""
    if at < end:
        to = put_bytes(tail, at, end, out, to)
    elif out[to - 1] == 44:
        to -= 1
    out[to] = 125
    return to + 1
