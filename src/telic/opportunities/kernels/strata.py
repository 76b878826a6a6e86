"""Counts of members by stratum and what Mantel-Haenszel makes of them, compiled: one pass over the incidence."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.opportunities.kernels.compiled import Array, compiled

uint64: Any = np.uint64
int64: Any = np.int64

COLUMNS = (
    "n", "y", "users", "shift", "fine", "deff",
    "r0", "s0", "w0", "mean0", "inside0", "outside0", "log0", "of_r0", "of_s0", "lost0", "unit0",
    "r1", "s1", "w1", "mean1", "inside1", "outside1", "log1", "of_r1", "of_s1", "lost1", "unit1",
)  # fmt: skip
"""What `tally` writes for a hypothesis; those that end in 0 are over fine strata, those in 1 over coarse ones.

n, y, users: members, sum of their values, distinct users. shift: difference of exposure, in standard deviations.
fine: which strata decide. deff: how much more the members' sum varies because users have several groups.
r, s: weighted sums of members and others; w: their weight; mean: of r under the null; inside, outside: variances
under the null; log: variance of log(r / s); of_r, of_s: variances of r and s; lost: members without any others; unit:
what one of the others weighs, on average over their weights.
"""


@compiled
def weigh(
    n1: Array, y1: Array, n: Array, y: Array, spread: Array, binary: bool, rho: float, delta: float,
    weight: Array, middle: Array, row: Array, first: int,
) -> None:  # fmt: skip
    """Write the eleven sums of one view to ``row[first:]``, and each stratum's weight and mean under the null."""
    r = s = w = mean = inside = outside = log = of_r = of_s = lost = unit = 0.0
    for stratum in range(len(n1)):
        a = n1[stratum]
        weight[stratum] = 0.0
        middle[stratum] = 0.0
        if a <= 0:
            continue
        total = n[stratum]
        b = total - a
        if b <= 0:
            lost += a
            continue
        sum1 = y1[stratum]
        sum0 = y[stratum] - sum1
        share0, share1 = b / total, a / total
        r += share0 * sum1
        s += share1 * sum0
        w += a * share0
        m0 = (y[stratum] - a * delta) / (a * rho + b)
        m1 = rho * m0 + delta
        pooled = y[stratum] / total
        if binary:
            m1 = min(m1, 1.0)
            v1, v0, v = m1 * (1 - m1), m0 * (1 - m0), pooled * (1 - pooled)
            log += (a * b * (sum1 + sum0) - sum1 * sum0 * total) / (total * total)
        else:
            v = spread[stratum]
            v1, v0 = v, v
        mean += share0 * a * m1
        inside += share0 * share0 * a * v1
        outside += rho * rho * share1 * share1 * b * v0
        of_r += share0 * share0 * a * v
        of_s += share1 * share1 * b * v
        unit += share1 * share1 * b
        weight[stratum] = share0
        middle[stratum] = m1
    row[first], row[first + 1], row[first + 2], row[first + 3] = r, s, w, mean
    row[first + 4], row[first + 5] = inside, outside
    row[first + 6] = log / (r * s) if binary and r * s > 0 else (of_r / (r * r) + of_s / (s * s) if r * s > 0 else 1e18)
    row[first + 7], row[first + 8], row[first + 9] = of_r, of_s, lost
    row[first + 10] = unit / w if w > 0 else 1.0


