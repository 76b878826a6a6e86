"""Level and scale of many signals by robust recursion, and how far each new sample lies from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_FREE = 20  # samples before the influence of one is bounded
_TINY = 1e-150  # what is divided by is never less


class Levels:
    """An exponentially weighted level and mean absolute deviation whose steps are bounded (Huber's influence).

    Parameters
    ----------
    shape
        Of the arrays that come in.
    memory
        In samples, of level and scale.
    clip
        The most scales one sample counts for.

    References
    ----------
    .. [1] S. Gelper, R. Fried and C. Croux, "Robust forecasting with exponential and Holt-Winters smoothing", Journal
       of Forecasting 29 (2010), section 3.
    """

    def __init__(self, shape: tuple[int, ...], memory: float, clip: float) -> None:
        self._slowest = 1 / memory
        self._clip = clip
        self.level = np.zeros(shape)
        self.scale = np.zeros(shape)
        self._seen = np.zeros(shape)
        self._settled = False  # every signal has been seen often enough, and has a scale

    def step(self, signal: Floats, valid: Bools, least: Floats) -> Floats:
        """Return how many scales each sample lies from its level, and learn from it.

        Parameters
        ----------
        signal, valid
            The samples and where there are any.
        least
            What is added to the scale, so that the arithmetic's own noise is no deviation; broadcastable.

        Returns
        -------
        array of the same shape
            Not negative; 0 where not valid (nothing is learned there) and for a first sample.
        """
        if not self._settled:
            np.copyto(self.level, signal, where=self._seen == 0)
        apart = signal - self.level
        size = np.abs(apart)
        deviation = size / (self.scale + (least + _TINY))
        bounded = np.minimum(size, self._clip * self.scale)
        if not self._settled:
            free = (self._seen <= _FREE) | (self.scale == 0)
            np.copyto(bounded, size, where=free)
            self._settled = not free.any()
        gain = np.maximum(self._slowest, 1 / (self._seen + 1)) * valid
        self.scale += gain * (bounded - self.scale)
        np.copysign(bounded, apart, out=bounded)
        bounded *= gain
        self.level += bounded
        self._seen += valid
        deviation *= valid
        return deviation
