"""What outcome a group's confounders lead one to expect: a score by which groups become comparable."""

from __future__ import annotations

import numpy as np

from telic.opportunities.model import Codes, Floats

ROUNDS = 12  # of the fit; it changes little after the fifth


def prognosis(of_cell: Codes, size: Floats, total: Floats, spread: float, keep: list[int]) -> Floats:
    """Return the score of each cell, from the effects of its levels without that of exposure.

    Groups of one score are comparable in everything the score is made of: where neither pattern nor outcome depends on
    the other within levels of the confounders, they do not within levels of the score either.

    Parameters
    ----------
    of_cell : shape (cells, columns)
        Levels; the last column is exposure.
    size, total : shape (cells,)
        Groups, and the sum of their values.
    spread
        Variance of the values over their mean: how many of them make a level's effect believable.
    keep
        Which columns, exposure not among them, the score is made of.

    References
    ----------
    Hansen (2008), The prognostic analogue of the propensity score, Biometrika 95(2), section 2. The fit is iterative
    proportional fitting of a log-linear model (Darroch and Ratcliff 1972), with levels shrunk towards no effect.
    """
    columns = [*keep, of_cell.shape[1] - 1]
    mean = float(total.sum() / max(size.sum(), 1.0))
    if mean > 0 and (total >= 0).all():
        return _multiplied(of_cell, size, total, columns, mean, 5.0 * spread)
    return _added(of_cell, size, total, columns, mean)


def _multiplied(of_cell: Codes, size: Floats, total: Floats, columns: list[int], mean: float, prior: float) -> Floats:
    effects = [np.zeros(int(of_cell[:, column].max()) + 1) for column in columns]
    score = np.full(len(size), np.log(mean))
    for _ in range(ROUNDS):
        largest = 0.0
        for at, column in enumerate(columns):
            levels, count = of_cell[:, column], len(effects[at])
            rest = score - effects[at][levels]
            expected = np.bincount(levels, np.exp(rest) * size, count)
            effect = np.log((np.bincount(levels, total, count) + prior) / (expected + prior))
            largest = max(largest, float(np.abs(effect - effects[at]).max()))
            effects[at] = effect
            score = rest + effect[levels]
        if largest < 1e-3:
            break
    return np.asarray(score - effects[-1][of_cell[:, columns[-1]]])


def _added(of_cell: Codes, size: Floats, total: Floats, columns: list[int], mean: float) -> Floats:
    effects = [np.zeros(int(of_cell[:, column].max()) + 1) for column in columns]
    score = np.full(len(size), mean)
    for _ in range(ROUNDS):
        for at, column in enumerate(columns):
            levels, count = of_cell[:, column], len(effects[at])
            rest = score - effects[at][levels]
            weight = np.bincount(levels, size, count)
            effects[at] = np.bincount(levels, total - rest * size, count) / (weight + 20.0)
            score = rest + effects[at][levels]
    return np.asarray(score - effects[-1][of_cell[:, columns[-1]]])


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
