"""The one configuration of all metric baselines: no series has settings of its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Configuration:
    """Constants of the baselines; memories and windows are in samples.

    They were chosen once, on development data, for all series together.
    """

    warm_up: int = 50  # samples before a surprise is spoken of
    cap: float = 40.0  # [nats] one value, however absurd, says no more than this
    memory: float = 1000.0  # of levels and scales
    clip: float = 3.0  # [scales] what a single sample may at most add to level and scale
    windows: tuple[int, int] = (24, 96)  # means over these many steps find small lasting shifts
    tail: float = 0.015  # [1] share of the samples that counts as tail
    tail_memory: float = 10_000.0  # of where the tail begins
    tail_slope: float = 0.3  # prior of the tail's index, in log units ...
    tail_prior: float = 10.0  # ... worth this many samples beyond the beginning
    bins: tuple[int, ...] = (5, 6, 7, 8)  # alphabets over the range seen; their mean forgets where the borders lie
    range_memory: float = 20_000.0  # in which the range shrinks back to what is seen
    count_memory: int = 8192  # steps after which contexts count half
    season_cap: float = 3.0  # [nats] what remains of a surprise that the season explains
    history: int = 1024  # cells kept to find periods in; they grow coarser when full
    first_search: int = 256  # steps before the first search for a period
    search_growth: float = 1.25  # the next search is when there are so many times as many
    cycles: int = 3  # that must be seen, and that the seasonal range is made of
    period_found: float = 0.4  # [1] autocorrelation that makes a period
    period_kept: float = 0.3  # [1] autocorrelation below which it is given up
    slots: int = 48  # parts of a period
    alarm: float = 7.0  # [nats] level of an alarm; e**-7 is one sample in 1,100
    rest: int = 80  # samples after an alarm that belong to its episode


FROZEN = Configuration()
