"""How many episodes it takes to tell two actors apart."""

from __future__ import annotations

from math import ceil, sqrt
from statistics import NormalDist

from telic.errors import UsageError
from telic.lab.runs.paired import mcnemar
from telic.operate.statistics import binomial_tail

ALPHA = 0.05  # chance of calling equals different [1]
POWER = 0.8  # chance of seeing a difference that is there [1]


def episodes_needed(difference: float, discordant: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """Return how many paired episodes show that one actor passes more often than another.

    Parameters
    ----------
    difference
        Of the two shares of passed episodes [1].
    discordant
        Share of episodes that exactly one of the two passes [1]; at least `difference`.

    References
    ----------
    .. [1] R. J. Connor, "Sample Size for Testing Differences in Proportions for the Paired-Sample Design",
       Biometrics 43, 1987, equation 3.

    Examples
    --------
    >>> episodes_needed(0.2, 0.4), episodes_needed(0.1, 0.4)
    (77, 312)
    """
    if not 0 < abs(difference) <= discordant <= 1:
        raise UsageError(
            f"a difference of {difference:g} cannot come from {discordant:g} discordant episodes",
            hint="0 < difference <= discordant <= 1",
        )
    normal = NormalDist()
    sure, seen = normal.inv_cdf(1 - alpha / 2), normal.inv_cdf(power)
    return ceil((sure * sqrt(discordant) + seen * sqrt(discordant - difference**2)) ** 2 / difference**2)


def power_of(episodes: int, difference: float, discordant: float, *, alpha: float = ALPHA) -> float:
    """Return the exact chance [1] that so many paired episodes show a difference by McNemar's exact test.

    Examples
    --------
    >>> round(power_of(80, 0.2, 0.4), 3), power_of(5, 0.2, 0.4)
    (0.779, 0.0)
    """
    better = (discordant + difference) / (2 * discordant) if discordant else 0.5
    chance, wins = 0.0, 1
    for apart in range(1, episodes + 1):
        while (wins <= apart and mcnemar(wins, apart - wins) > alpha) or 2 * wins < apart:
            wins += 1  # the fewest wins among `apart` that are significant; they only grow with `apart`
        seen = binomial_tail(wins, apart, better) + binomial_tail(wins, apart, 1 - better)
        chance += (binomial_tail(apart, episodes, discordant) - binomial_tail(apart + 1, episodes, discordant)) * seen
    return chance


def smallest_difference(
    episodes: int, discordant: float, *, alpha: float = ALPHA, power: float = POWER
) -> float | None:
    """Return the smallest difference [1] that so many paired episodes show; None where none can be seen.

    Examples
    --------
    >>> smallest_difference(77, 0.4)
    0.2
    """
    for step in range(1, int(discordant * 100) + 1):
        if episodes_needed(step / 100, discordant, alpha=alpha, power=power) <= episodes:
            return step / 100
    return None
