"""A small pool of database connections: opened when needed, last used first, dropped when the address changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What the pool has to know of a connection."""

    def is_closed(self) -> bool:
        """Whether it can no longer be used."""
        ...

    def terminate(self) -> None:
        """Close it at once."""
        ...


C = TypeVar("C", bound=Closable)


class Pool(Generic[C]):
    """At most `size` connections; whoever comes when all are in use waits."""

    def __init__(self, connect: Callable[[], Awaitable[C]], size: int) -> None:
        self._connect, self._free = connect, asyncio.Semaphore(size)
        self._idle: list[C] = []
        self._closed = False

    async def acquire(self) -> C:
        """Borrow a connection; hand it to `release` afterwards, whatever happened."""
        await self._free.acquire()
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
        try:
            return await self._connect()
        except BaseException:
            self._free.release()
            raise

    def release(self, connection: C) -> None:
        """Give a connection back."""
        if self._closed and not connection.is_closed():
            connection.terminate()
        if not connection.is_closed():
            self._idle.append(connection)
        self._free.release()

    def close(self) -> None:
        """Close idle connections now and those in use when they come back."""
        self._closed = True
        idle, self._idle = self._idle, []
        for each in idle:
            each.terminate()