@compiled
def exposure_shift(a1: Array, calm: Array, width: int, score: Array) -> float:
    """Return how much longer calm members are exposed than calm others of the same coarse stratum, in their scores."""
    top = bottom = 0.0
    for coarse in range(len(a1) // width):
        in1 = in0 = sum1 = sum0 = 0.0
        for bin in range(width):
            at = coarse * width + bin
            in1 += a1[at]
            in0 += calm[at] - a1[at]
            sum1 += a1[at] * score[bin]
            sum0 += (calm[at] - a1[at]) * score[bin]
        if in1 > 0 and in0 > 0:
            share = in1 * in0 / (in1 + in0)
            top += share * (sum1 / in1 - sum0 / in0)
            bottom += share
    return top / bottom if bottom > 0 else 0.0


@compiled
def tally(
    indptr: Array, groups: Array, begin: int, end: int, codes: Array, width: int, n: Array, y: Array, calm: Array,
    spread: Array, n_coarse: Array, y_coarse: Array, spread_coarse: Array, score: Array, values: Array, is_calm: Array,
    users: Array, binary: bool, rho: float, delta: float, small: float, n1: Array, y1: Array, a1: Array, n2: Array,
    y2: Array, weight: Array, middle: Array, own: Array, seen: Array, out: Array,
) -> None:  # fmt: skip
    """Fill ``out[begin:end]`` with `COLUMNS` for those hypotheses.

    Parameters
    ----------
    codes : shape (G,)
        Fine stratum of each group, coarse stratum times `width` plus bin of exposure; -1 where it is left out.
    n, y, calm, spread : shape (S,)
        Groups, sum of values, calm groups, and variance of values, by fine stratum; `n_coarse` and so on by coarse one.
    score : shape (width,)
        Exposure of each bin, mean 0 and standard deviation 1 over groups.
    small
        A shift of exposure that asks for no adjustment.
    n1, y1, a1, n2, y2, weight, middle, own, seen
        Room to work in; `own` and `seen` by user, zero and -1.
    """
    coarse_size = len(n_coarse)
    for h in range(begin, end):
        n1[:] = 0.0
        y1[:] = 0.0
        a1[:] = 0.0
        members = people = 0
        total = 0.0
        for at in range(indptr[h], indptr[h + 1]):
            group = groups[at]
            code = codes[group]
            if code < 0:
                continue
            members += 1
            value = values[group]
            total += value
            n1[code] += 1.0
            y1[code] += value
            a1[code] += is_calm[group]
            user = users[group]
            if seen[user] != h:
                seen[user] = h
                own[user] = 0.0
                people += 1
        row = out[h]
        row[0], row[1], row[2] = members, total, people
        shift = exposure_shift(a1, calm, width, score)
        row[3] = shift
        quiet = 0.0
        for code in range(len(a1)):
            quiet += a1[code]
        fine = width > 1 and abs(shift) > max(small, 2.0 / max(quiet, 1.0) ** 0.5)
        row[4] = 1.0 if fine else 0.0
        for coarse in range(coarse_size):
            n2[coarse] = 0.0
            y2[coarse] = 0.0
            for bin in range(width):
                n2[coarse] += n1[coarse * width + bin]
                y2[coarse] += y1[coarse * width + bin]
        # The view that decides is weighed last: its weights and means are those that the users' sums need.
        if fine:
            weigh(n2, y2, n_coarse, y_coarse, spread_coarse, binary, rho, delta, weight, middle, row, 17)
            weigh(n1, y1, n, y, spread, binary, rho, delta, weight, middle, row, 6)
        else:
            weigh(n1, y1, n, y, spread, binary, rho, delta, weight, middle, row, 6)
            weigh(n2, y2, n_coarse, y_coarse, spread_coarse, binary, rho, delta, weight, middle, row, 17)
        single = together = 0.0
        for at in range(indptr[h], indptr[h + 1]):
            group = groups[at]
            code = codes[group]
            if code < 0:
                continue
            if not fine:
                code //= width
            part = weight[code] * (values[group] - middle[code])
            single += part * part
            own[users[group]] += part
        for at in range(indptr[h], indptr[h + 1]):
            user = users[groups[at]]
            if codes[groups[at]] >= 0 and own[user] != 0.0:
                together += own[user] * own[user]
                own[user] = 0.0
        row[5] = together / single if single > 0 else 1.0


@compiled
def made_of(
    indptr: Array, groups: Array, begin: int, end: int, levels: Array, sizes: Array, counts: Array, whole: Array,
    single: Array,
) -> None:  # fmt: skip
    """Find of which confounders hypotheses are made.

    Parameters
    ----------
    levels : shape (C, G)
        Level of each group in each confounder; `sizes` of shape (C, levels) says how many groups are in it.
    counts
        Room to work in, shape (C, levels).
    whole : shape (H, C)
        Is set to the share of members in levels that hold (nearly) nobody else [1].
    single : shape (H, C)
        Is set to the level that (nearly) all members are in, or -1.
    """
    for h in range(begin, end):
        members = indptr[h + 1] - indptr[h]
        counts[:] = 0
        for c in range(len(levels)):
            for at in range(indptr[h], indptr[h + 1]):
                counts[c, levels[c, groups[at]]] += 1
        for c in range(len(levels)):
            full = 0
            single[h, c] = -1
            for level in range(counts.shape[1]):
                count = counts[c, level]
                if count > 0 and count >= 0.95 * sizes[c, level]:
                    full += count
                if count >= 0.999 * members:
                    single[h, c] = level
            whole[h, c] = full / max(members, 1)


@compiled
def shared(indptr: Array, groups: Array, mask: Array, out: Array) -> None:
    """Write to `out` how many members of each hypothesis are in `mask`."""
    for h in range(len(indptr) - 1):
        count = 0
        for at in range(indptr[h], indptr[h + 1]):
            count += mask[groups[at]]
        out[h] = count
