"""Sorts the events of one group by time; equal times keep their order."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled

u64: Any = np.uint64
i64: Any = np.int64
U: Any = np.uintp  # an index that is never negative saves a test
_SHORT = 24  # events that are sorted at once; longer groups are merged [1]


@compiled
def sort_groups(names: Array, at: Array, order: Array, offsets: Array, first: int, last: int, spare: Array) -> None:
    """Put the events of each of some groups in order of time; equal times keep their order."""
    for number in range(first, last):
        sort_events(names, at, order, offsets[number], offsets[number + 1], spare)


@compiled
def sort_events(names: Array, at: Array, order: Array, first: int, last: int, spare: Array) -> None:
    """Sort one group's events by time; equal times keep their order.

    Parameters
    ----------
    spare : shape (3, events or more)
        Scratch.
    """
    sorted_so_far = True
    for index in range(first + 1, last):
        if at[index] < at[index - 1]:
            sorted_so_far = False
            break
    if sorted_so_far:
        return
    for begin in range(first, last, _SHORT):
        _insert(names, at, order, begin, min(begin + _SHORT, last))
    width = _SHORT
    while width < last - first:
        for begin in range(first, last - width, 2 * width):
            _merge(names, at, order, begin, begin + width, min(begin + 2 * width, last), spare)
        width *= 2


@compiled
def _insert(names: Array, at: Array, order: Array, first: int, last: int) -> None:
    for index in range(first + 1, last):
        when, name, row = at[index], names[index], order[index]
        to = index
        while to > first and at[to - 1] > when:
            at[to], names[to], order[to] = at[to - 1], names[to - 1], order[to - 1]
            to -= 1
        at[to], names[to], order[to] = when, name, row


@compiled
def _merge(names: Array, at: Array, order: Array, first: int, middle: int, last: int, spare: Array) -> None:
    size = middle - first
    for index in range(size):
        spare[0, index], spare[1, index] = at[first + index], names[first + index]
        spare[2, index] = order[first + index]
    left, right, to = 0, middle, first
    while left < size:
        if right < last and at[right] < spare[0, left]:
            at[to], names[to], order[to] = at[right], names[right], order[right]
            right += 1
        else:
            at[to], names[to], order[to] = spare[0, left], spare[1, left], spare[2, left]
            left += 1
        to += 1


@compiled
def sort_packed(values: Array, keys: Array, spare: Array, first: int, last: int, low: Whole) -> None:
    """Sort numbers by their upper bits; those that differ in the `low` ones only keep their order."""
    ordered = True
    for index in range(first + 1, last):
        if values[U(index)] | low < values[U(index - 1)] & ~low:
            ordered = False
            break
    if ordered:
        return
    block = min(i64(_SHORT), i64(low) + 1)
    for begin in range(first, last, block):
        _rank(values, keys, spare, begin, min(begin + block, last), low)
    width = block
    while width < last - first:
        for begin in range(first, last - width, 2 * width):
            middle, end = begin + width, min(begin + 2 * width, last)
            for index in range(begin, middle):
                spare[index] = values[index]
            left, right, to = begin, middle, begin
            while left < middle:
                if right < end and values[right] | low < spare[left] & ~low:
                    values[to] = values[right]
                    right += 1
                else:
                    values[to] = spare[left]
                    left += 1
                to += 1
        width *= 2


@compiled
def _rank(values: Array, keys: Array, spare: Array, first: int, last: int, low: Whole) -> None:
    """Sort few numbers by counting how many are smaller than each: of random ones no branch could be foretold."""
    for index in range(last - first):
        spare[U(index)] = values[U(first + index)]
        keys[U(index)] = (values[U(first + index)] & ~low) | u64(index)
    for index in range(last - first):
        key, rank = keys[U(index)], first
        for other in range(last - first):
            rank += keys[U(other)] < key
        values[U(rank)] = spare[U(index)]
