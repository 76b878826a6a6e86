"""Probabilities of counts and from weights, small enough to need no library."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, lgamma, log


def binomial_tail(successes: int, trials: int, chance: float) -> float:
    """Probability [1] of at least `successes` in `trials` independent trials of `chance` each.

    Examples
    --------
    >>> round(binomial_tail(3, 3, 0.02), 9)
    8e-06
    >>> binomial_tail(0, 10, 0.5)
    1.0
    """
    if successes <= 0:
        return 1.0
    if successes > trials or chance <= 0.0:
        return 0.0
    if chance >= 1.0:
        return 1.0
    logs = (
        lgamma(trials + 1) - lgamma(k + 1) - lgamma(trials - k + 1) + k * log(chance) + (trials - k) * log(1.0 - chance)
        for k in range(successes, trials + 1)
    )
    return min(1.0, sum(exp(each) for each in logs))


def poisson_at_most(count: int, mean: float) -> float:
    """Probability [1] that a Poisson count of `mean` is at most `count`.

    Examples
    --------
    >>> round(poisson_at_most(0, 2.0), 4)
    0.1353
    """
    if mean <= 0.0:
        return 1.0
    return min(1.0, sum(exp(k * log(mean) - mean - lgamma(k + 1)) for k in range(count + 1)))


def softmax(weights: Sequence[float]) -> list[float]:
    """Return the probability [1] of each of several rivals whose log odds are `weights` [nat]; they sum to 1.

    Examples
    --------
    >>> [round(each, 2) for each in softmax([0.0, 3.0, 0.0])]
    [0.05, 0.91, 0.05]
    >>> softmax([])
    []
    """
    most = max(weights, default=0.0)
    shares = [exp(each - most) for each in weights]
    total = sum(shares)
    return [each / total for each in shares]
