"""A quota: so many requests a second, and no more than a second's worth at once."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Quota:
    """A bucket that fills with `rate` [requests/s] and holds what comes in 1 s, at least one; a rate of 0 is no quota.

    Examples
    --------
    >>> quota = Quota(2.0)
    >>> [quota.take(10.0) for _ in range(3)], quota.take(10.5)
    ([True, True, False], True)
    """

    rate: float = 0.0  # [1/s]
    _left: float = 0.0  # requests that may come now [1]
    _seen: float = float("-inf")  # when that was so [s]

    def take(self, now: float) -> bool:
        """Whether one more request may come `now`, on any clock that does not go back [s]."""
        most = max(1.0, self.rate)
        self._left, self._seen = min(most, self._left + (now - self._seen) * self.rate), now
        if self._left < 1.0:
            return False
        self._left -= 1.0
        return True
