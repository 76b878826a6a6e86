"""How unexpected the next value is after the last ones, by counting: a small variable-order Markov model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telic.context.metrics.configuration import Configuration

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_ORDERS = 3  # no context, the last symbol, the last two
_PRIOR = 1.0  # samples that the shorter context is worth


class Contexts:
    """Counts of symbols after contexts, for several alphabets at once.

    A value becomes a symbol by cutting the range seen so far into equal parts. The probability of the next symbol is
    the counts' in the longest context, shrunk towards the next shorter one; minus its logarithm is the surprise [nats].
    A jump that was never seen, a pause that never was, a level never visited: all of them cost about the logarithm of
    how often something else followed. The mean over several alphabets makes the borders of the parts not matter.

    Parameters
    ----------
    series
        How many.
    configuration
        The constants.

    References
    ----------
    .. [1] Y. W. Teh, "A hierarchical Bayesian language model based on Pitman-Yor processes", ACL 2006 (shrinkage
       towards the shorter context; here with discount 0).
    .. [2] M. Smirnov, "Contextual Anomaly Detector", the idea that novelty of a coarse context is enough
       (https://github.com/smirmik/CAD).
    """

    def __init__(self, series: int, configuration: Configuration) -> None:
        self._sizes = np.array(configuration.bins)[:, None]
        self._shrink = 1 / configuration.range_memory
        self._halve_after = configuration.count_memory
        cells, self._counts_at, self._totals_at = _layout(configuration.bins)
        self._table = np.zeros((series, cells), dtype=np.float32)
        self._rows = np.arange(series)[None, :] * cells
        self._low, self._high = np.full(series, np.inf), np.full(series, -np.inf)
        self._last = np.zeros((len(configuration.bins), series), dtype=np.int64)
        self._before = np.zeros_like(self._last)
        self._seen = np.zeros(series)
        self._steps = 0

    def step(self, values: Floats, valid: Bools) -> Floats:
        """Return the surprise of each value after those before it [nats] and count it; 0 where not valid."""
        np.minimum(self._low, np.where(valid, values, np.inf), out=self._low)
        np.maximum(self._high, np.where(valid, values, -np.inf), out=self._high)
        symbols = self._symbols(values, valid)
        counts, totals = self._cells(symbols)
        flat = self._table.reshape(-1)
        seen, total = flat[counts], flat[totals]
        chance = np.broadcast_to(1.0 / self._sizes, symbols.shape)
        for order in range(_ORDERS):
            chance = (seen[order] + _PRIOR * chance) / (total[order] + _PRIOR)
        surprise = -np.log(chance).mean(axis=0)
        learn = valid & (self._seen >= _ORDERS - 1)
        more = learn.astype(np.float32)
        flat[counts] = seen + more
        flat[totals] = total + more
        np.copyto(self._before, self._last, where=valid)
        np.copyto(self._last, symbols, where=valid)
        self._seen += valid
        self._forget(values, valid)
        return np.where(learn, surprise, 0.0)

    def _symbols(self, values: Floats, valid: Bools) -> NDArray[np.int64]:
        width = self._high - self._low
        share = np.where(valid & (width > 0), (values - self._low) / np.where(width > 0, width, 1.0), 0.0)
        return np.minimum((share * self._sizes).astype(np.int64), self._sizes - 1)

    def _cells(self, symbols: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return where the counts and the totals of all orders and alphabets lie, both of shape (orders, K, S)."""
        one = self._last
        two = one + self._before * self._sizes
        contexts = np.stack([np.zeros_like(one), one, two])
        counts = self._counts_at[:, :, None] + contexts * self._sizes + symbols + self._rows
        return counts, self._totals_at[:, :, None] + contexts + self._rows

    def _forget(self, values: Floats, valid: Bools) -> None:
        self._steps += 1
        room = np.where(valid, self._shrink, 0.0)
        self._low += room * np.where(valid, values - self._low, 0.0)
        self._high += room * np.where(valid, values - self._high, 0.0)
        if self._steps % self._halve_after == 0:
            self._table *= 0.5


def _layout(bins: tuple[int, ...]) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    """Return the number of cells of a series and where each order's counts and totals begin, shape (orders, K)."""
    counts, totals = np.zeros((_ORDERS, len(bins)), dtype=np.int64), np.zeros((_ORDERS, len(bins)), dtype=np.int64)
    cell = 0
    for order in range(_ORDERS):
        for number, size in enumerate(bins):
            counts[order, number] = cell
            cell += size ** (order + 1)
            totals[order, number] = cell
            cell += size**order
    return cell, counts, totals
