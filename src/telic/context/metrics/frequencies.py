"""How often something as high has happened before, counted by episodes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]


class Frequencies:
    """Counts of the heights of the episodes of many signals.

    Heights are counted by episodes, not by samples: an incident of an hour has happened once.

    Parameters
    ----------
    size
        How many signals.
    bins
        Heights told apart.
    rest
        Samples an episode lasts.
    """

    def __init__(self, size: int, bins: int, rest: int) -> None:
        self._rest = rest
        self._bins = np.arange(bins)
        self._as_high = np.zeros((size, bins), dtype=np.float32)  # episodes that came at least to each height
        self._highest = np.full(size, -1, dtype=np.int64)  # of the episode that goes on, -1: none yet
        self._began = np.zeros(size)

    def bound(self, surprise: Floats, rows: Rows, height: Floats, seen: Floats) -> Floats:
        """Return the surprises, nowhere larger than what the frequency of such a height says, and count the heights.

        Parameters
        ----------
        surprise : shape (N,)
            Of some signals [nats].
        rows : shape (N,)
            Which ones.
        height : shape (N,)
            In bins.
        seen : shape (N,)
            Samples of each so far.
        """
        step = np.clip(height, 0, len(self._bins) - 1).astype(np.int64)
        highest = self._highest[rows]
        over = (seen - self._began[rows] > self._rest) | (highest < 0)
        ended = over & (highest >= 0)
        self._as_high[rows[ended]] += self._bins <= highest[ended, None]
        self._highest[rows] = np.where(over, step, np.maximum(highest, step))
        self._began[rows] = np.where(over, seen, self._began[rows])
        as_high = self._as_high[rows, step]
        return np.where(as_high > 0, np.minimum(surprise, np.log((seen + 1) / np.maximum(as_high, 0.5))), surprise)
