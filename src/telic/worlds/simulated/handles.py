"""What a virtual event loop will do: a callback with its context, now or at a time.

Both are made by hundreds of thousands, so their fields are set by the loop itself: a constructor would double the cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, Protocol


class Soon(asyncio.Handle):
    """A callback that is due."""

    __slots__ = ()
    _callback: Callable[..., object] | None
    _args: tuple[Any, ...]
    _context: Context

    def cancel(self) -> None:
        """Let it not happen."""
        self._callback = None

    def cancelled(self) -> bool:
        """Whether it will not happen."""
        return self._callback is None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._callback!r}>"


class Sweeps(Protocol):
    """A loop that clears cancelled timers away when there are many."""

    many: int
    cancelled_timers: int

    def sweep(self) -> None:
        """Clear them away."""
        ...


class Later(asyncio.TimerHandle):
    """A callback that is due at a time; without a context it runs in the loop's."""

    __slots__ = ()
    _callback: Callable[..., object] | None
    _args: tuple[Any, ...]
    _context: Context | None
    _when: float
    _loop: Sweeps | None  # none once it has happened

    def cancel(self) -> None:
        """Let it not happen."""
        if self._callback is not None:
            self._callback, self._args = None, ()
            loop = self._loop
            if loop is not None:
                loop.cancelled_timers += 1
                if loop.cancelled_timers > loop.many:
                    loop.sweep()

    def cancelled(self) -> bool:
        """Whether it will not happen."""
        return self._callback is None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} at {self._when} {self._callback!r}>"
