"""A circuit breaker: after too many failures in a window it refuses for a while, then lets one probe through."""

from __future__ import annotations

from collections import deque

from telic.clock import Clock
from telic.runtime.wiring import BreakerPolicy

_PARTS = 10  # of a window that are forgotten one by one [1]


class Breaker:
    """State of one edge; counts operations, since it sits outside retry.

    Examples
    --------
    >>> from telic.clock import VirtualClock
    >>> breaker = Breaker(BreakerPolicy(minimum=2), VirtualClock())
    >>> for _ in range(2):
    ...     breaker.record(breaker.admit(), ok=False)
    >>> breaker.admit() is None
    True
    """

    def __init__(self, policy: BreakerPolicy, clock: Clock) -> None:
        self.policy, self._clock = policy, clock
        self._parts: deque[list[float]] = deque()  # [start, calls, failures]
        self._calls = self._failures = 0.0
        self._opened: float | None = None
        self._probing = False

    @property
    def is_open(self) -> bool:
        """Whether calls are refused, apart from a probe."""
        return self._opened is not None

    def admit(self) -> str | None:
        """Return ``"call"`` or ``"probe"``, to be handed to `record` or `release`; None to refuse."""
        if self._opened is None:
            return "call"
        if self._probing or self._clock.monotonic() - self._opened < self.policy.open:
            return None
        self._probing = True
        return "probe"

    def record(self, ticket: str | None, *, ok: bool) -> None:
        """Account for a finished operation."""
        if ticket == "probe":
            self._probing = False
            self._opened = None if ok else self._clock.monotonic()
            if ok:
                self._forget(float("inf"))
            return
        if self._opened is not None or ticket is None:
            return
        self._count(failed=not ok)
        if self._calls >= self.policy.minimum and self._failures >= self.policy.ratio * self._calls:
            self._opened = self._clock.monotonic()

    def release(self, ticket: str | None) -> None:
        """Let go of a ticket whose operation was given up without a verdict."""
        if ticket == "probe":
            self._probing = False

    def _count(self, *, failed: bool) -> None:
        now = self._clock.monotonic()
        self._forget(now - self.policy.window)
        width = self.policy.window / _PARTS
        if not self._parts or now - self._parts[-1][0] >= width:
            self._parts.append([now, 0.0, 0.0])
        self._parts[-1][1] += 1
        self._parts[-1][2] += failed
        self._calls += 1
        self._failures += failed

    def _forget(self, before: float) -> None:
        while self._parts and self._parts[0][0] <= before:
            _, calls, failures = self._parts.popleft()
            self._calls -= calls
            self._failures -= failures
