"""Level and scale of many signals by robust recursion, and how far each new sample lies from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FREE = 20  # samples before the influence of one is bounded
_RELATIVE = 1e-9  # of the level: differences below it are the arithmetic's
_TINY = 1e-300


class Levels:
    """An exponentially weighted level and mean absolute deviation whose steps are bounded (Huber's influence).

    Parameters
    ----------
    level_memory, scale_memory
        In samples, of the shape of the signals or broadcastable to it.
    clip
        The most scales one sample counts for.
    shape
        Of the arrays that come in.

    References
    ----------
    .. [1] S. Gelper, R. Fried and C. Croux, "Robust forecasting with exponential and Holt-Winters smoothing", Journal
       of Forecasting 29 (2010), section 3.
    """

    def __init__(self, shape: tuple[int, ...], level_memory: Floats, scale_memory: Floats, clip: float) -> None:
        self._slowest = 1 / level_memory
        self._slowest_scale = 1 / scale_memory
        self._clip = clip
        self.level = np.zeros(shape)
        self.scale = np.zeros(shape)
        self._seen = np.zeros(shape)

    def step(self, signal: Floats, valid: Bools) -> Floats:
        """Return how many scales each sample lies from its level, and learn from it.

        Where not valid the answer is 0 and nothing is learned.
        """
        first = self._seen == 0
        np.copyto(self.level, signal, where=first & valid)
        apart = np.where(valid, signal - self.level, 0.0)
        size = np.abs(apart)
        deviation = size / (self.scale + _RELATIVE * np.abs(self.level) + _TINY)
        bound = np.where((self._seen > _FREE) & (self.scale > 0), self._clip * self.scale, np.inf)
        bounded = np.minimum(size, bound)
        fresh = 1 / (self._seen + 1)
        self.level += np.maximum(self._slowest, fresh) * np.copysign(bounded, apart)
        self.scale += np.where(valid, np.maximum(self._slowest_scale, fresh) * (bounded - self.scale), 0.0)
        self._seen += valid
        return np.where(first, 0.0, deviation)
