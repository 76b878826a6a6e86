"""A time limit around a block of code, on real or virtual time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from types import TracebackType
from typing import Protocol

from telic.clock import Clock, LoopTimed


class Timer(Protocol):
    """Something that will happen unless it is cancelled."""

    def cancel(self) -> object:
        """Let it not happen."""
        ...


def call_later(clock: Clock, delay: float, callback: Callable[[], object]) -> Timer:
    """Call `callback` after `delay` [s] of `clock`'s time."""
    if isinstance(clock, LoopTimed):
        return clock.call_later(delay, callback)

    async def wait() -> None:
        await clock.sleep(delay)
        callback()

    return asyncio.ensure_future(wait())


class Limit:
    """``with Limit(clock, seconds):`` cancels the block when time is up and raises TimeoutError; None is no limit.

    Unlike ``asyncio.timeout`` it works on any clock and is a plain context manager, which costs less.
    """

    __slots__ = ("_clock", "_expired", "_seconds", "_task", "_timer")

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock, self._seconds = clock, seconds
        self._timer: Timer | None = None
        self._task: asyncio.Task[object] | None = None
        self._expired = False

    def __enter__(self) -> None:
        seconds, clock = self._seconds, self._clock
        if seconds is None:
            return
        self._task = asyncio.current_task()
        later = clock.call_later if isinstance(clock, LoopTimed) else partial(call_later, clock)
        self._timer = later(seconds if seconds > 0 else 0.0, self._expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is None:
            return
        if not self._expired:
            self._timer.cancel()
            return
        if self._task is not None and self._task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError(f"not done within {self._seconds} s") from error

    def _expire(self) -> None:
        if self._task is not None and not self._task.done():
            self._expired = True
            self._task.cancel()
