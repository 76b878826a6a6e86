"""What orders, repeats, gaps and times of events within groups have to say, one group after another.

Every kernel writes marks: a code (which hypothesis, or a step of a ladder of it) and the group that it holds for, at
most one of a code a group. A kernel stops before a group whose marks might not fit and says where it stopped.

Tokens of events come from `table`, by name: -1 is another event, -2 is as if it had not happened.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled

i64: Any = np.int64
i32: Any = np.int32

OTHER, UNHEARD = -1, -2
PRESENT, REPEATED, DWELL, HALF = 0, 1, 2, 3
"""What `singles` asks of an event: that it happened, its longest run, the time to the next event, half of all."""
UNTIL, BACK_AND_FORTH = 0, 1
"""What `adjacent` asks: a, a, b; or a, b, a, b."""


@compiled
def step(ladder: Array, value: Whole) -> Whole:
    """Return how many steps of an ascending ladder lie below `value`."""
    low, high = i64(0), i64(len(ladder))
    while low < high:
        middle = (low + high) >> i64(1)
        if ladder[middle] < value:
            low = middle + i64(1)
        else:
            high = middle
    return low


@compiled
def singles(
    mode: Whole,
    table: Array,
    names: Array,
    at: Array,
    offsets: Array,
    first: Whole,
    last: Whole,
    ladder: Array,
    stamp: Array,
    amount: Array,
    seen: Array,
    out: Array,
    groups: Array,
) -> tuple[Whole, Whole]:
    """Mark, by token, on which step of the ladder a group is.

    Parameters
    ----------
    mode
        `PRESENT`, `REPEATED`, `DWELL` or `HALF`.
    first, last
        Groups to look at.
    ladder : shape (L,)
        Ascending; the code is ``token * (L + 1) + step``.
    stamp, amount, seen : shape (V,)
        Room to work in; `stamp` is 0 at first.

    Returns
    -------
    tuple
        The group to go on with, and how many marks there are.
    """
    used, steps = 0, len(ladder) + 1
    for group in range(first, last):
        begin, end = offsets[group], offsets[group + 1]
        if used + min(end - begin, len(stamp)) > len(out):
            return i64(group), i64(used)
        count, kinds, before, run = i64(0), 0, i32(-3), i64(0)
        for index in range(begin, end):
            token = table[names[index]]
            if token == -2:
                continue
            count += 1
            run = run + 1 if token == before else i64(1)
            before = token
            if token < 0:
                continue
            if stamp[token] != group + 1:
                stamp[token] = group + 1
                amount[token] = 0
                seen[kinds] = token
                kinds += 1
            if mode == 1:
                amount[token] = max(amount[token], run)
            elif mode == 2:
                if index + 1 < end:
                    amount[token] += at[index + 1] - at[index]
            else:
                amount[token] += 1
        for kind in range(kinds):
            token = seen[kind]
            if mode == 3 and amount[token] * 2 < count:
                continue
            level = step(ladder, amount[token]) if mode == 1 or mode == 2 else 0
            out[used] = token * steps + level
            groups[used] = group
            used += 1
    return i64(last), i64(used)


@compiled
def adjacent(
    mode: Whole,
    table: Array,
    names: Array,
    offsets: Array,
    first: Whole,
    last: Whole,
    size: Whole,
    stamp: Array,
    out: Array,
    groups: Array,
) -> tuple[Whole, Whole]:
    """Mark the pairs ``a * size + b`` that are next to each other in the way of `mode`.

    Parameters
    ----------
    mode
        `UNTIL` or `BACK_AND_FORTH`; a is not b.
    stamp : shape (size * size,)
        Room to work in, 0 at first.
    """
    used = 0
    for group in range(first, last):
        begin, end = offsets[group], offsets[group + 1]
        if used + min(end - begin, len(stamp)) > len(out):
            return i64(group), i64(used)
        third, second, before = i32(-3), i32(-3), i32(-3)  # the tokens before this one; the last is `before`
        for index in range(begin, end):
            token = table[names[index]]
            if token == -2:
                continue
            good = token >= 0 and before >= 0 and second >= 0 and token != before
            if good and (second == before if mode == 0 else second == token and third == before):
                code = i64(before) * size + token
                if stamp[code] != group + 1:
                    stamp[code] = group + 1
                    out[used] = code
                    groups[used] = group
                    used += 1
            third, second, before = second, before, token
    return i64(last), i64(used)


@compiled
def tally(codes: Array, groups: Array, used: Whole, rows: Array, values: Array, sums: Array) -> None:
    """Add the values of marked groups to the rows of their marks.

    Parameters
    ----------
    rows : shape (slots, width)
        Rows that a code belongs to, one a slot; negative for none.
    """
    for slot in range(len(rows)):
        for mark in range(used):
            row = rows[slot, codes[mark]]
            if row >= 0:
                sums[row] += values[groups[mark]]


@compiled
def count(codes: Array, used: Whole, counts: Array) -> None:
    """Count marks by code."""
    for mark in range(used):
        counts[codes[mark]] += 1


@compiled
def gather(codes: Array, groups: Array, used: Whole, rows: Array, cursor: Array, out: Array) -> None:
    """Write the groups of rows, each row from its `cursor` on."""
    for mark in range(used):
        for slot in range(len(rows)):
            row = rows[slot, codes[mark]]
            if row >= 0:
                out[cursor[row]] = groups[mark]
                cursor[row] += 1
