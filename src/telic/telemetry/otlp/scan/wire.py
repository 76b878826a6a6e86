"""Protobuf's wire format, compiled: varints, fixed numbers, lengths, fields to skip.

Every function takes the end of what it may read and returns -1 instead of a position where the bytes do not fit.
Source: https://protobuf.dev/programming-guides/encoding/
"""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.machine_code import compile_kept
from telic.telemetry.otlp.scan.cache import cache_folder
from telic.telemetry.otlp.scan.machine import load64

Whole = Any  # a number: numba knows its type, and makes Python's whole numbers of 64 bits
Word = Any  # eight bytes as a number without a sign
int64: Any = np.int64
Array = Any  # a numpy array whose type numba finds at compile time

U = np.uintp  # an index that is never negative saves numba a test per byte


def compiled(function: Any) -> Any:
    """Compile `function` when it is first called, and keep the code in the folder of these scanners."""
    return compile_kept(function, cache_folder(), boundscheck=False)


UNUSUAL = -1  # what no scanner reads; the plain reader has to
FULL = -2  # the buffers have no room for it


@compiled
def varint(data: Array, at: int, end: int) -> tuple[Whole, Whole]:
    """Return the number at `at` (as a signed 64-bit one) and what follows it."""
    if at < end and data[U(at)] < 0x80:
        return int64(data[U(at)]), at + 1
    value, shift = int64(0), int64(0)
    while at < end and shift < 70:
        byte = int64(data[U(at)])
        at += 1
        if shift < 64:
            value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return int64(0), int64(-1)


@compiled
def span_of(data: Array, at: int, end: int) -> tuple[Whole, Whole]:
    """Return where a length-delimited field begins and ends; (-1, -1) where it does not fit."""
    size, at = varint(data, at, end)
    if at < 0 or size < 0 or size > end - at:
        return int64(-1), int64(-1)
    return at, at + size


@compiled
def skip(data: Array, at: int, end: int, tag: int) -> Whole:
    """Return what follows a field that nobody asked for; groups are not read."""
    kind = tag & 7
    if kind == 0:
        _, at = varint(data, at, end)
        return at
    if kind == 2:
        _, at = span_of(data, at, end)
        return at
    at += 8 if kind == 1 else 4
    return at if (kind == 1 or kind == 5) and at <= end else int64(-1)


@compiled
def fixed64(data: Array, at: int, end: int) -> tuple[Whole, Whole]:
    """Return eight bytes as a signed number, and what follows."""
    if end - at < 8:
        return int64(0), int64(-1)
    return int64(load64(data, at)), at + 8


@compiled
def same(data: Array, at: int, size: int, other: Array, start: int, end: int) -> bool:
    """Whether `size` bytes of `data` are those of `other` between `start` and `end`."""
    if size != end - start:
        return False
    if size >= 8:
        last, index = size - 8, int64(0)
        while index < last:
            if load64(data, at + index) != load64(other, start + index):
                return False
            index += 8
        return bool(load64(data, at + last) == load64(other, start + last))
    for index in range(size):  # noqa: SIM110 - numba compiles the loop
        if data[U(at + index)] != other[U(start + index)]:
            return False
    return True


@compiled
def is_zero(data: Array, at: int, end: int) -> bool:
    """Whether all bytes are 0."""
    for index in range(at, end):  # noqa: SIM110 - numba compiles the loop
        if data[U(index)] != 0:
            return False
    return True


@compiled
def outline(data: Array, groups: Array, things: Array) -> tuple[Whole, Whole]:
    """List the things of an export request and who sent them.

    Parameters
    ----------
    data
        An export request of any signal: all three have resource 1, scopes 2, in them scope 1, things 2.
    groups
        Filled: begin and end of resource and of scope, int64[n, 4] [bytes].
    things
        Filled: group, begin and end of every thing, int64[m, 3].

    Returns
    -------
    int
        How many groups, or `UNUSUAL` or `FULL`.
    int
        How many things.
    """
    count, found, at, end = int64(0), int64(0), int64(0), int64(len(data))
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL, found
        if tag != 0x0A:
            at = skip(data, at, end, tag)
            if at < 0:
                return UNUSUAL, found
            continue
        a, at = span_of(data, at, end)
        if at < 0:
            return UNUSUAL, found
        count, found = _of_resource(data, a, at, groups, count, things, found)
        if count < 0:
            return count, found
    return count, found


@compiled
def _of_resource(
    data: Array, at: int, end: int, groups: Array, count: int, things: Array, found: int
) -> tuple[Whole, Whole]:
    first, seen = count, False
    resource_at = resource_end = at
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL, found
        if tag == 0x0A:
            if seen:
                return UNUSUAL, found
            seen = True
            resource_at, at = span_of(data, at, end)
            resource_end = at
        elif tag == 0x12:
            if count >= len(groups):
                return FULL, found
            a, at = span_of(data, at, end)
            if at < 0:
                return UNUSUAL, found
            found = _of_scope(data, a, at, groups, count, things, found)
            if found < 0:
                return found, found
            count += 1
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL, found
    for index in range(first, count):
        groups[index, 0], groups[index, 1] = resource_at, resource_end
    return count, found


@compiled
def _of_scope(data: Array, at: int, end: int, groups: Array, group: int, things: Array, found: int) -> Whole:
    seen = False
    groups[group, 2] = groups[group, 3] = at
    while at < end:
        tag, at = varint(data, at, end)
        if at < 0:
            return UNUSUAL
        if tag == 0x0A:
            if seen:
                return UNUSUAL
            seen = True
            a, at = span_of(data, at, end)
            groups[group, 2], groups[group, 3] = a, at
        elif tag == 0x12:
            if found >= len(things):
                return FULL
            a, at = span_of(data, at, end)
            things[found, 0], things[found, 1], things[found, 2] = group, a, at
            found += 1
        else:
            at = skip(data, at, end, tag)
        if at < 0:
            return UNUSUAL
    return found
