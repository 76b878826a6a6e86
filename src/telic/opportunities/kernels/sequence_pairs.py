"""Pairs of events within groups: in order, always followed, tried before, how long from one to the other."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled
from telic.opportunities.kernels.sequence import step

i64: Any = np.int64

LATER, ALWAYS, RETRIED, TOOK = 0, 1, 2, 3
"""What `pairs` asks: b after a, b after every a, how many a before b, time from the first a to b."""


@compiled
def gathered(
    table: Array,
    names: Array,
    begin: Whole,
    end: Whole,
    local: Array,
    seen: Array,
    begins: Array,
    ends: Array,
    places: Array,
) -> Whole:
    """Sort the places of a group's events by token; return how many tokens there are.

    Token ``seen[kind]`` is at ``places[begins[kind]:ends[kind]]``, ascending.
    """
    kinds = 0
    for index in range(begin, end):
        token = table[names[index]]
        if token >= 0:
            if local[token] < 0:
                local[token] = kinds
                seen[kinds] = token
                ends[kinds] = 0
                kinds += 1
            ends[local[token]] += 1
    filled = i64(0)
    for kind in range(kinds):
        many = ends[kind]
        begins[kind], ends[kind] = filled, filled
        filled += many
    for index in range(begin, end):
        token = table[names[index]]
        if token >= 0:
            kind = local[token]
            places[ends[kind]] = index
            ends[kind] += 1
    for kind in range(kinds):
        local[seen[kind]] = -1
    return kinds


@compiled
def later(at: Array, places: Array, a: Whole, a_end: Whole, b: Whole, b_end: Whole, limit: Whole) -> Whole:
    """Return 1 where an event of b follows one of a within `limit`, else 0."""
    last = i64(-1)
    while b < b_end:
        while a < a_end and places[a] < places[b]:
            last = places[a]
            a += 1
        if last >= 0 and at[places[b]] - at[last] <= limit:
            return 1
        b += 1
    return 0


@compiled
def always(at: Array, places: Array, a: Whole, a_end: Whole, b: Whole, b_end: Whole, limit: Whole) -> Whole:
    """Return 1 where an event of b follows every one of a within `limit`, else 0."""
    while a < a_end:
        while b < b_end and places[b] <= places[a]:
            b += 1
        if b == b_end or at[places[b]] - at[places[a]] > limit:
            return 0
        a += 1
    return 1


@compiled
def tries(places: Array, a: Whole, a_end: Whole, b: Whole, b_end: Whole) -> Whole:
    """Return the most events of a between two of b, or before the first of b."""
    most = i64(0)
    while b < b_end:
        count = i64(0)
        while a < a_end and places[a] < places[b]:
            count += 1
            a += 1
        most = max(most, count)
        b += 1
    return most


@compiled
def took(at: Array, places: Array, a: Whole, b: Whole, b_end: Whole) -> Whole:
    """Return the time from the first event of a to the next of b [ns]; negative where there is none."""
    while b < b_end and places[b] <= places[a]:
        b += 1
    return at[places[b]] - at[places[a]] if b < b_end else i64(-1)


@compiled
def level_of(
    mode: Whole,
    at: Array,
    places: Array,
    a: Whole,
    a_end: Whole,
    b: Whole,
    b_end: Whole,
    limit: Whole,
    ladder: Array,
) -> Whole:
    """Return the step of a pair of events, or -1 where the group is not in it."""
    if mode == 0:
        return later(at, places, a, a_end, b, b_end, limit) - 1
    if mode == 1:
        return always(at, places, a, a_end, b, b_end, limit) - 1 if a != b else -1
    if mode == 2:
        most = step(ladder, tries(places, a, a_end, b, b_end)) if a != b else 0
        return most if most > 0 else -1
    time = took(at, places, a, b, b_end)
    return step(ladder, time) if time >= 0 else -1


@compiled
def pairs(
    mode: Whole,
    limit: Whole,
    table: Array,
    names: Array,
    at: Array,
    offsets: Array,
    first: Whole,
    last: Whole,
    size: Whole,
    ladder: Array,
    local: Array,
    seen: Array,
    begins: Array,
    ends: Array,
    places: Array,
    out: Array,
    groups: Array,
) -> tuple[Whole, Whole]:
    """Mark, by pair of tokens, on which step of the ladder a group is.

    Parameters
    ----------
    mode
        `LATER`, `ALWAYS`, `RETRIED` or `TOOK`.
    limit
        Of time [ns] for `LATER` and `ALWAYS`; negative for none.
    ladder : shape (L,)
        Ascending; the code is ``(a * size + b) * (L + 1) + step``.
    local : shape (size,)
        Room to work in, -1 at first and at the end.
    seen, begins, ends : shape (size,)
        Room to work in.
    places : shape (longest group,)
        Room to work in.
    """
    used, steps = 0, len(ladder) + 1
    for group in range(first, last):
        begin, end = offsets[group], offsets[group + 1]
        kinds = gathered(table, names, begin, end, local, seen, begins, ends, places)
        if used + kinds * kinds > len(out):
            return i64(group), i64(used)
        for one in range(kinds):
            a, a_end = begins[one], ends[one]
            if mode == 2 and a_end - a <= ladder[0]:
                continue  # too few of them for the first step
            base = i64(seen[one]) * size
            for other in range(kinds):
                if limit < 0 and mode < 2:
                    before = places[a] if mode == 0 else places[a_end - 1]
                    level = 0 if before < places[ends[other] - 1] and (mode == 0 or one != other) else -1
                else:
                    level = level_of(mode, at, places, a, a_end, begins[other], ends[other], limit, ladder)
                if level >= 0:
                    out[used] = (base + seen[other]) * steps + level
                    groups[used] = group
                    used += 1
    return i64(last), i64(used)
