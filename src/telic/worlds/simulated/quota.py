"""A CPU quota as cgroups have it: so much work in every period, and standing still for the rest of it."""

from __future__ import annotations

import math

PERIOD = 0.1  # [s], as the local world's quota


class Quota:
    """Tells when work ends that may run for `share` [1] of every period.

    Parameters
    ----------
    now
        When the first period begins [s].

    Examples
    --------
    >>> quota = Quota(0.5, 0.0)
    >>> [round(quota.end(0.0, 0.04), 3), round(quota.end(0.04, 0.04), 3), round(quota.end(0.13, 0.08), 3)]
    [0.04, 0.13, 0.31]
    """

    def __init__(self, share: float, now: float) -> None:
        self.share, self._begin, self._used = share, now, 0.0

    def end(self, start: float, seconds: float) -> float:
        """Return when `seconds` [s] of work end that begin at `start` [s], not before the last work's end."""
        if start >= self._begin + PERIOD:
            self._begin += math.floor((start - self._begin) / PERIOD) * PERIOD
            self._used = 0.0
        allowed = PERIOD * self.share
        left = min(allowed - self._used, self._begin + PERIOD - start)
        if seconds <= left:
            self._used += seconds
            return start + seconds
        seconds -= max(left, 0.0)
        whole = math.ceil(seconds / allowed) - 1
        self._begin += (whole + 1) * PERIOD
        self._used = seconds - whole * allowed
        return self._begin + self._used
