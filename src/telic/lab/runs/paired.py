"""Two actors on the same episodes: exact McNemar, and a bootstrap over scenarios."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from telic.lab.runs.intervals import LEVEL
from telic.model.estimate import Estimate
from telic.operate.statistics import binomial_tail

RESAMPLES = 4000  # of a bootstrap; its bounds are then steady to about a percent of their distance [1]
FEWEST = 6  # clusters of which an interval is given: of fewer, not even a sign test gets below 5 % [1]


def mcnemar(first_only: int, second_only: int) -> float:
    """Return the exact two-sided p-value [1] of two actors being equally good.

    Parameters
    ----------
    first_only, second_only
        Episodes that only the first, only the second actor passed; the others say nothing [1].

    References
    ----------
    .. [1] Q. McNemar, "Note on the Sampling Error of the Difference Between Correlated Proportions", Psychometrika
       12, 1947; exact form: A. Agresti, "Categorical Data Analysis", 3rd ed., section 11.1.

    Examples
    --------
    >>> mcnemar(8, 1), mcnemar(3, 3), mcnemar(0, 0)
    (0.0390625, 1.0, 1.0)
    """
    most = max(first_only, second_only)
    return min(1.0, round(2 * binomial_tail(most, first_only + second_only, 0.5), 12))


def bootstrap(
    clusters: Mapping[str, Sequence[float]], *, seed: int = 1, level: float = LEVEL, resamples: int = RESAMPLES
) -> Estimate | None:
    """Return the mean of paired differences with a percentile interval over resampled clusters; None without any.

    Scenarios are drawn, not episodes: what repeats inside a scenario is no new evidence.

    Parameters
    ----------
    clusters
        By scenario the differences of its episodes, second minus first. Of fewer than `FEWEST`, or where all are equal,
        resampling cannot tell how far chance goes: the interval is then without bounds.

    References
    ----------
    .. [1] C. A. Field and A. H. Welsh, "Bootstrapping Clustered Data", J. Royal Statistical Society B 69, 2007.

    Examples
    --------
    >>> bootstrap({"a": [1.0, 1.0], "b": [1.0]})
    Estimate(value=1.0, low=-inf, high=inf, hits=0, trials=0)
    """
    kept = [each for _, each in sorted(clusters.items()) if len(each)]
    if not kept:
        return None
    sums = np.array([sum(each) for each in kept], dtype=float)
    sizes = np.array([len(each) for each in kept], dtype=float)
    whole = float(sums.sum() / sizes.sum())
    if len(kept) < FEWEST or np.ptp(sums / sizes) == 0.0:
        return Estimate(whole, -np.inf, np.inf)
    drawn = np.random.default_rng(seed).integers(0, len(kept), (resamples, len(kept)))
    means = sums[drawn].sum(axis=1) / sizes[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(whole, float(low), float(high))
