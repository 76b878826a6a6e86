"""Adjusted association of many hypotheses with one outcome, and its p-value against the minimum-effect null."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from telic.opportunities.kernels import strata as kernels
from telic.opportunities.kernels.compiled import side_by_side
from telic.opportunities.model import Codes, Effect, Floats, Incidence
from telic.opportunities.statistics.study import Strata, Study

PLACE = {name: at for at, name in enumerate(kernels.COLUMNS)}
NEGLIGIBLE = 0.05  # a difference of exposure, in standard deviations, that asks for no adjustment [1]


@dataclass(frozen=True)
class Tallies:
    """Counts of hypotheses, shape (H, columns of `kernels.COLUMNS`), and which confounders each is adjusted without."""

    table: Floats
    without: tuple[frozenset[int], ...]

    def __len__(self) -> int:
        return len(self.table)

    def of(self, column: str) -> Floats:
        """Return one column; a name without a number is that of the strata that decide."""
        if column in PLACE:
            return np.asarray(self.table[:, PLACE[column]])
        fine = self.table[:, PLACE["fine"]] > 0
        return np.where(fine, self.table[:, PLACE[f"{column}0"]], self.table[:, PLACE[f"{column}1"]])

    def take(self, rows: npt.NDArray[np.intp]) -> Tallies:
        """Return some of them."""
        return Tallies(self.table[rows], tuple(self.without[row] for row in rows))


def tallied(study: Study, members: Incidence, without: tuple[frozenset[int], ...], threads: int = 1) -> Tallies:
    """Count members by stratum, each hypothesis in the strata without the confounders that it is made of."""
    table = np.zeros((len(members), len(kernels.COLUMNS)))
    for variant in dict.fromkeys(without):
        rows = np.flatnonzero([each == variant for each in without])
        part = members if len(rows) == len(members) else taken(members, rows)
        table[rows] = counts(study, study.strata(variant), part, threads)
    return Tallies(table, without)


def counts(study: Study, strata: Strata, members: Incidence, threads: int = 1) -> Floats:
    """Return the table of `Tallies` for hypotheses that are compared in the same strata."""
    out = np.zeros((len(members), len(kernels.COLUMNS)))
    design = study.design
    indptr, groups = np.asarray(members.indptr, dtype=np.int64), np.asarray(members.groups, dtype=np.int32)

    def run(part: tuple[int, int]) -> None:
        fine, coarse = len(strata.n), len(strata.n_coarse)
        kernels.tally(
            indptr, groups, *part, strata.codes, strata.width, strata.n, strata.y, strata.calm, strata.spread,
            strata.n_coarse, strata.y_coarse, strata.spread_coarse, design.score, study.values, study.calm,
            design.users, study.outcome.binary, study.ratio, study.shift, NEGLIGIBLE, np.zeros(fine), np.zeros(fine),
            np.zeros(fine), np.zeros(coarse), np.zeros(coarse), np.zeros(fine), np.zeros(fine),
            np.zeros(design.user_count), np.full(design.user_count, -1, dtype=np.int64), out,
        )  # fmt: skip

    side_by_side(run, parts(indptr, threads), threads)
    return out


def parts(indptr: Any, threads: int) -> list[tuple[int, int]]:
    """Cut hypotheses into runs with about as many members each."""
    total, size = int(indptr[-1]), len(indptr) - 1
    edges = np.searchsorted(indptr, np.linspace(0, total, threads + 1)[1:-1])
    cuts = [0, *(int(edge) for edge in np.minimum(edges, size)), size]
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def taken(members: Incidence, rows: npt.NDArray[np.intp]) -> Incidence:
    """Return the members of some rows."""
    starts, ends = members.indptr[rows], members.indptr[rows + 1]
    sizes = ends - starts
    indptr = np.r_[0, np.cumsum(sizes)].astype(np.int64)
    at = np.arange(int(indptr[-1])) + np.repeat(starts - indptr[:-1], sizes)
    return Incidence(indptr, np.asarray(members.groups)[at])


def joined(members: Sequence[Codes]) -> Incidence:
    """Return the members of hypotheses, one after the other."""
    sizes = [len(each) for each in members]
    groups = np.concatenate([np.zeros(0, dtype=np.int32), *members]).astype(np.int32)
    return Incidence(np.r_[0, np.cumsum(sizes)].astype(np.int64), groups)


def stacked(tallies: Sequence[Tallies]) -> Tallies:
    """Return several tallies as one."""
    return Tallies(np.concatenate([each.table for each in tallies]), tuple(w for each in tallies for w in each.without))


def made_of(study: Study, members: Incidence) -> tuple[frozenset[int], ...]:
    """Return which confounders each hypothesis is made of: adjusted for these, nothing of it would be left."""
    confounders = study.design.confounders
    sizes = np.zeros((len(confounders), max(each.levels for each in confounders)), dtype=np.int64)
    for at, each in enumerate(confounders):
        sizes[at, : each.levels] = each.counts
    whole = np.zeros((len(members), len(confounders)))
    single = np.full((len(members), len(confounders)), -1, dtype=np.int64)
    indptr, groups = np.asarray(members.indptr, dtype=np.int64), np.asarray(members.groups, dtype=np.int32)
    kernels.made_of(indptr, groups, 0, len(members), study.design.levels, sizes, np.zeros_like(sizes), whole, single)
    counts = np.diff(indptr)
    in_cell = np.bincount(study.design.cells, minlength=len(study.design.of_cell))
    joint: dict[tuple[tuple[int, int], ...], int] = {}
    made = []
    for h in range(len(members)):
        of = {c for c in range(len(confounders)) if whole[h, c] >= 0.7}
        alone = tuple((c, int(single[h, c])) for c in range(len(confounders)) if single[h, c] >= 0)
        if not of and len(alone) > 1:
            if alone not in joint:
                same = np.logical_and.reduce([study.design.of_cell[:, c] == level for c, level in alone])
                joint[alone] = int(in_cell[same].sum())
            if counts[h] >= 0.95 * joint[alone]:
                of = {c for c, _ in alone}
        if of & study.design.stages:  # who is new, in other words
            of |= study.design.stages
        made.append(frozenset(of))
    return tuple(made)


def variance(study: Study, tallies: Tallies) -> Floats:
    """Return the variance of the score under the null, with whole users as the units."""
    inside = tallies.of("inside") * np.maximum(tallies.of("deff"), 1.0)
    return np.asarray(inside + tallies.of("outside") * study.clustering)


def scores(study: Study, tallies: Tallies) -> Floats:
    """Return how much the members' weighted sum exceeds the edge of the null, toward harm."""
    edge = study.ratio * tallies.of("s") + study.shift * tallies.of("w")
    return np.asarray(study.toward * (tallies.of("r") - edge))


