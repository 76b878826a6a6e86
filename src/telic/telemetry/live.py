"""One second of one operation as the receiver saw it: counts and a latency histogram, for monitors that poll."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field

KEPT = 900  # how long the receiver keeps rows [s]
STEPS = (1.0, 1.2, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)  # round numbers, so that objectives fall on a bound
BOUNDS = tuple(round(step * 10.0**decade, 9) for decade in range(-4, 2) for step in STEPS)
"""Upper bounds of the latency buckets [s], 0.1 ms to 80 s, included; one more bucket holds what is slower."""


@dataclass(frozen=True)
class LiveRow:
    """Server spans of one operation that ended in one second.

    The newest two seconds are still incomplete: services export every half second.
    """

    second: int  # in which the spans ended [s since the Unix epoch]
    service: str
    operation: str
    count: int
    errors: int  # span status error; business errors are none
    latency: Mapping[int, int] = field(default_factory=dict)  # index into BOUNDS to spans
    statuses: Mapping[int, int] = field(default_factory=dict)  # HTTP status to spans; 0 where there was none

    def slower_than(self, threshold: float) -> float:
        """Estimate how many spans took longer than `threshold` [s]; exact where it is one of `BOUNDS`.

        Examples
        --------
        >>> LiveRow(0, "gateway", "search", 3, 0, {BOUNDS.index(0.1): 2, BOUNDS.index(0.3): 1}).slower_than(0.1)
        1.0
        """
        index = bisect_left(BOUNDS, threshold)
        slower = float(sum(count for bucket, count in self.latency.items() if bucket > index))
        if index < len(BOUNDS) and (inside := self.latency.get(index, 0)):
            lower, upper = BOUNDS[index - 1] if index else 0.0, BOUNDS[index]
            slower += inside * (upper - threshold) / (upper - lower)
        return slower


def bucket_of(seconds: float) -> int:
    """Return the index in `BOUNDS` of the bucket that holds `seconds`; ``len(BOUNDS)`` above all.

    Examples
    --------
    >>> BOUNDS[bucket_of(0.1)], BOUNDS[bucket_of(0.1001)]
    (0.1, 0.12)
    """
    return bisect_left(BOUNDS, seconds)


def quantile(latency: Mapping[int, int], q: float) -> float:
    """Estimate a quantile [s] from bucket counts; 0 without any.

    Parameters
    ----------
    latency
        Bucket index to count, as in `LiveRow.latency`; sum several rows first to ask about more time.
    q
        Which quantile [1], 0 to 1.

    Examples
    --------
    >>> quantile({BOUNDS.index(0.01): 99, BOUNDS.index(5.0): 1}, 0.5) <= 0.01
    True
    """
    left = q * sum(latency.values())
    last = 0.0
    for bucket in sorted(latency):
        lower = BOUNDS[bucket - 1] if bucket else 0.0
        last = BOUNDS[bucket] if bucket < len(BOUNDS) else BOUNDS[-1]
        if latency[bucket] >= left:
            return min(lower, last) + (last - min(lower, last)) * left / latency[bucket]
        left -= latency[bucket]
    return last
