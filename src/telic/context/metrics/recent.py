"""The last samples of many series, and their means over some windows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class Recent:
    """A ring of the last steps.

    Parameters
    ----------
    series
        How many.
    windows
        Lengths in steps, the last the longest.
    """

    def __init__(self, series: int, windows: tuple[int, ...]) -> None:
        self._windows = windows
        self._length = windows[-1]
        self._values = np.zeros((self._length, series))
        self._times = np.zeros((self._length, series))
        self._there = np.zeros((self._length, series), dtype=bool)
        self._sums = np.zeros((len(windows), series))
        self._counts = np.zeros((len(windows), series))
        self._steps = 0

    def step(self, times: Floats, values: Floats, valid: Bools) -> Floats:
        """Take one sample of each series and return the means over the windows, this sample included.

        Returns
        -------
        shape (windows, S)
            Of the samples there are in the window; 0 where there is none.
        """
        now = values * valid
        for number, window in enumerate(self._windows):
            leaving = (self._steps - window) % self._length
            self._sums[number] += now - self._values[leaving]
            self._counts[number] += valid
            self._counts[number] -= self._there[leaving]
        at = self._steps % self._length
        self._values[at], self._times[at], self._there[at] = now, times, valid
        self._steps += 1
        if at == 0:
            self._resum()
        return self._sums / np.maximum(self._counts, 1)

    def of(self, row: int) -> tuple[Floats, Floats]:
        """Return times and values of the samples of one series in the longest window, oldest first."""
        order = (self._steps + np.arange(self._length)) % self._length
        order = order[self._there[order, row]]
        return self._times[order, row], self._values[order, row]

    def _resum(self) -> None:
        """Sum again what the windows hold: a sum that is only added to and taken from keeps every error."""
        for number, window in enumerate(self._windows):
            self._sums[number] = self._values[(self._steps - 1 - np.arange(window)) % self._length].sum(axis=0)
