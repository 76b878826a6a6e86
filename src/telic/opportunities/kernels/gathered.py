"""Columns in the order of groups: gathered, checked for being constant, put together and taken apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled

u64: Any = np.uint64
i64: Any = np.int64
i32: Any = np.int32
_AT_ONCE = 1_024  # groups [1]
_NEAR = 32  # events of one moment among which a repetition is looked for [1]


@compiled
def take_codes(codes: Array, order: Array, out: Array) -> None:
    """Fill ``out[i]`` with ``codes[order[i]]``."""
    for index in range(len(order)):
        out[index] = codes[order[index]]


@compiled
def join_codes(names: Array, codes: Array, width: int, out: Array) -> None:
    """Fill `out` with name times `width` plus code; a missing name stays so, a missing code is the last one."""
    for index in range(len(names)):
        code = i32(width - 1) if codes[index] < 0 else codes[index]
        out[index] = i32(-1) if names[index] < 0 else names[index] * i32(width) + code


@compiled
def split_groups(names: Array, offsets: Array, first: int, last: int, bits: int, missing: int, out: Array) -> Whole:
    """Take the lower bits out of `names`, as long as they are the same in all of a group.

    Returns
    -------
    int
        The first group where they differ, left as it was; or `last`. `out` has the bits of each group before, -1 where
        they are `missing`.
    """
    low = i32((1 << bits) - 1)
    for begin in range(first, last, _AT_ONCE):  # what is looked at twice is still in a core's cache then
        end = min(begin + _AT_ONCE, last)
        stopped = _alike(names, offsets, begin, end, low)
        for number in range(begin, stopped):
            code = names[offsets[number]] & low
            out[number] = i32(-1) if code == missing else code
        some = names[offsets[begin] : offsets[stopped]]
        for index in range(len(some)):
            some[index] >>= i32(bits)
        if stopped < end:
            return i64(stopped)
    return i64(last)


@compiled
def _alike(names: Array, offsets: Array, first: int, last: int, low: int) -> Whole:
    """Return the first group whose names differ in some bits, or `last`.

    Where bits change as often from one event to the next as from one group to the next, they change within none: that
    is counted without a look at groups.
    """
    some, within, between = names[offsets[first] : offsets[last]], i64(0), i64(0)
    for index in range(len(some) - 1):
        within += (some[index] ^ some[index + 1]) & low != 0
    for number in range(first + 1, last):
        begin = offsets[number]
        between += (names[begin - 1] ^ names[begin]) & low != 0
    if within == between:
        return last
    for number in range(first, last):
        for index in range(offsets[number] + 1, offsets[number + 1]):
            if (names[index] ^ names[index - 1]) & low != 0:
                return number
    return last


@compiled
def split_codes(names: Array, bits: int, missing: int, out: Array) -> None:
    """Take the lower bits out of `names`; `out` is filled with them, -1 where they are `missing`."""
    low = i32((1 << bits) - 1)
    for index in range(len(names)):
        code = names[index] & low
        out[index] = i32(-1) if code == missing else code
        names[index] >>= i32(bits)


@compiled
def take_numbers(values: Array, order: Array, out: Array) -> None:
    """Fill ``out[i]`` with ``values[order[i]]``."""
    for index in range(len(order)):
        out[index] = values[order[index]]


@compiled
def count_marked(codes: Array, offsets: Array, marked: Array, out: Array) -> None:
    """Fill `out` with how many events of each group have a code that is marked (1, not 0); the last mark is of -1."""
    for number in range(len(out)):
        count = i64(0)
        for index in range(offsets[number], offsets[number + 1]):
            count += marked[codes[index]]
        out[number] = count


@compiled
def first_codes(codes: Array, offsets: Array, out: Array, several: Array) -> Whole:
    """Fill `out` with the first code of each group that is not missing; return how many groups have several codes."""
    count = 0
    for number in range(len(out)):
        first, mixed = codes[offsets[number]], False
        for index in range(offsets[number] + 1, offsets[number + 1]):
            code = codes[index]
            if code != first:
                if first < 0:
                    first = code
                elif code >= 0:
                    mixed = True
        out[number] = first
        several[number] = mixed
        count += mixed
    return count


@compiled
def first_rows(keys: Array, order: Array, offsets: Array, out: Array) -> Whole:
    """Fill `out` with each group's first row whose key is not 0, or -1; return how many groups have several keys."""
    count = 0
    for number in range(len(out)):
        found, first, mixed = u64(0), i64(-1), False
        for index in range(offsets[number], offsets[number + 1]):
            key = keys[order[index]]
            if key != u64(0) and key != found:
                if first < 0:
                    found, first = key, i64(order[index])
                else:
                    mixed = True
        out[number] = first
        count += mixed
    return count


@compiled
def repeats(names: Array, at: Array, offsets: Array, out: Array) -> Whole:
    """Write pairs of events of one group that share time and name; return how many there are, also beyond `out`.

    Parameters
    ----------
    out : shape (P, 2)
        Filled: the later event, and the one before it that is nearest.
    """
    count = 0
    for number in range(len(offsets) - 1):
        for index in range(offsets[number] + 1, offsets[number + 1]):
            other = index - 1
            while other >= offsets[number] and other >= index - _NEAR and at[other] == at[index]:
                if names[other] == names[index]:
                    if count < len(out):
                        out[count, 0], out[count, 1] = index, other
                    count += 1
                    break
                other -= 1
    return count


@compiled
def number_rows(order: Array, offsets: Array, first: int, last: int, out: Array) -> None:
    """Write the number of each of some groups to the rows of its events."""
    for number in range(first, last):
        for index in range(offsets[number], offsets[number + 1]):
            out[order[index]] = number


@compiled
def join_groups(old: Array, new: Array, back: Array, order: Array, offsets: Array) -> None:
    """Put the events of two sets of groups behind each other, group by group.

    Parameters
    ----------
    old, new
        Where groups begin in each.
    back
        Which new group goes on each group; negative where none does.
    order, offsets
        Filled: which event comes when, those of `new` behind those of `old`; and where groups begin.
    """
    before, to = len(old) - 1, i64(0)
    events = old[before]
    for number in range(len(back)):
        offsets[number] = to
        if number < before:
            for index in range(old[number], old[number + 1]):
                order[to] = index
                to += 1
        if back[number] >= 0:
            for index in range(new[back[number]], new[back[number] + 1]):
                order[to] = events + index
                to += 1
    offsets[len(back)] = to
