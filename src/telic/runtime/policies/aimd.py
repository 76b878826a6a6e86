"""An adaptive concurrency limit: a little more while all is fast, a lot less when it is not."""

from __future__ import annotations

from telic.clock import Clock

_DECREASE = 0.8  # factor on a bad answer; between TCP's 0.5 and Netflix's 0.9
_TOLERANCE = 3.0  # slower than this multiple of the usual is a bad answer [1]
_EASE = 0.02  # weight of a new sample in the usual latency [1]


class AimdLimit:
    """How many requests may be served at once, between 1 and `most` [1].

    Examples
    --------
    >>> from telic.clock import VirtualClock
    >>> limit = AimdLimit(8, VirtualClock())
    >>> limit.observe(0.01, ok=False)
    >>> limit.slots
    6
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self.most, self._clock = most, clock
        self._limit = float(most)
        self._usual = 0.0
        self._quiet_until = float("-inf")

    @property
    def slots(self) -> int:
        """The limit now [1]."""
        return int(self._limit)

    def observe(self, latency: float, *, ok: bool) -> None:
        """Account for an answer that took `latency` [s]; `ok` is False for a failure or an abandoned request."""
        slow = self._usual > 0 and latency > _TOLERANCE * self._usual
        if ok and not slow:
            self._limit = min(self._limit + 1.0 / self._limit, self.most)
            self._usual = latency if not self._usual else self._usual + _EASE * (latency - self._usual)
            return
        now = self._clock.monotonic()
        if now >= self._quiet_until:  # one decrease per round: what was sent before it says nothing about it
            self._limit = max(1.0, self._limit * _DECREASE)
            self._quiet_until = now + max(latency, 0.01)
        if ok:
            self._usual += _EASE * _EASE * (latency - self._usual)  # a lasting slowness becomes the usual, slowly
