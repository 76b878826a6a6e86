"""From values to places on a drawing, and the round values that an axis names."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Linear:
    """Equal steps for equal differences."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of `value`, kept inside."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


@dataclass(frozen=True)
class Logarithmic:
    """Equal steps for equal ratios; for latencies, where 2 ms and 2 s have to be seen at once."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of `value`, kept inside."""
        bottom, top = math.log10(self.low), math.log10(self.high)
        share = (math.log10(max(value, self.low)) - bottom) / ((top - bottom) or 1.0)
        return self.start + min(1.0, max(0.0, share)) * (self.end - self.start)


def round_steps(high: float, count: int) -> list[float]:
    """Return about `count` round values from 0 to at least `high`, or to 1.

    Examples
    --------
    >>> round_steps(187, 4)
    [0.0, 50.0, 100.0, 150.0, 200.0]
    """
    rough = max(high, 1.0) / count
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= rough * 0.999)
    return [step * index for index in range(math.ceil(high / step * 0.9999) + 1)]


def decades(low: float, high: float) -> list[float]:
    """Return the powers of ten that enclose `low` and `high`, at least two decades of them.

    Examples
    --------
    >>> decades(0.002, 0.9)
    [0.001, 0.01, 0.1, 1.0]
    """
    first = math.floor(math.log10(low)) if low > 0 else -3
    last = max(math.ceil(math.log10(high) - 1e-9) if high > 0 else 0, first + 2)
    return [10.0**power if power >= 0 else 1 / 10.0**-power for power in range(first, last + 1)]


def time_steps(length: float, count: int) -> list[float]:
    """Return about `count` round moments from 0 to `length` [s].

    Examples
    --------
    >>> time_steps(75, 5)
    [0, 15, 30, 45, 60, 75]
    """
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200)
    step = next((each for each in steps if each >= length / (count + 0.5)), 14400)
    return [step * index for index in range(int(length // step) + 1)]


def clock(moment: float) -> str:
    """Return a moment of a time axis.

    Examples
    --------
    >>> clock(75)
    '1:15'
    """
    minutes, left = divmod(int(moment), 60)
    return f"{minutes}:{left:02d}"
