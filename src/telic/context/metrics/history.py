"""What is remembered of many series: all of it, in a fixed number of cells that grow coarser."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_EVEN = 1e-3  # [1] of the usual distance: times that stray no further are evenly spaced


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
        self._sums = np.zeros((cells, 3, series))  # of values, of times, of samples
        self._run, self._filled, self._at = 1, 0, 0
        self._cells = cells

    def add(self, times: Floats, values: Floats, valid: Bools) -> None:
        """Remember one sample of each series; where not valid, that nothing was seen."""
        if self._at == 0:
            if self._filled == self._cells:
                half = self._cells // 2
                self._sums[:half] = self._sums[0::2] + self._sums[1::2]
                self._sums[half:] = 0.0
                self._run, self._filled = 2 * self._run, half
            self._filled += 1
        cell = self._sums[self._filled - 1]
        cell[0] += values * valid
        cell[1] += times * valid
        cell[2] += valid
        self._at = (self._at + 1) % self._run

    def of(self, row: int) -> tuple[Floats, Floats]:
        """Return times and values of one series, oldest first."""
        values, times, count = self._sums[: self._filled, :, row].T
        there = count > 0
        return times[there] / count[there], values[there] / count[there]

    def even(self, rows: slice) -> tuple[Floats, Floats]:
        """Return some series on grids of their own, evenly spaced in time.

        Returns
        -------
        shape (S, N), shape (S,)
            Values, NaN where nothing was seen; the width of a cell.
        """
        values, times, count = np.ascontiguousarray(self._sums[: self._filled, :, rows].transpose(1, 2, 0))
        there = count > 0
        if there.all():
            mean, when = values / count, times / count
            steps = np.diff(when, axis=1)
            width = steps.mean(axis=1)
            if (width > 0).all() and (np.abs(steps - width[:, None]) <= _EVEN * width[:, None]).all():
                return mean, width
        safe = np.where(there, count, 1.0)
        return _on_grid(np.where(there, values / safe, np.nan), np.where(there, times / safe, np.nan))


def _on_grid(mean: Floats, when: Floats) -> tuple[Floats, Floats]:
    there = np.isfinite(mean)
    length = mean.shape[1]
    width, start = _spacing(when)
    place = np.where(there, np.floor((when - start[:, None]) / width[:, None] + 0.5), -1)
    use = there & (place >= 0) & (place < length)
    cells = (np.arange(len(mean))[:, None] * length + place)[use].astype(np.int64)
    total = np.bincount(cells, weights=mean[use], minlength=mean.size)
    number = np.bincount(cells, minlength=mean.size)
    grid = np.where(number > 0, total / np.maximum(number, 1), np.nan)
    return grid.reshape(mean.shape), width


def _spacing(when: Floats) -> tuple[Floats, Floats]:
    """Return the usual distance of samples, or what lets all of them fit, and the first time."""
    width, start = np.ones(len(when)), np.zeros(len(when))
    for row, line in enumerate(when):
        known = line[np.isfinite(line)]
        if len(known) < 2:
            continue
        start[row] = known[0]
        width[row] = max(float(np.median(np.diff(known))), float(known[-1] - known[0]) / (len(line) - 1), 1e-9)
    return width, start
