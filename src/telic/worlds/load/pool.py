"""Connections to the entry service: as many as are needed at once, kept, bounded."""

from __future__ import annotations

import asyncio
from collections import deque

from telic.worlds.load.connection import Connection
from telic.worlds.load.exchange import Answer, Exchange, problem_of

LIMIT = 512  # connections open or being opened [1]
PATIENCE = 3.0  # to open one [s]


class Pool:
    """Sends exchanges over kept connections; beyond `limit` they wait, and their time runs.

    Parameters
    ----------
    host, port
        Where the entry service listens.
    limit
        Most connections at once [1].
    """

    def __init__(self, host: str, port: int, *, limit: int = LIMIT) -> None:
        self._address, self._limit = (host, port), limit
        self._idle: list[Connection] = []  # the last used is used next, so that surplus ones stay idle
        self._open: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._waiting: deque[Exchange] = deque()
        self._closed = False

    @property
    def connections(self) -> int:
        """Open connections [1]."""
        return len(self._open)

    def submit(self, exchange: Exchange) -> None:
        """Send `exchange` now, or as soon as a connection can carry it."""
        if self._idle:
            self._idle.pop().send(exchange)
            return
        self._waiting.append(exchange)
        self._grow()

    def drop(self, exchange: Exchange) -> None:
        """Give up an exchange that ended by itself, and the connection that carries it."""
        if exchange.line is not None:
            exchange.line.drop()
            exchange.line = None

    async def close(self) -> None:
        """Close every connection."""
        self._closed = True
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for each in tuple(self._open):
            each.drop()
        await asyncio.gather(*(each.lost for each in tuple(self._open)))

    def free(self, connection: Connection) -> None:
        """Let a connection carry the next request that waits."""
        exchange = self._next()
        if exchange is not None:
            connection.send(exchange)
        elif connection in self._open:
            self._idle.append(connection)

    def gone(self, connection: Connection) -> None:
        """Forget a closed connection; open another one where somebody waits for it."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._grow()

    def again(self, exchange: Exchange) -> None:
        """Send an exchange that a closed connection swallowed, before all others, on a connection that is not kept."""
        self._waiting.appendleft(exchange)
        for each in tuple(self._idle):
            each.drop()  # kept since before the server closed its side: most likely as dead
        self._idle.clear()
        self._grow()

    def _next(self) -> Exchange | None:
        while self._waiting:
            exchange = self._waiting.popleft()
            if exchange.answer is None:
                return exchange
        return None

    def _grow(self) -> None:
        wanted = len(self._waiting) - len(self._opening)
        room = self._limit - len(self._open) - len(self._opening)
        for _ in range(min(wanted, room)):
            if not self._closed:
                task = asyncio.ensure_future(self._connect())
                self._opening.add(task)
                task.add_done_callback(self._tried)

    def _tried(self, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        self._grow()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(PATIENCE):
                _, connection = await loop.create_connection(lambda: Connection(self), *self._address)
        except TimeoutError:
            return  # whoever waited so long has timed out as well
        except OSError as error:
            exchange = self._next()
            if exchange is not None:
                exchange.finish(Answer(problem=problem_of(error)))
            return
        if connection.lost.done():
            exchange = self._next()
            if exchange is not None:
                exchange.finish(Answer(problem="connection_reset"))
            return
        self._open.add(connection)
        self.free(connection)
