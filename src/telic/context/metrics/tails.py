"""How surprising a deviation is for this very signal: a Pareto tail fitted to its own past, on-line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telic.context.metrics.configuration import Configuration

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LOG_FLOOR = 1e-9
_LEAST = float(np.log(1e-3))  # a deviation within a thousandth of the scale is nothing
_SETTLE = 10  # samples that the scale needs before a deviation means anything


class Tails:
    """The upper tail of many non-negative signals.

    Above a threshold that keeps a fixed share of the samples beyond it, the logarithm of a deviation is taken to be
    exponential (a Pareto tail), its mean excess a recursive Hill estimate. A signal that often deviates far gets a
    flat tail, so the same deviation surprises less. What a sample may teach the tail is bounded, so that an incident
    does not become the norm at once.

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
        self._memory = configuration.tail_memory
        self._share = configuration.tail
        self._prior = configuration.tail_prior
        self._warm_up = configuration.warm_up
        self._most = configuration.tail / (1 / configuration.tail_memory) + configuration.tail_prior
        self._base = -float(np.log(configuration.tail))
        self._start = np.full(shape, _LEAST)
        self._top = np.full(shape, _LEAST)
        self._index = np.full(shape, configuration.tail_slope)
        self._seen = np.zeros(shape)
        self._beyond = np.zeros(shape)

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
        height = np.log(deviation + _LOG_FLOOR)
        excess = height - self._start
        early = self._seen < self._warm_up
        above = (excess > 0) & valid
        surprise = np.where(above & ~early, self._base + excess / self._index, 0.0)
        rate = np.maximum(1 / self._memory, 1 / (self._seen + 1))
        self._beyond += above & ~early
        weight = (above & ~early) / np.minimum(self._beyond + self._prior, self._most)
        step = rate * self._index * np.where(above, (1 - self._share) / self._share, -1.0)
        # while warming up the start is the second largest deviation seen; afterwards it walks to its quantile
        counted = np.where(self._seen >= _SETTLE, height, _LEAST)
        second = np.maximum(self._start, np.minimum(self._top, counted))
        np.copyto(self._top, np.maximum(self._top, counted), where=valid & early)
        np.copyto(self._start, np.where(early, second, np.maximum(self._start + step, _LEAST)), where=valid)
        self._index += weight * (np.minimum(excess, self._ceiling()) - self._index)
        np.maximum(self._index, 0.03, out=self._index)
        self._seen += valid
        return surprise

    def _ceiling(self) -> Floats:
        return 3 * self._index
