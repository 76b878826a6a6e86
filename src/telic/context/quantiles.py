"""Quantiles of sorted values, without what `numpy.quantile` costs for thousands of short series."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def at(ordered: NDArray[np.float64], share: float) -> float:
    """Return a quantile of sorted values, linear between neighbours as `numpy.quantile` has it.

    Parameters
    ----------
    ordered
        At least one value, the smallest first.
    share
        0 to 1.

    Examples
    --------
    >>> at(np.array([1.0, 2.0, 4.0]), 0.75)
    3.0
    """
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return float(ordered[below] + (ordered[above] - ordered[below]) * (place - below))


def median(values: NDArray[np.float64]) -> float:
    """Return the middle of at least one value, in any order."""
    return at(np.sort(values), 0.5)
