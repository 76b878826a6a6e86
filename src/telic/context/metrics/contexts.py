"""How unexpected the next value is after the last ones, by counting: a small variable-order Markov model."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telic.context.metrics.configuration import Configuration

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Counts = NDArray[np.float32]

_ORDERS = 3  # no context, the last symbol, the last two
_PRIOR = np.float32(1.0)  # samples that the shorter context is worth


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
    .. [2] M. Smirnov, "Contextual Anomaly Detector", https://github.com/smirmik/CAD: the idea that the novelty of a
       coarse context is enough to go by.
    """

    def __init__(self, series: int, configuration: Configuration) -> None:
        self._sizes = np.array(configuration.bins, dtype=np.int64)[:, None]
        self._shrink = 1 / configuration.range_memory
        self._halve_after = configuration.count_memory
        cells, begins = _layout(configuration.bins)
        self._table = np.zeros(series * cells, dtype=np.float32)
        self._begins = begins[:, :, None] + np.arange(series) * cells
        self._low, self._high = np.full(series, np.inf), np.full(series, -np.inf)
        shape = (len(configuration.bins), series)
        self._last, self._before = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
        # how often each order's context has been followed: as often as it was itself seen to end one order below
        self._followed = np.zeros((_ORDERS, *shape), dtype=np.float32)
        self._seen = np.zeros(series)
        self._steps = 0

    def step(self, values: Floats, valid: Bools) -> Floats:
        """Return the surprise of each value after those before it [nats] and count it; 0 where not valid."""
        symbols = self._symbols(values, valid)
        cells = self._cells(symbols)
        seen = self._table.take(cells)
        chance: Counts = (1 / self._sizes).astype(np.float32)
        for order in range(_ORDERS):
            chance = (seen[order] + _PRIOR * chance) / (self._followed[order] + _PRIOR)
        surprise = np.log(chance.prod(axis=0, dtype=np.float64)) / -len(self._sizes)
        learn = valid & (self._seen >= _ORDERS - 1)
        self._table[cells] = seen + learn.astype(np.float32)
        self._followed[0] += learn
        if valid.all():
            self._followed[1:] = seen[:-1]
            self._before, self._last = self._last, symbols
        else:
            np.copyto(self._followed[1:], seen[:-1], where=valid)
            np.copyto(self._before, self._last, where=valid)
            np.copyto(self._last, symbols, where=valid)
        self._seen += valid
        self._forget()
        return np.where(learn, surprise, 0.0)

    def _symbols(self, values: Floats, valid: Bools) -> NDArray[np.int64]:
        """Return the symbol of each value in each alphabet; the range takes it in, after shrinking a little."""
        room = self._shrink * valid
        self._low += room * np.where(np.isfinite(self._low), values - self._low, 0.0)
        self._high += room * np.where(np.isfinite(self._high), values - self._high, 0.0)
        np.minimum(self._low, values, out=self._low, where=valid)
        np.maximum(self._high, values, out=self._high, where=valid)
        width = self._high - self._low
        share = np.divide(values - self._low, width, out=np.zeros(len(values)), where=valid & (width > 0))
        return np.asarray(np.minimum((share * self._sizes).astype(np.int64), self._sizes - 1))

    def _cells(self, symbols: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return where the counts of all orders and alphabets lie, shape (orders, K, S)."""
        cells = self._begins + symbols
        cells[1] += self._last * self._sizes
        cells[2] += (self._before * self._sizes + self._last) * self._sizes
        return cells

    def _forget(self) -> None:
        self._steps += 1
        if self._steps % self._halve_after == 0:
            self._table *= np.float32(0.5)
            self._followed *= np.float32(0.5)


def _layout(bins: tuple[int, ...]) -> tuple[int, NDArray[np.int64]]:
    """Return the number of cells of a series and where those of each order and alphabet begin, shape (orders, K)."""
    begins = np.zeros((_ORDERS, len(bins)), dtype=np.int64)
    cell = 0
    for order in range(_ORDERS):
        for number, size in enumerate(bins):
            begins[order, number] = cell
            cell += size ** (order + 1)
    return cell, begins
