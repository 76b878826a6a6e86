"""The detectors that NAB's series are given to: ours, and the trivial ones beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.metrics.nab import Series
from telic.context.metrics import FROZEN, Bank, Episodes

Floats = NDArray[np.float64]
Detector = Callable[[Sequence[Series]], list[Floats]]

_WINDOW = 6400  # of NAB's own windowed Gaussian
_SLIDE = 100


def telic(corpus: Sequence[Series]) -> list[Floats]:
    """Surprise in nats of every point, 0 within an episode that was already told; past the end nothing is given."""
    length = max(len(each.values) for each in corpus)
    values, times = np.full((length, len(corpus)), np.nan), np.empty((length, len(corpus)))
    for column, each in enumerate(corpus):
        size = len(each.values)
        values[:size, column] = each.values
        times[:size, column] = each.times
        times[size:, column] = each.times[-1] + 300.0 * np.arange(1, length - size + 1)
    surprise = np.nan_to_num(Bank(len(corpus)).run(values, times))
    episodes = Episodes(len(corpus))
    told = np.array([episodes.step(row) for row in surprise])
    return [told[: len(each.values), column] for column, each in enumerate(corpus)]


def null(corpus: Sequence[Series]) -> list[Floats]:
    """The same for every point."""
    return [np.full(len(each.values), 0.5) for each in corpus]


def random(corpus: Sequence[Series]) -> list[Floats]:
    """Uniform noise, the same each time."""
    draw = np.random.default_rng(42)
    return [draw.random(len(each.values)) for each in corpus]


def windowed_gaussian(corpus: Sequence[Series]) -> list[Floats]:
    """NAB's own: the normal tail probability of a value in a window of the last 6,400, moved on by 100."""
    return [_gaussian(each.values) for each in corpus]


def _gaussian(values: Floats) -> Floats:
    scores = np.zeros(len(values))
    first = last = 0
    mean, deviation = 0.0, 1.0
    total = np.concatenate([[0.0], np.cumsum(values)])
    for at, value in enumerate(values):
        if last > first:
            scores[at] = 1 - 0.5 * math.erfc(abs(value - mean) / deviation / math.sqrt(2))
        grown = at + 1 - last
        if last - first < _WINDOW or grown == _SLIDE:
            first, last = (first if last - first < _WINDOW else first + _SLIDE), at + 1
            mean = float(total[last] - total[first]) / (last - first)
            deviation = float(np.std(values[first:last])) or 1e-6
    return scores


ALL: Final[dict[str, Detector]] = {
    "telic": telic,
    "windowed Gaussian": windowed_gaussian,
    "random": random,
    "null": null,
}

ALARM = FROZEN.alarm
