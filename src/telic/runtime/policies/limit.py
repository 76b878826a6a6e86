"""Time limits around blocks of code, on real or virtual time."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from telic.clock import Clock, LoopTimed

ROUNDING = 1e-9  # of times: a timer may fire so much early [s]


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

    Attributes
    ----------
    task
        What runs the block; None before and after.
    """

    __slots__ = ("_clock", "_expired", "_seconds", "_timer", "task")

    def __init__(self, clock: Clock, seconds: float | None) -> None:
        self._clock, self._seconds, self._expired = clock, seconds, False
        self._timer: Timer | None = None
        self.task: asyncio.Task[object] | None = None

    def __enter__(self) -> None:
        if self._seconds is not None:
            self.task = asyncio.current_task()
            self._timer = call_later(self._clock, max(0.0, self._seconds), self.expire)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        task, self.task = self.task, None
        if self._timer is not None:
            self._timer.cancel()
        if self._expired and task is not None and task.uncancel() == 0 and kind is asyncio.CancelledError:
            raise TimeoutError(f"not done within {self._seconds} s") from error

    def expire(self) -> None:
        """Cancel the block, if it still runs."""
        if self.task is not None and not self.task.done():
            self._expired = True
            self.task.cancel()


class Deadlines:
    """The limits of one chain: hardly any is reached, so they share a timer.

    Most end later than those before them. They stand in a row, and the timer waits for the first of it; a limit that
    ends before the last of the row has a timer of its own.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock, self.now = clock, clock.monotonic
        self._loop: asyncio.AbstractEventLoop | None = None
        self._row: deque[RowLimit] = deque()
        self._armed = False

    def _arm(self, end: float) -> None:
        self._armed = True
        call_later(self.clock, max(0.0, end - self.now()), self._ring)

    def _ring(self) -> None:
        row, now = self._row, self.now() + ROUNDING
        while row and (row[0].task is None or row[0].end <= now):
            row.popleft().expire()
        self._armed = False
        if row:
            self._arm(row[0].end)


class RowLimit(Limit):
    """``with RowLimit(deadlines, seconds):`` is a `Limit` that stands in a row.

    Attributes
    ----------
    end
        When time is up, on the clock's monotonic scale [s].
    """

    __slots__ = ("_deadlines", "end")

    def __init__(self, deadlines: Deadlines, seconds: float | None) -> None:
        self._deadlines, self._seconds, self._expired = deadlines, seconds, False  # all of `Limit`'s but its clock
        self._timer = self.task = None

    def __enter__(self) -> None:
        if self._seconds is None:
            return
        deadlines = self._deadlines
        now = deadlines.now()
        self.end = end = now + self._seconds
        self.task = None if deadlines._loop is None else asyncio.current_task(deadlines._loop)
        if self.task is None:
            deadlines._loop = asyncio.get_running_loop()  # remembered: asking costs a system call
            self.task = asyncio.current_task(deadlines._loop)
        row = deadlines._row
        while row and row[0].task is None:
            row.popleft()
        if row and row[-1].end > end:
            self._timer = call_later(deadlines.clock, max(0.0, self._seconds), self.expire)
            return
        row.append(self)
        if not deadlines._armed:
            deadlines._arm(end)
