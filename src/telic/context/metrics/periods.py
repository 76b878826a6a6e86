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
_ENOUGH = 256  # samples for a median
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
    size = _fast_length(values.shape[1] + lags)
    products = _lagged(clipped, size)[:, :lags]
    if there.all():
        pairs = np.broadcast_to(values.shape[1] - np.arange(products.shape[1], dtype=np.float64), products.shape)
    else:
        pairs = np.asarray(_lagged(there.astype(np.float32), size)[:, :lags].round())
    power = np.einsum("ij,ij->i", clipped, clipped)[:, None] / count
    enough = (pairs >= np.maximum(_LEAST_PAIRS * count, 1)) & (power > 0)
    return np.where(enough, products / np.maximum(pairs, 1) / np.where(power > 0, power, 1.0), 0.0)


def find(correlation: Floats, found: float) -> Floats:
    """Return the period of each series in cells, 0 where there is none.

    Parameters
    ----------
    correlation : shape (S, lags)
        Autocorrelations, as far as a period may be.
    found
        The least autocorrelation at a period.
    """
    periods = np.zeros(len(correlation))
    beyond = np.maximum.accumulate(correlation < _DECORRELATED, axis=1)
    beyond[:, :_LEAST_LAG] = False
    for row in np.flatnonzero(np.where(beyond, correlation, 0.0).max(axis=1) >= found):
        periods[row] = _peak(correlation[row], found)
    return periods


def to_calendar(period: Floats) -> Floats:
    """Return the hour, quarter, half and whole day or week that a period in seconds is within 3 % of, or itself."""
    if not period.any():
        return period
    nearest = np.array(CALENDAR)[
        np.argmin(np.abs(np.log(np.maximum(period, 1e-9))[..., None] - np.log(CALENDAR)), axis=-1)
    ]
    return np.where(np.abs(period - nearest) <= _NEAR * nearest, nearest, period)


def _peak(curve: Floats, found: float) -> float:
    fallen = np.flatnonzero(curve < _DECORRELATED)
    first = max(int(fallen[0]), _LEAST_LAG) if len(fallen) else len(curve)
    inner = curve[first:-1]
    if not len(inner) or inner.max() < found:
        return 0.0
    before, after = curve[first - 1 : -2], curve[first + 1 :]
    least = max(_AS_GOOD * float(inner.max()), found)
    peaks = np.flatnonzero((inner >= before) & (inner >= after) & (inner >= least))
    if not len(peaks):
        return 0.0
    at = int(peaks[0])
    bend = before[at] - 2 * inner[at] + after[at]
    return float(first + at + (0.5 * (before[at] - after[at]) / bend if bend < 0 else 0.0))


def _clipped(values: Floats, there: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the values about their mean in units of their scale, outliers bounded, 0 where there is none."""
    if there.all():
        every = values[:, :: max(1, values.shape[1] // _ENOUGH)]
        centre = np.median(every, axis=1, keepdims=True)
        robust = 1.4826 * np.median(np.abs(every - centre), axis=1, keepdims=True)
        size = values - centre
        spread = np.sqrt(np.einsum("ij,ij->i", size, size) / values.shape[1])[:, None]
    else:
        centre, robust, spread = np.zeros((3, len(values), 1))
        for row, (line, known) in enumerate(zip(values, there, strict=True)):
            if known.any():
                centre[row] = np.median(line[known])
                robust[row] = 1.4826 * np.median(np.abs(line[known] - centre[row]))
                spread[row] = np.sqrt(np.mean((line[known] - centre[row]) ** 2))
    most = np.maximum(robust, 0.5 * spread)
    unit = np.where(there, values - centre, 0.0) / np.where(most > 0, most, 1.0)
    bounded = np.clip(unit, -4.0, 4.0)
    bounded -= bounded.sum(axis=1, keepdims=True) / np.maximum(there.sum(axis=1, keepdims=True), 1)
    return np.where(there, bounded, 0.0).astype(np.float32)


def _lagged(values: NDArray[np.float32], size: int) -> NDArray[np.float32]:
    spectrum = np.fft.rfft(values, size)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(np.fft.irfft(power, size), dtype=np.float32)


def _fast_length(least: int) -> int:
    """Return the next length that is a power of two or three times one."""
    power = 1 << (least - 1).bit_length()
    return 3 * power // 4 if 3 * power // 4 >= least else power