def z_scores(study: Study, tallies: Tallies) -> Floats:
    """Return scores in standard deviations; -inf where there is nothing to compare with."""
    spread = np.sqrt(np.maximum(variance(study, tallies), 0.0))  # rounding may leave it a little below 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(spread > 0, scores(study, tallies) / spread, -np.inf)


def p_values(study: Study, tallies: Tallies, inflation: Floats | float = 1.0) -> Floats:
    """Return one-sided p-values of "the effect is at most the least that matters".

    A weighted sum of rare events is skewed: its tail is that of a scaled Poisson variable with the same mean and
    variance, of a sum of skewed positive numbers that of a gamma variable; elsewhere the normal tail is used.

    Parameters
    ----------
    inflation
        Times the variance, as permutations have shown it.

    References
    ----------
    Robins, Breslow and Greenland (1986), Biometrics 42(2), for the weights; Fay and Feuer (1997), Stat. Med. 16(7),
    for the scaled tail; Hodges and Lehmann (1954) for the minimum-effect null.
    """
    spread, mean = variance(study, tallies) * inflation, tallies.of("mean")
    excess = scores(study, tallies)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = special.ndtr(-excess / np.sqrt(spread))
        if study.outcome.binary:
            unit = spread / mean
            seen = np.maximum(mean + study.toward * excess, 0.0) / unit
            upper = study.toward > 0
            tail = special.gammainc(seen, mean / unit) if upper else special.gammaincc(seen + 1, mean / unit)
            p = np.where(mean > 0, np.maximum(p, tail), p)
        elif study.toward > 0 and study.shift == 0:
            shape = mean * mean / spread
            p = np.where(mean > 0, np.maximum(p, special.gammaincc(shape, (mean + excess) * shape / mean)), p)
    nothing = (spread <= 0) | ~np.isfinite(p) | (tallies.of("lost") > 0.5 * tallies.of("n"))
    return np.where(nothing, 1.0, p)


