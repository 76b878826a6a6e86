"""The one configuration of all metric baselines: no series has settings of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Configuration:
    """Constants of the baselines; counts are of samples of one series.

    They were chosen once, on development data, for all series together. Times and windows are in samples because
    what is seen of a series is its samples, whatever their distance in seconds.
    """

    warm_up: int = 50  # samples before a surprise is spoken of
    cap: float = 40.0  # [nats] one value, however absurd, says no more than this
    fast: float = 50.0  # memory of the fast level
    slow: float = 500.0  # memory of the slow level and of its scale
    drift_windows: tuple[int, int] = (24, 96)  # means over these many samples find small lasting shifts
    drift_memory: float = 1000.0  # memory of the level of those means
    clip: float = 3.0  # [scales] what a single sample may at most add to level and scale
    tail: float = 0.015  # [1] share of the samples that counts as tail
    tail_memory: float = 3000.0  # memory of where the tail begins
    tail_slope: float = 0.3  # prior of the tail's index, in log units ...
    tail_prior: float = 10.0  # ... worth this many exceedances
    bins: tuple[int, ...] = (5, 6, 7, 8)  # alphabets over the range seen; their mean forgets where the borders lie
    range_memory: float = 20_000.0  # in which the range shrinks back to what is seen
    count_memory: int = 8192  # samples after which contexts count half
    side_cost: float = 0.5  # [nats] prior against the views on differences and season
    season_cap: float = 3.0  # [nats] what remains of a surprise that the season explains
    history: int = 1024  # cells kept to find periods in; they grow coarser when full
    first_search: int = 256  # samples before the first search for a period
    search_growth: float = 1.25  # next search when there are so many times as many samples
    cycles: int = 3  # cycles that must be seen, and that the seasonal range is made of
    period_found: float = 0.5  # [1] autocorrelation that makes a period
    period_kept: float = 0.3  # [1] autocorrelation below which it is given up
    slots: int = 48  # parts of a period
    season_window: float = 12.0  # memory of the mean distance from the seasonal range
    alarm: float = 7.5  # [nats] level of an alarm; e**-7.5 is one sample in 1,800
    rest: int = 80  # samples after an alarm that belong to its episode


FROZEN = Configuration()
