"""How sure a rate is: intervals for shares of counted episodes, independent or in clusters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import sqrt
from statistics import NormalDist

from telic.errors import UsageError
from telic.model.estimate import Estimate
from telic.operate.statistics import binomial_tail

LEVEL = 0.95  # of every interval that a report shows [1]
_HALVINGS = 60  # of the search for a bound; leaves less than 1e-15 [1]


def wilson(hits: float, trials: float, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the score interval of a share; (0, 1) without trials.

    Parameters
    ----------
    hits, trials
        Counts, or effective counts where episodes are not independent [1].

    References
    ----------
    .. [1] E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical Inference", JASA 22, 1927.

    Examples
    --------
    >>> [round(each, 4) for each in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    if not 0 <= hits <= trials:
        raise UsageError(f"{hits:g} of {trials:g} is no share", hint="count hits among trials")
    if trials == 0:
        return 0.0, 1.0
    z, share = NormalDist().inv_cdf(0.5 + level / 2), hits / trials
    middle = share + z * z / (2 * trials)
    half = z * sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    low, high = ((middle + sign * half) / (1 + z * z / trials) for sign in (-1, 1))
    return 0.0 if hits == 0 else max(0.0, low), 1.0 if hits == trials else min(1.0, high)


def upper_bound(hits: int, trials: int, *, level: float = LEVEL) -> float:
    """Return what a share is at most [1], by the exact one-sided bound; 1 without trials.

    References
    ----------
    .. [1] C. J. Clopper and E. S. Pearson, "The Use of Confidence or Fiducial Limits", Biometrika 26, 1934.

    Examples
    --------
    >>> round(upper_bound(0, 59), 4)
    0.0495
    """
    if not 0 <= hits <= trials:
        raise UsageError(f"{hits} of {trials} is no share", hint="count hits among trials")
    if hits == trials:
        return 1.0
    low, high = hits / trials, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        seen_so_few = 1.0 - binomial_tail(hits + 1, trials, middle)
        low, high = (middle, high) if seen_so_few > 1 - level else (low, middle)
    return high


def clopper_pearson(hits: int, trials: int, *, level: float = LEVEL) -> tuple[float, float]:
    """Return the exact two-sided interval of a share; (0, 1) without trials.

    Examples
    --------
    >>> [round(each, 4) for each in clopper_pearson(8, 10)]
    [0.4439, 0.9748]
    """
    side = 0.5 + level / 2
    return 1.0 - upper_bound(trials - hits, trials, level=side), upper_bound(hits, trials, level=side)


def rate(outcomes: Iterable[tuple[str, bool]], *, level: float = LEVEL) -> Estimate:
    """Return the share of hits among outcomes that come in clusters, each named.

    Episodes of one scenario are alike, so they count for less than as many of different scenarios: the interval is
    Wilson's with the effective number of trials. Where the data cannot tell how alike they are (all hits, or none),
    a cluster counts as one trial.

    Parameters
    ----------
    outcomes
        Cluster and whether it was a hit, one an episode.

    References
    ----------
    .. [1] N. Dean and M. Pagano, "Evaluating Confidence Interval Methods for Binomial Proportions in Clustered
       Surveys", J. Survey Statistics and Methodology 3, 2015.

    Examples
    --------
    >>> rate([("a", True), ("b", True), ("c", False)]).value
    0.6666666666666666
    """
    clusters: dict[str, list[bool]] = {}
    for name, hit in outcomes:
        clusters.setdefault(name, []).append(hit)
    trials, hits = sum(map(len, clusters.values())), sum(map(sum, clusters.values()))
    number = effective(tuple(clusters.values()))
    low, high = wilson(hits / trials * number if trials else 0.0, number, level=level)
    return Estimate(hits / trials if trials else None, low, high, hits, trials)


def effective(clusters: Sequence[Sequence[bool]]) -> float:
    """Return how many independent trials the clusters are worth [1]: from one a cluster to one an outcome.

    The variance of the share is that of a ratio over clusters; a binomial share of so many trials has the same.

    Examples
    --------
    >>> effective([[True, True], [False, False], [True, True], [False, False]])
    3.0
    >>> effective([[True, False], [False, True], [True, False], [False, True]])
    8.0
    """
    trials, hits, groups = sum(map(len, clusters)), sum(map(sum, clusters)), len(clusters)
    if trials == groups:
        return float(trials)
    if groups < 2 or hits in (0, trials):
        return float(groups)
    share = hits / trials
    spread = sum((sum(each) - share * len(each)) ** 2 for each in clusters) * groups / (groups - 1) / trials**2
    return min(float(trials), share * (1 - share) / spread) if spread > 0 else float(trials)


def balanced(sensitivity: Estimate, specificity: Estimate) -> Estimate:
    """Return the mean of two independent shares; without trials in one of them it has no value.

    References
    ----------
    .. [1] R. G. Newcombe, "Interval Estimation for the Difference Between Independent Proportions: Comparison of
       Eleven Methods", Statistics in Medicine 17, 1998, method 10.

    Examples
    --------
    >>> both = balanced(rate([("a", True), ("b", True)]), rate([("c", True), ("d", False)]))
    >>> both.value, round(both.low, 2), round(both.high, 2)
    (0.75, 0.36, 0.95)
    """
    parts = (sensitivity, specificity)
    values = [(each.low + each.high) / 2 if each.value is None else each.value for each in parts]
    down, up = (
        sqrt(sum(((value - getattr(each, end)) / 2) ** 2 for value, each in zip(values, parts, strict=True)))
        for end in ("low", "high")
    )
    middle = sum(values) / 2
    known = all(each.trials for each in parts)
    return Estimate(middle if known else None, max(0.0, middle - down), min(1.0, middle + up))
