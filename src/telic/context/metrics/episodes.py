"""One alarm an episode: after an alarm, what follows within the rest belongs to it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telic.context.metrics.configuration import FROZEN, Configuration

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Episodes:
    """Turns surprises into alarms, on-line.

    Parameters
    ----------
    series
        How many.
    configuration
        The level of an alarm and the samples of rest after it.
    """

    def __init__(self, series: int, configuration: Configuration = FROZEN) -> None:
        self._configuration = configuration
        self._rest = np.zeros(series, dtype=np.int64)

    def step(self, surprise: Floats) -> Floats:
        """Return the surprises again, 0 where the sample belongs to an episode that has already been told."""
        resting = self._rest > 0
        told = np.where(resting, 0.0, surprise)
        begins = ~resting & (surprise >= self._configuration.alarm)
        self._rest = np.where(begins, self._configuration.rest, np.maximum(self._rest - 1, 0))
        return told

    def alarms(self, surprise: Floats) -> Bools:
        """Return where an episode begins."""
        return np.asarray(self.step(surprise) >= self._configuration.alarm)
