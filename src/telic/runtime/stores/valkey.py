"""The cache port over one pipelined connection to Valkey; when it is slow or down, requests go on without."""

from __future__ import annotations

import asyncio
from collections import deque

from telic.clock import Clock
from telic.runtime.policies.limit import Limit
from telic.runtime.statements import Statement
from telic.runtime.stores.resp import Protocol, Reply, ServerSaid, command
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.store_spans import StoreSpans

TIMEOUT = 0.1  # of one command; a cache that is slower than that is no help [s]
REST = 1.0  # after a failure nothing is asked for this long [s]
_GET, _SET, _DEL = (Statement(each, each) for each in ("GET", "SET", "DEL"))


class ValkeyCache:
    """Implements `telic.runtime.ports.Cache`."""

    def __init__(self, address: tuple[str, int], recorder: Recorder, clock: Clock) -> None:
        self.address = address
        self._spans, self._clock = StoreSpans("valkey", "valkey", recorder), clock
        self._link: _Link | None = None
        self._opening = asyncio.Lock()
        self._resting_until = float("-inf")

    def move(self, address: tuple[str, int]) -> None:
        """Use another address from now on."""
        if address != self.address:
            self.address, self._resting_until = address, float("-inf")
            self.close()

    def close(self) -> None:
        """Close the connection."""
        if self._link is not None:
            self._link.close()
            self._link = None

    async def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or None."""
        found = await self._ask(_GET, key.encode())
        return found if isinstance(found, bytes) else None

    async def set(self, key: str, value: bytes, *, ttl: float) -> None:
        """Keep `value` for `ttl` [s]."""
        await self._ask(_SET, key.encode(), value, b"PX", b"%d" % max(1, round(ttl * 1000)))

    async def delete(self, key: str) -> None:
        """Forget `key`."""
        await self._ask(_DEL, key.encode())

    async def _ask(self, what: Statement, *args: bytes) -> Reply:
        if self._clock.monotonic() < self._resting_until:
            return None
        span = self._spans.begin()
        kind = "cancelled"
        try:
            with Limit(self._clock, TIMEOUT):
                link = await self._connected()
                answer = await link.ask(command(what.name.encode(), *args))
            kind = ""
            return answer
        except TimeoutError:
            kind = "timeout"
        except ServerSaid as error:
            kind = error.code
        except OSError as error:
            kind = "connection_refused" if isinstance(error, ConnectionRefusedError) else "connection_reset"
        finally:
            self._spans.end(span, what, "", kind)
        self._resting_until = self._clock.monotonic() + REST
        self.close()
        return None

    async def _connected(self) -> _Link:
        link = self._link
        if link is not None and not link.closed:
            return link
        async with self._opening:
            if self._link is None or self._link.closed:
                _, self._link = await asyncio.get_running_loop().create_connection(_Link, *self.address)
            return self._link


class _Link(asyncio.Protocol):
    """One connection; answers come in the order of the questions."""

    def __init__(self) -> None:
        self.closed = False
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._parser = Protocol()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        for each in self._waiting:
            if not each.done():
                each.set_exception(ConnectionResetError("the cache closed the connection"))
                each.exception()
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        try:
            for reply in self._parser.feed(data):
                waiting = self._waiting.popleft()
                if waiting.done():
                    continue
                if isinstance(reply, ServerSaid):
                    waiting.set_exception(reply)
                else:
                    waiting.set_result(reply)
        except (ValueError, IndexError):
            self.close()

    async def ask(self, question: bytes) -> Reply:
        """Send a command and wait for its answer."""
        if self._transport is None or self.closed:
            raise ConnectionResetError("the cache closed the connection")
        answer: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(answer)
        self._transport.write(question)
        return await answer

    def close(self) -> None:
        """Close the connection at once."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()
