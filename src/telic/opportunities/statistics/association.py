"""Adjusted association of many hypotheses with one outcome, and its p-value against the minimum-effect null."""

from __future__ import annotations

import numpy as np
from scipy import special

from telic.opportunities.model import Effect, Floats
from telic.opportunities.statistics.study import Study
from telic.opportunities.statistics.tallying import PLACE, Tallies


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
