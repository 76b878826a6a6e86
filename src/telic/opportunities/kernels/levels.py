"""One level of level-wise mining: positions that begin a frequent gram, and the longer grams that begin there.

An array of `keys` that is empty says that its table has a place for every key instead of being hashed.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled
from telic.opportunities.kernels.hashed import FREE, slot_of

i64: Any = np.int64
i32: Any = np.int32
U: Any = np.uintp  # an index that is never negative saves a test
AT, TO, GROUP, ENTRIES = 0, 1, 2, 3
"""Where a pass stands, so that it can go on when a table has grown: position, live ones so far, group, keys."""


@compiled
def count_ones(tokens: Array, offsets: Array, first: int, last: int, table: Array) -> None:
    """Count in how many groups each token is; `table` has the last group, from 1, and the count of each."""
    for number in range(first, last):
        stamp = i32(number + 1)
        for index in range(offsets[number], offsets[number + 1]):
            token = U(tokens[index])
            if table[token, 0] != stamp:
                table[token, 0] = stamp
                table[token, 1] += i32(1)


@compiled
def _count(keys: Array, table: Array, key: Whole, stamp: Whole, state: Array) -> None:
    slot = U(key)
    if len(keys):
        slot = slot_of(keys, key)
        if keys[slot] == FREE:
            keys[slot] = key
            state[ENTRIES] += 1
    if table[slot, 0] != stamp:
        table[slot, 0] = stamp
        table[slot, 1] += i32(1)


@compiled
def seed(
    tokens: Array, ranks: Array, offsets: Array, last: int, width: Whole, keys: Array, table: Array, state: Array,
    positions: Array, ids: Array,
) -> bool:  # fmt: skip
    """Write where a frequent token is, and count the pairs that begin there.

    Parameters
    ----------
    ranks
        The number of each token among the frequent ones, negative where it is none of them.
    last
        The group behind the last one; `state` says the first.
    width
        How many frequent tokens there are.
    positions, ids
        Filled; `state` says how many.

    Returns
    -------
    bool
        Whether the table has to grow first; then `state` says where to go on.
    """
    limit, to = len(keys) // 2, state[TO]
    for number in range(state[GROUP], last):
        at, stamp, before = to, i32(number + 1), i64(-1)
        for index in range(offsets[number], offsets[number + 1]):
            rank = i64(ranks[U(tokens[U(index)])])
            if rank >= 0:
                positions[U(to)], ids[U(to)] = index, rank
                to += 1
                if before >= 0:
                    _count(keys, table, before * width + rank, stamp, state)
                    if len(keys) and state[ENTRIES] > limit:  # the group is looked at again; stamps know what counted
                        state[GROUP], state[TO] = number, at
                        return True
            before = rank
    state[GROUP], state[TO] = last, to
    return False


@compiled
def step(
    tokens: Array, ranks: Array, offsets: Array, k: int, width: Whole, live: Whole, map_keys: Array, numbers: Array,
    keys: Array, table: Array, state: Array, positions: Array, ids: Array,
) -> bool:  # fmt: skip
    """Keep the positions where a frequent gram of length `k` begins, and count those one longer.

    Parameters
    ----------
    live
        How many positions begin a frequent gram one shorter; `state` says from which to go on.
    map_keys, numbers
        Which gram a shorter one and a token make: its number is the second of each pair, negative where infrequent.
    keys, table
        Filled with counts of longer grams; `table` has no rows where nobody asks for them.

    Returns
    -------
    bool
        Whether the table has to grow first; then `state` says where to go on.
    """
    limit, to, number, counting = len(keys) // 2, state[TO], state[GROUP], len(table) > 0
    dense = len(map_keys) == 0
    for at in range(state[AT], live):
        index = i64(positions[U(at)])
        while index >= offsets[number + 1]:
            number += 1
        end = offsets[number + 1]
        if index + k > end:
            continue
        rank = i64(ranks[U(tokens[U(index + k - 1)])])
        if rank < 0:
            continue
        key = i64(ids[U(at)]) * width + rank
        slot = U(key) if dense else slot_of(map_keys, key)
        if not dense and map_keys[slot] == FREE:
            continue
        found = numbers[slot, 1]
        if found < 0:
            continue
        if counting and index + k < end:
            after = i64(ranks[U(tokens[U(index + k)])])
            if after >= 0:
                _count(keys, table, i64(found) * width + after, i32(number + 1), state)
                if len(keys) and state[ENTRIES] > limit:
                    state[AT], state[TO], state[GROUP] = at, to, number
                    return True
        positions[U(to)], ids[U(to)] = index, found
        to += 1
    state[AT], state[TO], state[GROUP] = live, to, number
    return False


@compiled
def fill(
    tokens: Array, ranks: Array, offsets: Array, first: int, last: int, k: int, width: Whole, map_keys: Array,
    numbers: Array, base: Whole, cursor: Array, out: Array,
) -> None:  # fmt: skip
    """Write the groups of each gram of length `k`.

    Parameters
    ----------
    map_keys, numbers
        Which node of the tree of all frequent grams follows from a node by a token.
    base
        The node of row 0.
    cursor : shape (H, 2)
        The last group of each row, from 1, and where its next one goes; moved on.
    """
    for number in range(first, last):
        begin, end, stamp = offsets[number], offsets[number + 1], i64(number + 1)
        for index in range(begin, end - k + 1):
            node = i64(ranks[U(tokens[U(index)])])
            for further in range(index + 1, index + k):
                rank = i64(ranks[U(tokens[U(further)])])
                if node < 0 or rank < 0:
                    node = i64(-1)
                    break
                slot = slot_of(map_keys, node * width + rank)
                node = i64(numbers[slot, 1]) if map_keys[slot] != FREE else i64(-1)
            if node < 0:
                continue
            row = node - base
            if cursor[U(row), 0] != stamp:
                cursor[U(row), 0] = stamp
                out[U(cursor[U(row), 1])] = i32(number)
                cursor[U(row), 1] += 1
