"""Finds the period of a series from the series alone: the autocorrelation of what was seen, gaps and all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CALENDAR = (604_800.0, 86_400.0, 43_200.0, 21_600.0, 3_600.0)  # [s] what a period found nearby is taken to be
_NEAR = 0.03  # [1] how near
_LEAST_LAG = 8  # cells
_DECORRELATED = 0.2  # [1] a period is looked for beyond the lag at which the autocorrelation first falls below
_AS_GOOD = 0.9  # [1] of the best peak: the shortest lag as good as that is the period
_LEAST_PAIRS = 0.1  # [1] of the samples that must have a partner at a lag


def autocorrelation(values: Floats, lags: int) -> Floats:
    """Autocorrelation of many evenly spaced series with gaps.

    Parameters
    ----------
    values : shape (S, N)
        NaN where nothing was seen.
    lags
        How many lags, the first being 0.

    Returns
    -------
    shape (S, lags)
        Mean of the products of the pairs that exist over the mean square, outliers clipped; 0 where too few pairs
        exist or the series is constant.
    """
    there = np.isfinite(values)
    count = np.maximum(there.sum(axis=1, keepdims=True), 1)
    clipped = _clipped(values, there)
    size = 1 << int(2 * values.shape[1] - 1).bit_length()
    products = _lagged(clipped, size)[:, :lags]
    pairs = _lagged(there.astype(np.float64), size)[:, :lags].round()
    power = (clipped**2).sum(axis=1, keepdims=True) / count
    enough = (pairs >= np.maximum(_LEAST_PAIRS * count, 1)) & (power > 0)
    return np.where(enough, products / np.maximum(pairs, 1) / np.where(power > 0, power, 1.0), 0.0)


def find(values: Floats, cycles: int, found: float) -> tuple[Floats, Floats]:
    """Return the period of each series in cells (0: none) and the autocorrelation there.

    Parameters
    ----------
    values : shape (S, N)
        Evenly spaced, NaN where nothing was seen.
    cycles
        How often a period must fit into what was seen.
    found
        The least autocorrelation.
    """
    correlation = autocorrelation(values, values.shape[1] // cycles + 2)
    periods, strengths = np.zeros(len(values)), np.zeros(len(values))
    for row, curve in enumerate(correlation):
        periods[row], strengths[row] = _peak(curve, found)
    return periods, strengths


def to_calendar(period: Floats) -> Floats:
    """Return the hour, quarter, half and whole day or week that a period in seconds is within 3 % of, or itself."""
    nearest = np.array(CALENDAR)[np.argmin(np.abs(np.log(np.maximum(period, 1e-9))[..., None] - np.log(CALENDAR)), axis=-1)]
    return np.where(np.abs(period - nearest) <= _NEAR * nearest, nearest, period)


def _peak(curve: Floats, found: float) -> tuple[float, float]:
    fallen = np.flatnonzero(curve < _DECORRELATED)
    first = max(int(fallen[0]), _LEAST_LAG) if len(fallen) else len(curve)
    inner = curve[first:-1]
    if not len(inner) or inner.max() < found:
        return 0.0, 0.0
    before, after = curve[first - 1 : -2], curve[first + 1 :]
    peaks = np.flatnonzero((inner >= before) & (inner >= after) & (inner >= _AS_GOOD * inner.max()))
    if not len(peaks) or inner[peaks[0]] < found:
        return 0.0, 0.0
    at = int(peaks[0])
    bend = before[at] - 2 * inner[at] + after[at]
    return first + at + (0.5 * (before[at] - after[at]) / bend if bend < 0 else 0.0), float(inner[at])


def _clipped(values: Floats, there: NDArray[np.bool_]) -> Floats:
    """Return the values about their mean, outliers bounded, 0 where there is none."""
    known = np.where(there, values, np.nan)
    some = there.any(axis=1)
    centre, spread = np.zeros((len(values), 1)), np.zeros((len(values), 1))
    if some.any():
        centre[some, 0] = np.nanmedian(known[some], axis=1)
        deviation = known[some] - centre[some]
        robust = 1.4826 * np.nanmedian(np.abs(deviation), axis=1)
        spread[some, 0] = 4 * np.maximum(robust, 0.5 * np.sqrt(np.nanmean(deviation**2, axis=1)))
    bounded = np.clip(np.where(there, values - centre, 0.0), -spread, spread)
    mean = bounded.sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    return np.where(there, bounded - mean, 0.0)


def _lagged(values: Floats, size: int) -> Floats:
    spectrum = np.fft.rfft(values, size)
    return np.asarray(np.fft.irfft(spectrum * spectrum.conj(), size))
