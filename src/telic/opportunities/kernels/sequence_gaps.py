"""Three events in order with gaps between them, within a time limit where there is one."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled
from telic.opportunities.kernels.sequence_pairs import gathered

i64: Any = np.int64


@compiled
def begun(at: Array, places: Array, a: Whole, a_end: Whole, b: Whole, b_end: Whole, since: Array) -> Whole:
    """Fill `since` with when the last a before each b was; return the first b that has one, counted from `b`.

    The times do not descend, so that of all chains that end at a b the last to begin is the shortest.
    """
    first, last = b_end - b, i64(-1)
    for index in range(b_end - b):
        while a < a_end and places[a] < places[b + index]:
            last = places[a]
            a += 1
        if last >= 0:
            since[index] = at[last]
            if first > index:
                first = index
    return first


@compiled
def ended(
    at: Array, places: Array, b: Whole, b_end: Whole, first: Whole, since: Array, c: Whole, c_end: Whole, limit: Whole
) -> Whole:
    """Return 1 where a c follows a chain of a and b, all within `limit` (negative for none), else 0."""
    if limit < 0:
        return 1 if places[c_end - 1] > places[b + first] else 0
    index, last = first, i64(-1)
    while c < c_end:
        while b + index < b_end and places[b + index] < places[c]:
            last = index
            index += 1
        if last >= 0 and at[places[c]] - since[last] <= limit:
            return 1
        c += 1
    return 0


@compiled
def triples(
    limit: Whole,
    frequent: Array,
    table: Array,
    names: Array,
    at: Array,
    offsets: Array,
    group: Whole,
    end_group: Whole,
    size: Whole,
    local: Array,
    seen: Array,
    begins: Array,
    ends: Array,
    places: Array,
    since: Array,
    out: Array,
    groups: Array,
) -> tuple[Whole, Whole]:
    """Mark the triples ``(a * size + b) * size + c`` that a group has in this order.

    Parameters
    ----------
    limit
        Of time from a to c [ns]; negative for none.
    frequent : shape (size * size,)
        Whether enough groups have a pair: no triple has more groups than a pair of it.
    group, end_group
        Groups to look at.
    local : shape (size,)
        Room to work in, -1 at first and at the end.
    seen, begins, ends : shape (size,)
        Room to work in.
    places, since : shape (longest group,)
        Room to work in.

    Returns
    -------
    tuple
        The group to go on with, and how many marks there are.
    """
    used = 0
    while group < end_group:
        kinds = gathered(table, names, offsets[group], offsets[group + 1], local, seen, begins, ends, places)
        if used + kinds * kinds * kinds > len(out):
            return i64(group), i64(used)
        for one in range(kinds):
            for two in range(kinds):
                pair = i64(seen[one]) * size + seen[two]
                if not frequent[pair]:
                    continue
                first = begun(at, places, begins[one], ends[one], begins[two], ends[two], since)
                if first == ends[two] - begins[two]:
                    continue
                for three in range(kinds):
                    if frequent[i64(seen[two]) * size + seen[three]] and ended(
                        at, places, begins[two], ends[two], first, since, begins[three], ends[three], limit
                    ):
                        out[used] = pair * size + seen[three]
                        groups[used] = group
                        used += 1
        group += 1
    return i64(group), i64(used)