def effect(study: Study, tallies: Tallies, row: int, view: str) -> Effect:
    """Return the effect over ``"fine"`` or ``"coarse"`` strata: its ratio is of harm, its difference of the KPI.

    References
    ----------
    Greenland and Robins (1985), Biometrics 41(1), for the variance of the logarithm of the ratio.
    """
    end = "0" if view == "fine" else "1"
    names = ("r", "s", "w", "log", "of_r", "of_s", "unit")
    line = {name: float(tallies.table[row, PLACE[name + end]]) for name in names}
    inflate = max(float(tallies.table[row, PLACE["deff"]]), 1.0)
    members, others, log = line["r"], line["s"], line["log"]
    if not study.outcome.binary:
        return made_effect(members, others, log * inflate, line["w"], 1)
    if study.toward < 0:  # the rarer side is the other one
        members, others = (_left(line["w"], each) for each in (line["r"], line["s"]))
        log = line["of_r"] / members**2 + line["of_s"] / others**2 if members > 0 < others else np.inf
    units = (inflate, line["unit"] * inflate)  # one of the members weighs 1 at most
    return made_effect(members, others, log * inflate, line["w"], study.outcome.harm, units)


def _left(weight: float, taken: float) -> float:
    """Return what is left of a weight, without what rounding leaves."""
    left = weight - taken
    return left if left > 1e-9 * weight else 0.0


def made_effect(
    members: float, others: float, log: float, weight: float, sign: int, units: tuple[float, float] | None = None
) -> Effect:
    """Return an effect from two sums of harm over the same weight, and the variance of the log of their ratio.

    Parameters
    ----------
    units
        What one harmed group adds to either sum, which are counts then: where a sum is 0 its ratio has no variance,
        and the interval is that of `endless`.
    """
    ratio = members / others if others > 0 else (np.inf if members > 0 else np.nan)
    difference = sign * (members - others) / weight if weight > 0 else np.nan
    half = 1.959964 * np.sqrt(log) if 0 < ratio < np.inf and np.isfinite(log) else np.nan
    low, high = (ratio * np.exp(-half), ratio * np.exp(half)) if np.isfinite(half) else (0.0, np.inf)
    if units is not None and members > 0 >= others:
        low = endless(members, *units)
    elif units is not None and others > 0 >= members:
        high = 1 / endless(others, *units[::-1])
    return Effect(float(ratio), float(difference), float(low), float(high))


def endless(members: float, unit: float, unit_others: float) -> float:
    """Return the lower bound (95 %, two-sided) of a ratio of counts of which the other one is 0.

    Both sums have the exact limits of scaled Poisson numbers, put together as limits of a ratio.

    References
    ----------
    Garwood (1936), Biometrika 28, for the limits; Donner and Zou (2012), Stat. Methods Med. Res. 21(4), for the ratio.

    Examples
    --------
    >>> round(endless(40.0, 1.0, 1.0), 1), round(endless(3.0, 1.0, 1.0), 2)
    (10.4, 0.49)
    """
    least = unit * float(special.gammaincinv(members / unit, 0.025))
    most = -unit_others * float(np.log(0.025))
    return float(np.sqrt(least * (2 * members - least)) / most)


def crude(study: Study, tallies: Tallies, row: int) -> Effect:
    """Return the raw effect: members against all others with the outcome defined."""
    n, y = float(tallies.of("n")[row]), float(tallies.of("y")[row])
    rest, total = study.count - n, float(study.values.sum())
    if study.outcome.binary and study.toward < 0:
        y, total = n - y, study.count - total
    if n <= 0 or rest <= 0:
        return Effect(np.nan, np.nan, 0.0, np.inf)
    members, others = y / n, (total - y) / rest
    if study.outcome.binary:
        log = (1 / y - 1 / n if y > 0 else np.inf) + (1 / (total - y) - 1 / rest if total > y else np.inf)
    else:
        log = study.variance * (1 / n / members**2 + 1 / rest / others**2) if members > 0 < others else np.inf
    inflate = max(float(tallies.of("deff")[row]), 1.0)
    if not study.outcome.binary:
        return made_effect(members, others, log * inflate, 1.0, 1)
    return made_effect(members, others, log * inflate, 1.0, study.outcome.harm, (inflate / n, inflate / rest))
