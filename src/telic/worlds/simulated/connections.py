"""A service's connections to the simulated database: at most so many, whoever comes when all are in use waits."""

from __future__ import annotations

from asyncio import AbstractEventLoop, Future
from collections import deque


class Connections:
    """Counts connections as `telic.runtime.stores.pool.Pool` keeps them; a connection is the epoch that it is of.

    Parameters
    ----------
    size
        How many there may be [1].
    """

    def __init__(self, loop: AbstractEventLoop, size: int) -> None:
        self._loop, self.free = loop, size
        self._idle: list[object] = []
        self._waiting: deque[Future[None]] = deque()
        self._closed = False

    @property
    def queued(self) -> int:
        """How many callers wait [1]."""
        return len(self._waiting)

    def take(self) -> bool:
        """Whether one more connection may be used at once; it is counted then."""
        if self.free and not self._waiting:
            self.free -= 1
            return True
        return False

    def borrow(self, epoch: object) -> bool:
        """Whether an idle connection of `epoch` may be used at once; it is taken then."""
        idle = self._idle
        if not self.free or not idle or idle[-1] is not epoch or self._waiting:
            return False
        self.free -= 1
        idle.pop()
        return True

    async def turn(self) -> None:
        """Wait until one more connection may be used."""
        turn: Future[None] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                self.release(None)
            raise

    def idle(self, epoch: object) -> bool:
        """Whether there is an idle connection of `epoch`; it is taken. Those of other epochs are closed."""
        while self._idle:
            if self._idle.pop() is epoch:
                return True
        return False

    def release(self, epoch: object | None) -> None:
        """Give a connection back, or its place where it is closed (None)."""
        if epoch is not None and not self._closed:
            self._idle.append(epoch)
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self.free += 1

    def close(self) -> None:
        """Close idle connections now and those in use when they come back."""
        self._closed = True
        self._idle.clear()
