"""What is remembered of many series: all of it, in a fixed number of cells that grow coarser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


class History:
    """Means over runs of samples; when the cells are full, neighbours are merged and a run becomes twice as long.

    Parameters
    ----------
    series
        How many.
    cells
        How many each may use; even.
    """

    def __init__(self, series: int, cells: int) -> None:
        self._sums = np.zeros((3, series, cells))  # of values, of times, of samples
        self._run, self._filled, self._at = 1, 0, 0
        self._cells = cells

    def add(self, times: Floats, values: Floats, valid: Bools) -> None:
        """Remember one sample of each series; where not valid, that nothing was seen."""
        if self._at == 0 and self._filled == self._cells:
            self._sums[:, :, : self._cells // 2] = self._sums[:, :, 0::2] + self._sums[:, :, 1::2]
            self._sums[:, :, self._cells // 2 :] = 0.0
            self._run, self._filled = 2 * self._run, self._cells // 2
        if self._at == 0:
            self._filled += 1
        cell = self._sums[:, :, self._filled - 1]
        cell[0] += np.where(valid, values, 0.0)
        cell[1] += np.where(valid, times, 0.0)
        cell[2] += valid
        self._at = (self._at + 1) % self._run

    def of(self, row: int) -> tuple[Floats, Floats]:
        """Return times and values of one series, oldest first."""
        values, times, count = self._sums[:, row, : self._filled]
        there = count > 0
        return times[there] / count[there], values[there] / count[there]

    def even(self) -> tuple[Floats, Floats, Floats]:
        """Return all series on grids of their own, evenly spaced in time.

        Returns
        -------
        shape (S, N), shape (S,), shape (S,)
            Values, NaN where nothing was seen; the width of a cell; the time of the first.
        """
        values, times, count = self._sums[:, :, : self._filled]
        there = count > 0
        safe = np.where(there, count, 1.0)
        mean, when = values / safe, np.where(there, times / safe, np.nan)
        width, start = _spacing(when)
        slot = np.where(there, np.floor((when - start[:, None]) / width[:, None] + 0.5), -1).astype(np.int64)
        use = there & (slot >= 0) & (slot < self._filled)
        rows = np.broadcast_to(np.arange(len(mean))[:, None], mean.shape)[use] * self._filled + slot[use]
        size = mean.size
        total = np.bincount(rows, weights=mean[use], minlength=size)
        number = np.bincount(rows, minlength=size)
        grid = np.where(number > 0, total / np.maximum(number, 1), np.nan)
        return grid.reshape(mean.shape), width, start


def _spacing(when: Floats) -> tuple[Floats, Floats]:
    """Return the usual distance of samples, or what lets all of them fit, and the first time."""
    width, start = np.ones(len(when)), np.zeros(len(when))
    some = np.isfinite(when).sum(axis=1) >= 2
    if some.any():
        steps = np.diff(when[some], axis=1)
        usual = np.array([np.median(row[np.isfinite(row)]) if np.isfinite(row).any() else 1.0 for row in steps])
        span = np.nanmax(when[some], axis=1) - np.nanmin(when[some], axis=1)
        fit = span / (when.shape[1] - 1)
        width[some] = np.maximum(np.maximum(usual, fit), 1e-9)
        start[some] = np.nanmin(when[some], axis=1)
    return width, start
