"""What a season explains of a series: the usual value at each part of its period, from a baseline of several cycles.

The period is found in the baseline alone, by its autocorrelation (`telic.context.metrics.periods`), and believed where
the usual values of its parts leave less than half of what the baseline's one middle leaves unexplained. The baselines
of `telic.context.metrics.bank` do the same on-line.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telic.context.metrics import periods
from telic.context.metrics.configuration import FROZEN

Floats = NDArray[np.float64]

LEAST = 120  # points of a baseline in which a period is looked for [1]
LONG = 7_200.0  # such a baseline [s]
_EXPLAINED = 0.5  # of the mean distance from the middle: a season leaves less [1]
_CYCLES = 2  # that a part of the period was seen in, before its values say what is usual [1]


def usual(times: Floats, values: Floats, at: Floats) -> Floats | None:
    """Return what is usual at the times `at`.

    Parameters
    ----------
    times, values : shape (N,)
        The baseline, in order [s since the Unix epoch].
    at : shape (M,)
        [s since the Unix epoch]

    Returns
    -------
    shape (M,)
        NaN where the season was not seen in two cycles; None where the baseline is short or has no season.
    """
    if len(times) < LEAST or times[-1] - times[0] < LONG or np.ptp(values) == 0.0:
        return None
    period = _period(times, values)
    if period == 0.0:
        return None
    table = _table(times, values, period)
    own = table[_part(times, period)]
    known = np.isfinite(own)
    if known.mean() < 0.5:  # a season of which hardly anything was seen twice
        return None
    left = np.abs(values[known] - own[known]).mean()
    if left >= _EXPLAINED * np.abs(values[known] - np.median(values)).mean():
        return None
    return np.asarray(table[_part(at, period)])


def _period(times: Floats, values: Floats) -> float:
    """Return the period [s], 0 where there is none."""
    cells = min(len(times), FROZEN.history)
    width = (times[-1] - times[0]) / cells
    cell = np.minimum(((times - times[0]) / width).astype(np.int64), cells - 1)
    count = np.bincount(cell, minlength=cells)
    with np.errstate(invalid="ignore"):
        grid = np.bincount(cell, values, cells) / np.where(count, count, np.nan)
    correlation = periods.autocorrelation(grid[None], cells // _CYCLES + 2)
    return float(periods.to_calendar(periods.find(correlation, FROZEN.period_found) * width)[0])


def _part(times: Floats, period: float) -> NDArray[np.int64]:
    return (np.floor(times * (FROZEN.slots / period)).astype(np.int64)) % FROZEN.slots


def _table(times: Floats, values: Floats, period: float) -> Floats:
    """Return the median of each part of the period and its neighbours, NaN where it was seen in one cycle alone."""
    part, cycle = _part(times, period), np.floor(times / period).astype(np.int64)
    order = np.argsort(part, kind="stable")
    bounds = np.searchsorted(part[order], np.arange(FROZEN.slots + 1))
    rows = [order[bounds[each] : bounds[each + 1]] for each in range(FROZEN.slots)]
    table = np.full(FROZEN.slots, np.nan)
    for each in range(FROZEN.slots):
        if len(np.unique(cycle[rows[each]])) >= _CYCLES:
            near = np.concatenate([rows[each - 1], rows[each], rows[(each + 1) % FROZEN.slots]])
            table[each] = np.median(values[near])
    return table
