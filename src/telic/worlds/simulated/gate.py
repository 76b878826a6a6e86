"""Whether a simulated process acts: while it is stopped, nothing that it does gets anywhere."""

from __future__ import annotations

import asyncio

from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop


class ProcessGate:
    """Closed while the process is stopped."""

    def __init__(self, loop: VirtualLoop) -> None:
        self._loop, self.closed = loop, False
        self._waiting: list[asyncio.Future[None]] = []

    def close(self) -> None:
        """Let nothing pass."""
        self.closed = True

    def open(self) -> None:
        """Let everything pass that waits."""
        self.closed = False
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def passed(self) -> None:
        """Wait until the process runs."""
        while self.closed:
            opened: asyncio.Future[None] = self._loop.create_future()
            self._waiting.append(opened)
            await opened


class GatedClock(LoopClock):
    """The clock of one process: who sleeps in it does not wake while it is stopped."""

    def __init__(self, clock: LoopClock, gate: ProcessGate) -> None:
        super().__init__(clock.loop, clock.start)
        self._gate, self._true = gate, clock.start

    def skew(self, seconds: float) -> None:
        """Tell a wall-clock time that is `seconds` ahead [s]."""
        self.start = self._true + seconds

    async def sleep(self, delay: float) -> None:
        """Wait `delay` [s], and until the process runs."""
        await super().sleep(delay)
        if self._gate.closed:
            await self._gate.passed()
