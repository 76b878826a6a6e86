"""Open addressing: counts and numbers by key for vocabularies of which no table can have a place for every gram."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.kernels.compiled import Array, Whole, compiled
from telic.opportunities.kernels.keys import mixed

Keys = npt.NDArray[np.int64]
Counts = npt.NDArray[np.int32]

u64: Any = np.uint64
i64: Any = np.int64
i32: Any = np.int32
U: Any = np.uintp  # an index that is never negative saves a test
FREE = -1
LEAST_BITS = 10


def empty(entries: int) -> tuple[Keys, Counts]:
    """Return a table with room for some entries: keys, `FREE` where there is none, and two numbers of each."""
    size = 1 << max(LEAST_BITS, (2 * max(entries, 1) - 1).bit_length())
    return np.full(size, FREE, np.int64), np.zeros((size, 2), np.int32)


def numbered(keys: Keys, first: int = 0) -> tuple[Keys, Counts]:
    """Return a table that gives each of some distinct keys its place in `keys`, from `first` on, as second number."""
    table, numbers = empty(len(keys))
    _number(keys, first, table, numbers)
    return table, numbers


def counted(wanted: Keys, keys: Keys, counts: Counts) -> Keys:
    """Return the second number of each of some keys, 0 where the table has none."""
    found = np.empty(len(wanted), np.int64)
    _look_up(wanted, keys, counts, found)
    return found


def grown(keys: Keys, counts: Counts) -> tuple[Keys, Counts]:
    """Return a table of twice the size with the same entries."""
    table, numbers = np.full(2 * len(keys), FREE, np.int64), np.zeros((2 * len(keys), 2), np.int32)
    _copy(keys, counts, table, numbers)
    return table, numbers


@compiled
def slot_of(table: Array, key: Whole) -> Whole:
    """Return where a key is, or where it would go."""
    mask = u64(len(table) - 1)
    slot = mixed(u64(key)) & mask
    while table[U(slot)] != key and table[U(slot)] != FREE:
        slot = (slot + u64(1)) & mask
    return U(slot)


@compiled
def _number(keys: Array, first: int, table: Array, numbers: Array) -> None:
    for index in range(len(keys)):
        slot = slot_of(table, keys[index])
        table[slot] = keys[index]
        numbers[slot, 1] = i32(first + index)


@compiled
def _look_up(wanted: Array, keys: Array, counts: Array, out: Array) -> None:
    for index in range(len(wanted)):
        slot = slot_of(keys, wanted[index])
        out[index] = counts[slot, 1] if keys[slot] != FREE else i32(0)


@compiled
def _copy(keys: Array, counts: Array, table: Array, numbers: Array) -> None:
    for index in range(len(keys)):
        if keys[index] != FREE:
            slot = slot_of(table, keys[index])
            table[slot] = keys[index]
            numbers[slot, 0], numbers[slot, 1] = counts[index, 0], counts[index, 1]
