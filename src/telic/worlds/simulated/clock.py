"""Virtual time as a clock: the loop's seconds, counted from a wall clock's moment."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from telic.clock import LoopTimed
from telic.worlds.simulated.handles import Later
from telic.worlds.simulated.loop import VirtualLoop

START = 1_800_000_000.0  # wall clock at the loop's time 0 [s since the epoch]


class LoopClock(LoopTimed):
    """The clock of a virtual loop.

    Parameters
    ----------
    start
        Wall clock at the loop's time 0 [s since the epoch].
    """

    def __init__(self, loop: VirtualLoop, start: float = START) -> None:
        self.loop, self.start = loop, start

    def time(self) -> float:
        """Virtual wall clock [s since the epoch]."""
        return self.start + self.loop._now

    def monotonic(self) -> float:
        """The loop's time [s]."""
        return self.loop._now

    def time_ns(self) -> int:
        """Virtual wall clock [ns since the epoch]."""
        return int(self.start) * 1_000_000_000 + int((self.loop._now + self.start % 1.0) * 1e9)

    def call_later(self, delay: float, callback: Callable[[], object]) -> Later:
        """Call `callback` after `delay` [s]."""
        loop = self.loop
        return loop._timer(loop._now + delay, callback, (), None)

    async def sleep(self, delay: float) -> None:
        """Wait `delay` [s]; a thread of the loop waits through `VirtualLoop.ask`."""
        await asyncio.sleep(delay)
