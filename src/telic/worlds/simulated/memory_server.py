"""What the simulated Valkey and NATS have in common: a server that goes down or stands still, and the way to it."""

from __future__ import annotations

import random
from asyncio import AbstractEventLoop, Future

from telic.worlds.simulated.store_path import Link, woken

SIGMA = 0.3  # of the logarithm of a question's time [1]


class MemoryServer:
    """One server for the whole system; what it keeps outlives restarts, as what is on a disk does.

    Attributes
    ----------
    running
        Whether it answers.
    still
        Whether it stands still: connections are there, and answers come when it moves again.
    """

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._loop, self.running, self.still = loop, True, False
        self._waiting: list[Future[None]] = []

    def start(self) -> None:
        """Come up."""
        self.running = True
        self.move()

    def stop(self) -> None:
        """Stand still."""
        self.still = True

    def move(self) -> None:
        """Go on."""
        self.still = False
        self._wake()

    def kill(self) -> None:
        """Go down at once; whoever waits hears of it."""
        self.running = False
        self.move()

    async def change(self, patience: float) -> None:
        """Wait until something may have changed, `patience` [s] at most."""
        changed: Future[None] = self._loop.create_future()
        self._waiting.append(changed)
        timer = self._loop.call_later(patience, woken, changed)
        try:
            await changed
        finally:
            timer.cancel()

    async def moves(self, patience: float) -> bool:
        """Whether it moves, at the latest after `patience` [s]."""
        loop = self._loop
        end = loop.time() + patience
        while self.still and loop.time() < end:
            await self.change(end - loop.time())
        return not self.still

    def outcome(self, link: Link, rng: random.Random, seconds: float, patience: float) -> tuple[float, str]:
        """Return how long the next question over `link` takes [s] and what goes wrong with it.

        Parameters
        ----------
        seconds
            What it takes in the middle, over a clear link [s].
        patience
            Of whoever asks [s].
        """
        taken = seconds * rng.lognormvariate(0.0, SIGMA) + (0.0 if link.clear else link.trip())
        if link.drop or taken > patience:
            return patience, "timeout"
        broken = not self.running or (link.fail and rng.random() < link.fail)
        return taken, "connection_reset" if broken else ""

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            woken(each)
