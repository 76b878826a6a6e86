"""How surprising a deviation is for this very signal: a Pareto tail fitted to its own past, on-line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telic.context.metrics.configuration import Configuration
from telic.context.metrics.frequencies import Frequencies

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Rows = NDArray[np.int64]

_LEAST = 1e-3  # a deviation within a thousandth of the scale is nothing
_SETTLE = 10  # samples that the scale needs before a deviation means anything
_BINS, _WIDTH = 64, 0.25  # heights counted, in steps of the logarithm from the least one up
_FLATTEST, _STEEPEST = 0.03, 3.0  # the tail's index is kept above, and a sample counts for at most so many times it


class Tails:
    """The upper tail of many non-negative signals.

    Above a threshold that keeps a fixed share of the samples beyond it, the logarithm of a deviation is taken to be
    exponential (a Pareto tail), its mean excess a recursive Hill estimate. A signal that often deviates far gets a
    flat tail, so the same deviation surprises less; and one that was reached before surprises no more than its
    frequency says. What a sample may teach the tail is bounded, so that an incident does not become the norm at once.

    Parameters
    ----------
    shape
        Of the arrays that come in.
    configuration
        The constants.

    References
    ----------
    .. [1] B. M. Hill, "A simple general approach to inference about the tail of a distribution", Annals of
       Statistics 3 (1975).
    .. [2] A. Siffer et al., "Anomaly Detection in Streams with Extreme Value Theory", KDD 2017 (the streaming
       threshold).
    """

    def __init__(self, shape: tuple[int, ...], configuration: Configuration) -> None:
        self._settings = configuration
        self._shape = shape
        size = int(np.prod(shape))
        self._start = np.full(size, _LEAST)
        self._top = np.full(size, _LEAST)
        self._index = np.full(size, configuration.tail_slope)
        self._seen = np.zeros(size)
        self._beyond = np.zeros(size)
        self._frequencies = Frequencies(size, _BINS, configuration.rest)

    def step(self, deviation: Floats, valid: Bools) -> Floats:
        """Return the surprise of each deviation and learn from it.

        Parameters
        ----------
        deviation
            In scales of the signal, not negative.
        valid
            Where there is a sample.

        Returns
        -------
        array of the same shape
            Minus the logarithm of the tail's probability [nats]; 0 within the tail's beginning, while warming up and
            where not valid.
        """
        apart, there = deviation.reshape(-1), valid.reshape(-1)
        surprise = np.zeros(len(apart))
        early = there & (self._seen < self._settings.warm_up)
        above = there & (apart > self._start)
        if early.any():
            self._warm(np.flatnonzero(early), apart)
            above &= ~early
        rate = np.maximum(1 / self._settings.tail_memory, 1 / (self._seen + 1))
        rate *= there
        rows = np.flatnonzero(above)
        fall = 1 - rate * self._index
        if len(rows):
            fall[rows] = 1.0
            surprise[rows] = self._beyond_start(rows, apart[rows], rate[rows])
        if not early.any():
            self._start *= fall
        else:
            self._start *= np.where(early, 1.0, fall)
        np.maximum(self._start, _LEAST, out=self._start)
        self._seen += there
        return surprise.reshape(self._shape)

    @property
    def warm(self) -> Bools:
        """Where enough has been seen for a surprise."""
        return np.asarray(self._seen >= self._settings.warm_up).reshape(self._shape)

    def _warm(self, rows: Rows, apart: Floats) -> None:
        """Before there is a quantile to follow, the tail begins at the second largest deviation."""
        rows = rows[self._seen[rows] >= _SETTLE]
        here = apart[rows]
        self._start[rows] = np.maximum(self._start[rows], np.minimum(self._top[rows], here))
        self._top[rows] = np.maximum(self._top[rows], here)

    def _beyond_start(self, rows: Rows, apart: Floats, rate: Floats) -> Floats:
        settings = self._settings
        height = np.log(apart)
        excess = height - np.log(self._start[rows])
        index = self._index[rows]
        surprise = self._frequencies.bound(
            excess / index - np.log(settings.tail), rows, (height - np.log(_LEAST)) / _WIDTH, self._seen[rows]
        )
        self._beyond[rows] += 1
        worth = np.minimum(
            self._beyond[rows] + settings.tail_prior, settings.tail * settings.tail_memory + settings.tail_prior
        )
        taught = np.minimum(excess, _STEEPEST * index)
        self._start[rows] *= np.exp(rate * index * (1 - settings.tail) / settings.tail)
        self._index[rows] = np.maximum(index + (taught - index) / worth, _FLATTEST)
        return surprise
