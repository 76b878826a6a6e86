"""What outcome a group's confounders lead one to expect: a score by which groups become comparable."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from telic.opportunities.model import Codes, Floats
from telic.opportunities.statistics.codes import sums

ROUNDS = 12  # of the fit; it changes little after the fifth


def effects(of_cell: Codes, size: Floats, total: Floats, spread: float, keep: Collection[int]) -> list[Floats]:
    """Return the effect of each level of each column on the outcome, all others the same; none of columns not kept.

    Where all sums are positive, effects are logarithms of factors, else they are added.

    Parameters
    ----------
    of_cell : shape (cells, columns)
        Levels; the last column is exposure.
    size, total : shape (cells,)
        Groups, and the sum of their values.
    spread
        Variance of the values over their mean: how many of them make a level's effect believable.
    keep
        Columns that are looked at besides exposure.

    References
    ----------
    Hansen (2008), The prognostic analogue of the propensity score, Biometrika 95(2), section 2. The fit is iterative
    proportional fitting of a log-linear model (Darroch and Ratcliff 1972), with levels shrunk towards no effect.
    """
    last = of_cell.shape[1] - 1
    columns = [np.ascontiguousarray(of_cell[:, column]) for column in range(last + 1)]
    found = [np.zeros(int(column.max(initial=0)) + 1) for column in columns]
    mean = float(total.sum() / max(size.sum(), 1.0))
    positive = mean > 0 and bool((total >= 0).all())
    fitted = size * mean if positive else np.full(len(size), mean)
    for _ in range(ROUNDS):
        largest = 0.0
        for at in (*keep, last):
            levels, effect = columns[at], found[at]
            if positive:
                step = _factor(levels, fitted, total, effect, 5.0 * spread)
                fitted *= np.exp(step)[levels]
            else:
                step = _shift(levels, fitted, size, total, effect)
                fitted += step[levels]
            found[at] = effect + step
            largest = max(largest, float(np.abs(step).max()))
        if largest < (1e-3 if positive else 1e-3 * max(spread, 1e-12)):
            break
    return found


def _factor(levels: Codes, fitted: Floats, total: Floats, effect: Floats, prior: float) -> Floats:
    """Return by how much the logarithm of each level's factor changes."""
    expected = sums(levels, fitted, len(effect)) / np.exp(effect)
    return np.asarray(np.log((sums(levels, total, len(effect)) + prior) / (expected + prior)) - effect)


def _shift(levels: Codes, fitted: Floats, size: Floats, total: Floats, effect: Floats) -> Floats:
    """Return by how much what each level adds changes."""
    weight = sums(levels, size, len(effect))
    rest = sums(levels, total - fitted * size, len(effect)) + effect * weight
    return np.asarray(rest / (weight + 20.0) - effect)


def prognosis(of_cell: Codes, found: list[Floats], keep: Collection[int]) -> Floats:
    """Return the score of each cell by some of its columns, exposure not among them.

    Groups of one score are comparable in everything the score is made of: where neither pattern nor outcome depends on
    the other within levels of the confounders, they do not within levels of the score either.
    """
    score = np.zeros(len(of_cell))
    for at in keep:
        score += found[at][of_cell[:, at]]
    return score


def score_bins(score: Floats, size: Floats, bins: int) -> Codes:
    """Return bins of cells by score with about equally many groups in each; equal scores are in one bin.

    Examples
    --------
    >>> score_bins(np.array([0.1, 0.9, 0.1, 0.5]), np.array([5.0, 10.0, 5.0, 10.0]), 3).tolist()
    [0, 2, 0, 1]
    """
    inverse = np.unique(score.round(6), return_inverse=True)[1]
    weight = np.bincount(inverse, size)
    reached = np.cumsum(weight) - weight / 2
    binned = np.minimum((reached * bins / max(weight.sum(), 1.0)).astype(np.int32), bins - 1)
    return np.unique(binned[inverse], return_inverse=True)[1].astype(np.int32)
