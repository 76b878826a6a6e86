"""Retries: which failures deserve one, how long to wait, and a shared budget that keeps storms away."""

from __future__ import annotations

from collections.abc import Callable

from telic.runtime.wiring import RetryPolicy

RETRYABLE = frozenset({"timeout", "connection_refused", "connection_reset", "500", "502", "503"})


class RetryBudget:
    """A token bucket: each first attempt puts in a share, each retry takes a whole token.

    Over time at most `ratio` retries happen per request, after a first `burst`.

    Examples
    --------
    >>> budget = RetryBudget(ratio=0.5, burst=1)
    >>> budget.take(), budget.take()
    (True, False)
    >>> for _ in range(2):
    ...     budget.deposit()
    >>> budget.take()
    True
    """

    __slots__ = ("_tokens", "burst", "ratio")

    def __init__(self, ratio: float, burst: float) -> None:
        self.ratio, self.burst = ratio, max(burst, 1.0)
        self._tokens = self.burst

    def deposit(self) -> None:
        """Account for one request."""
        tokens = self._tokens + self.ratio
        self._tokens = tokens if tokens < self.burst else self.burst

    def take(self) -> bool:
        """Whether one retry may happen; a ratio of 0 is no budget."""
        if self.ratio <= 0:
            return True
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


class Retrier:
    """Decides about the attempts of all calls over one edge."""

    def __init__(self, policy: RetryPolicy | None, random: Callable[[], float]) -> None:
        self.policy = policy or RetryPolicy(max=0)
        self.budget = RetryBudget(self.policy.budget, self.policy.burst)
        self._random = random

    def begin(self) -> None:
        """Account for a call."""
        self.budget.deposit()

    def again(self, attempt: int, error_type: str, *, safe: bool, tried_below: bool) -> float | None:
        """Return how long to wait before the next attempt [s], or None to give up.

        Parameters
        ----------
        attempt
            How many attempts have failed [1], at least 1.
        error_type
            Of the last failure.
        safe
            The call is idempotent or carries an idempotency key.
        tried_below
            The callee has spent retries on it already; then a budgeted layer does not retry again.
        """
        if attempt > self.policy.max or not safe or error_type not in RETRYABLE:
            return None
        if tried_below and self.policy.budget > 0:
            return None
        return self.backoff(attempt) if self.budget.take() else None

    def backoff(self, attempt: int) -> float:
        """Return the wait after the `attempt`-th failure [s], at most 1 s."""
        longest = min(self.policy.backoff * 2.0 ** min(attempt - 1, 30), 1.0)
        return longest * self._random() if self.policy.jitter else longest
