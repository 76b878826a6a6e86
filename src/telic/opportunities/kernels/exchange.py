"""Exchanges the residuals of users, and scores hypotheses with them: what a permutation test repeats."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, Whole, compiled

u64: Any = np.uint64
i64: Any = np.int64


@compiled
def following(state: Whole) -> Whole:
    """Return the random number after this one (Marsaglia 2003, Xorshift RNGs, section 3); never 0."""
    state ^= state << u64(13)
    state ^= state >> u64(7)
    return state ^ (state << u64(17))


@compiled
def below(state: Whole, limit: Whole) -> Whole:
    """Return a number from 0 to less than `limit`, which is at most 2^32, without dividing.

    Source: Lemire 2019, Fast random integer generation in an interval, section 4; the bias is below ``limit / 2^32``.
    """
    return i64(((state >> u64(32)) * u64(limit)) >> u64(32))


@compiled
def exchange(
    bounds: Array, seeds: Array, first: int, last: int, starts: Array, residual: Array, scale: Array, indptr: Array,
    places: Array, weights: Array, donors: Array, drawn: Array, out: Array,
) -> None:  # fmt: skip
    """Give users the residuals of others of their class, again and again, and score every hypothesis each time.

    Parameters
    ----------
    bounds
        Users are in order of class; those of class ``c`` are from ``bounds[c]`` to ``bounds[c + 1]``.
    seeds : shape (B,)
        A state of the random numbers for each round; rounds `first` to `last` are played.
    starts : shape (U + 1,)
        Where the groups of each user begin, in the order that `residual` and `scale` are in.
    residual, scale : shape (G,)
        Standardised residuals, and what each group's is multiplied with.
    places, weights : shape (incidence,)
        Members of the hypotheses as positions in that order, and what a residual there adds to the score.
    donors, drawn
        Room to work in: (U,) and (G,).
    out : shape (B, H)
        The scores.
    """
    for turn in range(first, last):
        state = seeds[turn]
        for user in range(len(donors)):
            donors[user] = user
        for c in range(len(bounds) - 1):
            low = bounds[c]
            for user in range(bounds[c + 1] - 1, low, -1):
                state = following(state)
                other = low + below(state, user - low + 1)
                donors[user], donors[other] = donors[other], donors[user]
        for user in range(len(donors)):
            begin, end = starts[donors[user]], starts[donors[user] + 1]
            source = begin
            if end - begin > 1:
                state = following(state)
                source += below(state, end - begin)
            for place in range(starts[user], starts[user + 1]):
                drawn[place] = residual[source] * scale[place]
                source += 1
                if source == end:
                    source = begin
        for h in range(len(indptr) - 1):
            total = 0.0
            for at in range(indptr[h], indptr[h + 1]):
                total += weights[at] * drawn[places[at]]
            out[turn, h] = total
