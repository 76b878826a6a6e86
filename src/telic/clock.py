"""Real or virtual time behind one Protocol; whatever waits takes a clock."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time as _time
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

T = TypeVar("T")


class Clock(Protocol):
    """Where code gets the time from."""

    def time(self) -> float:
        """Wall clock [s since the Unix epoch]."""
        ...

    def monotonic(self) -> float:
        """A clock that never goes back [s], of unknown origin."""
        ...

    async def sleep(self, delay: float) -> None:
        """Wait `delay` [s] of this clock's time."""
        ...


class LoopTimed:
    """Base of clocks whose seconds are those of the running event loop's timers."""

    def call_later(self, delay: float, callback: Callable[[], object]) -> asyncio.Handle:
        """Call `callback` after `delay` [s]."""
        return asyncio.get_running_loop().call_later(delay, callback)


class SystemClock(LoopTimed):
    """The machine's own time."""

    def time(self) -> float:
        """Wall clock [s since the Unix epoch]."""
        return _time.time()

    def monotonic(self) -> float:
        """The machine's monotonic clock [s]."""
        return _time.monotonic()

    async def sleep(self, delay: float) -> None:
        """Wait `delay` [s] on the running event loop."""
        await asyncio.sleep(delay)


class VirtualClock:
    """Time that moves only when everybody waits; for tests and simulated worlds.

    Parameters
    ----------
    start
        The first wall-clock time [s since the Unix epoch].

    Examples
    --------
    >>> clock = VirtualClock(start=100.0)
    >>> async def nap() -> float:
    ...     await clock.sleep(3600)
    ...     return clock.time()
    >>> asyncio.run(clock.run(nap()))
    3700.0
    """

    def __init__(self, start: float = 0.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._waiting: list[tuple[float, int, asyncio.Future[None]]] = []

    def time(self) -> float:
        """Virtual wall clock [s since the Unix epoch]."""
        return self._now

    def monotonic(self) -> float:
        """The same as `time`: virtual time never goes back."""
        return self._now

    async def sleep(self, delay: float) -> None:
        """Wait until virtual time has moved on by `delay` [s]."""
        if delay <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (self._now + delay, next(self._order), wake))
        await wake

    async def run(self, main: Awaitable[T], *, settle: int = 50) -> T:
        """Run `main` to its end, moving time on whenever every task waits.

        Parameters
        ----------
        main
            What to run.
        settle
            Passes of the event loop [1] after which everybody counts as waiting.
        """
        task = asyncio.ensure_future(main)
        while not task.done():
            for _ in range(settle):
                await asyncio.sleep(0)
                if task.done():
                    break
            else:
                self._advance()
        return task.result()

    def _advance(self) -> None:
        while self._waiting:
            when, _, wake = heapq.heappop(self._waiting)
            if not wake.done():
                self._now = max(self._now, when)
                wake.set_result(None)
                return
