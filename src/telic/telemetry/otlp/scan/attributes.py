"""Attributes of a thing as JSON text, compiled: columns of their own taken out, reserved names changed."""

from __future__ import annotations

import numpy as np

from telic.telemetry.otlp.scan.text import Words, put_bytes, put_escaped, words
from telic.telemetry.otlp.scan.values import pair_of, put_value, value_of
from telic.telemetry.otlp.scan.wire import UNUSUAL, Array, Whole, compiled, int64, same
from telic.telemetry.otlp.values import RESERVED

_RESERVED = words(tuple(sorted(RESERVED)))
_RESERVED_SIZES = sum({1 << len(name) for name in RESERVED})  # a bit for every length that occurs
_PREFIX = np.frombuffer(b"attribute.", np.uint8).copy()


@compiled
def _reserved(data: Array, at: int, size: int) -> bool:
    if size > 62 or (_RESERVED_SIZES >> size) & 1 == 0:
        return False
    for index in range(len(_RESERVED.at) - 1):
        if same(data, at, size, _RESERVED.text, _RESERVED.at[index], _RESERVED.at[index + 1]):
            return True
    return False


@compiled
def _starts(data: Array, at: int, size: int) -> bool:
    return size > 10 and same(data, at, int64(10), _PREFIX, int64(0), int64(10))


@compiled
def put_attributes(
    data: Array, pairs: Array, count: int, names: Words, taken: Array, out: Array, to: int, stack: Array
) -> Whole:
    """Write attributes as members of an object, without braces, each followed by a comma.

    Parameters
    ----------
    data
        The body.
    pairs
        Begin and end of each attribute, int64[`count`, 2 or more]; overwritten by its key's.
    names
        Those with columns of their own: texts, and last the one for a whole number.
    taken
        Filled: begin and end of what the columns hold, int64[names, 2]; an empty text is (0, 0), no number (-1, 0).
    out, to, stack
        Where to write, and scratch.
    """
    last, sizes = len(names.at) - 2, int64(0)
    for index in range(last + 1):
        taken[index, 0], taken[index, 1] = -1 if index == last else 0, 0
        sizes |= int64(1) << (names.at[index + 1] - names.at[index])
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
                if same(data, key, size, names.text, names.at[other], names.at[other + 1]):
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
