"""Watches many series: samples in, alarms out, one an episode, each with its onset."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from telic.context.metrics.bank import Bank
from telic.context.metrics.configuration import FROZEN, Configuration
from telic.context.metrics.episodes import Episodes
from telic.context.metrics.onsets import locate


@dataclass(frozen=True)
class Alarm:
    """A series whose last sample is too surprising to be its own."""

    row: int  # of the series in the bank
    time: float
    surprise: float  # [nats]
    value: float
    level: float  # what was usual, in the unit of the value
    scale: float  # mean absolute deviation from it
    onset: float  # when the level changed, the time of the sample itself where it is the first ...
    earliest: float  # ... and, with 95 %, not before
    latest: float  # ... and not after
    period: float  # in the unit of time, 0: no season known


class Watch:
    """A bank, its episodes and the onsets of its alarms.

    Parameters
    ----------
    series
        How many.
    configuration
        The constants; leave them.

    Examples
    --------
    >>> watch = Watch(1)
    >>> told = [watch.step([5.0 + (n % 3) + (20.0 if n >= 300 else 0.0)], n) for n in range(310)]
    >>> [(each.time, each.onset) for each in told[300]], sum(map(len, told[301:]))
    ([(300.0, 300.0)], 0)
    """

    def __init__(self, series: int, configuration: Configuration = FROZEN) -> None:
        self.bank = Bank(series, configuration)
        self._episodes = Episodes(series, configuration)

    def step(self, values: ArrayLike, times: ArrayLike | None = None) -> list[Alarm]:
        """Take one sample of each series, as `Bank.step` does, and return the alarms that begin with it."""
        level, scale = self.bank.level, self.bank.scale
        when = np.broadcast_to(
            np.asarray(float(self.bank.steps) if times is None else times, dtype=np.float64), level.shape
        )
        surprise = self.bank.step(values, when)
        told = self._episodes.alarms(np.nan_to_num(surprise))
        sample = np.asarray(values, dtype=np.float64)
        return [
            self._alarm(int(row), when[row], surprise[row], sample[row], level[row], scale[row])
            for row in np.flatnonzero(told)
        ]

    def _alarm(self, row: int, time: float, surprise: float, value: float, level: float, scale: float) -> Alarm:
        times, values = self.bank.recent(row)
        found = locate(values)
        onset, earliest, latest = time, time, time
        if found is not None:
            onset, earliest, latest = (float(times[place]) for place in (found.index, found.low, found.high))
        period = float(self.bank.period[row])
        return Alarm(
            row, float(time), float(surprise), float(value), float(level), float(scale), onset, earliest, latest, period
        )
