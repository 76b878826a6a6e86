"""Brings the events of a group together, in total order: time, then order of arrival.

Rows are first spread over partitions by the upper bits of their key (radix partitioning, so that each partition fits
into a processor's cache), then grouped within each; whole numbers that are dense are counted and put in place at once.
Source: Manegold, Boncz and Kersten, Optimizing main-memory join on modern hardware, IEEE TKDE 14(4), 2002, section 3.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.cluster_sort import sort_events, sort_packed
from telic.opportunities.kernels.compiled import Array, Whole, compiled

u64: Any = np.uint64
i64: Any = np.int64
i32: Any = np.int32
U: Any = np.uintp  # an index that is never negative saves a test
_HALF = np.uint64(0xFFFFFFFF)


@compiled
def count_upper(keys: Array, shift: Whole, counts: Array) -> None:
    """Count keys by their upper bits."""
    for index in range(len(keys)):
        counts[U(keys[index] >> shift)] += 1


@compiled
def scatter(
    keys: Array, at: Array, names: Array, table: Array, kept: Array, first: int, shift: Whole, cursor: Array, out: Array
) -> None:
    """Write rows of one piece into their partitions.

    Parameters
    ----------
    keys, at, names : shape (N,)
        Key, time and name of each row.
    table
        What number a name has in the whole input.
    kept
        Which rows of the piece these are; empty where all of them.
    first
        Number of the piece's first row.
    cursor
        Where the next row of each partition goes; moved on.
    out : shape (rows, 3)
        Key, time, and row with name.
    """
    some = len(kept) > 0
    for index in range(len(keys)):
        part = U(keys[index] >> shift)
        to = U(cursor[part])
        cursor[part] += 1
        row = first + (kept[index] if some else index)
        out[to, 0] = keys[index]
        out[to, 1] = u64(at[index])
        out[to, 2] = (u64(row) << u64(32)) | u64(table[U(names[index])])


@compiled
def _number(rows: Array, first: int, last: int, slots: Array, found: Array, local: Array, begins: Array) -> Whole:
    """Number the keys of a partition in order of arrival; return how many there are."""
    width = i64(16)
    while width < 2 * (last - first):
        width *= 2
    mask = u64(width - 1)
    groups = i64(0)
    for index in range(first, last):
        key = rows[U(index), 0]
        slot = key & mask
        while slots[U(slot)] != 0 and found[U(slots[U(slot)] - 1)] != key:
            slot = (slot + u64(1)) & mask
        number = i64(slots[U(slot)])
        if number == 0:
            found[groups] = key
            begins[groups] = 0
            groups += 1
            number = groups
            slots[U(slot)] = i32(groups)
        local[U(index - first)] = i32(number - 1)
        begins[U(number - 1)] += 1
    _free(slots, found, groups, mask)
    return groups


@compiled
def _begin(begins: Array, found: Array, groups: int, first: int, to: int, sizes: Array, keys: Array) -> None:
    """Turn sizes of groups into where they begin, from `first` on, and note size and key of each."""
    position = first
    for number in range(groups):
        size = begins[number]
        sizes[to + number], keys[to + number] = size, found[number]
        begins[number] = position
        position += size


@compiled
def group(
    rows: Array, bounds: Array, slots: Array, found: Array, local: Array, begins: Array, names: Array, at: Array,
    order: Array, sizes: Array, keys: Array, spare: Array,
) -> Whole:  # fmt: skip
    """Put the rows of some partitions in order and return how many groups they hold.

    Parameters
    ----------
    rows
        What `scatter` wrote.
    bounds
        Where the partitions begin, and the end of the last.
    slots
        Zeros, a power of two, at least twice the rows of the largest partition; zeros again afterwards.
    found, local, begins
        Scratch, at least the rows of the largest partition.
    names, at, order
        Filled for all rows of `bounds`, from its first on: name, time, number of the row.
    sizes, keys
        Filled from the first row on: how many events each group has, and its key.
    spare : shape (3, rows of the largest partition)
        Scratch for long groups.
    """
    total = i64(0)
    for part in range(len(bounds) - 1):
        first, last = bounds[part], bounds[part + 1]
        groups = _number(rows, first, last, slots, found, local, begins)
        _begin(begins, found, groups, first, bounds[0] + total, sizes, keys)
        for index in range(first, last):
            to = begins[local[index - first]]
            begins[local[index - first]] = to + 1
            names[to] = i32(rows[index, 2] & _HALF)
            at[to] = i64(rows[index, 1])
            order[to] = i64(rows[index, 2] >> u64(32))
        position = first
        for number in range(groups):
            sort_events(names, at, order, position, begins[number], spare)
            position = begins[number]
        total += groups
    return total


@compiled
def scatter_lean(
    keys: Array, at: Array, names: Array, table: Array, least: Whole, bits: Whole, shift: Whole, cursor: Array,
    out: Array,
) -> None:  # fmt: skip
    """Write rows of one piece into their partitions, without the numbers of rows.

    Parameters
    ----------
    least, bits
        The earliest time, and how many bits a name takes: time since then and name share one number.
    out : shape (rows, 2)
        Key, and time with name.
    """
    timed = len(at) > 0
    for index in range(len(keys)):
        part = U(keys[index] >> shift)
        to = U(cursor[part])
        cursor[part] += 1
        since = u64(at[index] - least) if timed else u64(0)
        out[to, 0] = keys[index]
        out[to, 1] = (since << u64(bits)) | u64(table[U(names[index])])


@compiled
def group_lean(
    rows: Array, bounds: Array, slots: Array, found: Array, local: Array, begins: Array, least: Whole, bits: Whole,
    names: Array, at: Array, sizes: Array, keys: Array, spare: Array,
) -> Whole:  # fmt: skip
    """Do the same as `group` for what `scatter_lean` wrote."""
    total, low = i64(0), (u64(1) << u64(bits)) - u64(1)
    for part in range(len(bounds) - 1):
        first, last = bounds[part], bounds[part + 1]
        groups = _number(rows, first, last, slots, found, local, begins)
        _begin(begins, found, groups, 0, bounds[0] + total, sizes, keys)
        for index in range(first, last):
            number = U(local[U(index - first)])
            spare[0, U(begins[number])] = rows[U(index), 1]
            begins[number] += 1
        position = i64(0)
        for number in range(groups):
            sort_packed(spare[0], spare[1], spare[2], position, begins[number], low)
            position = begins[number]
        for index in range(last - first):
            names[first + index] = i32(spare[0, index] & low)
            at[first + index] = i64(spare[0, index] >> u64(bits)) + least
        total += groups
    return total


@compiled
def _free(slots: Array, found: Array, groups: int, mask: Whole) -> None:
    for number in range(groups):
        slot = found[number] & mask
        while slots[U(slot)] != 0:
            slots[U(slot)] = 0
            slot = (slot + u64(1)) & mask


@compiled
def count_dense(keys: Array, least: Whole, counts: Array) -> None:
    """Count keys that are numbers from `least` on."""
    for index in range(len(keys)):
        counts[U(keys[index] - least)] += 1


@compiled
def begin_dense(cursors: Array, least: Whole, offsets: Array, numbers: Array) -> Whole:
    """Turn how many rows each run has of each key into where they begin; return how many keys there are.

    Parameters
    ----------
    cursors : shape (runs, keys)
        Counts, replaced.
    offsets, numbers
        Filled: where each group begins and the end of the last, and its key; room for all keys that have rows.
    """
    groups, total = i64(0), i64(0)
    for key in range(cursors.shape[1]):
        before = total
        for run in range(cursors.shape[0]):
            count = i64(cursors[run, key])
            cursors[run, key] = total
            total += count
        if total > before:
            offsets[groups], numbers[groups] = before, key + least
            groups += 1
    offsets[groups] = total
    return groups


@compiled
def place(
    keys: Array, at: Array, names: Array, table: Array, kept: Array, first: int, least: Whole, cursor: Array,
    to_names: Array, to_at: Array, to_order: Array,
) -> None:  # fmt: skip
    """Write rows of one piece to where their group lies; `at` and `to_order` may be empty where nobody needs them."""
    some, timed, ordered = len(kept) > 0, len(at) > 0, len(to_order) > 0
    for index in range(len(keys)):
        group_of = U(keys[index] - least)
        to = U(cursor[group_of])
        cursor[group_of] += 1
        to_names[to] = table[U(names[index])]
        if timed:
            to_at[to] = at[index]
        if ordered:
            to_order[to] = first + (kept[index] if some else index)
