"""Exponential back-off between restarts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Backoff:
    """How long to wait before the next start.

    Examples
    --------
    >>> waits = Backoff()
    >>> [waits.after(healthy=0.0) for _ in range(6)]
    [0.5, 1.0, 2.0, 4.0, 8.0, 10.0]
    >>> waits.after(healthy=30.0)
    0.5
    """

    first: float = 0.5  # [s]
    longest: float = 10.0  # [s]
    forget: float = 20.0  # healthy for so long, it starts anew [s]
    _next: float = 0.0

    def after(self, *, healthy: float) -> float:
        """Return the wait [s] after a process that was ready for `healthy` [s] has exited."""
        wait = self.first if healthy >= self.forget or self._next == 0.0 else self._next
        self._next = min(wait * 2, self.longest)
        return wait

    def reset(self) -> None:
        """Start anew, because something changed that may help."""
        self._next = 0.0
