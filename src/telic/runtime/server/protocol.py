"""HTTP/1.1 on one connection: requests are answered in order, and a caller that leaves cancels its work."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import httptools

from telic.runtime.server.messages import WANTED, Request, Response, error, serialise

MOST_BODY = 1 << 20  # [bytes]
MOST_HEAD = 1 << 14  # of address and headers [bytes]
MOST_WAITING = 16  # requests sent ahead on one connection before reading pauses [1]
Handle = Callable[[Request], Awaitable[Response]]


class Connections:
    """All connections of one listener, so that it can be drained."""

    def __init__(self, handle: Handle) -> None:
        self.handle, self.draining = handle, False
        self.open: set[HttpConnection] = set()

    def __call__(self) -> HttpConnection:
        """Make the protocol of a new connection."""
        return HttpConnection(self)

    @property
    def busy(self) -> int:
        """Connections with a request in flight [1]."""
        return sum(1 for each in self.open if each.busy)

    def close_all(self) -> None:
        """Close every connection; what is still being done on it is cancelled."""
        for each in list(self.open):
            each.close()


class HttpConnection(asyncio.Protocol):
    """One connection; the parser calls the ``on_`` methods."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None
        self._waiting: deque[tuple[Request | Response, bool]] = deque()
        self._refusing = False
        self._begin()

    @property
    def busy(self) -> bool:
        """Whether a request is being read or served."""
        return self._task is not None or bool(self._waiting) or self._reading

    def close(self) -> None:
        """Close once what was written is sent."""
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport."""
        self._transport = transport  # type: ignore[assignment]
        self._connections.open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Cancel what is being done for a caller that has left."""
        self._connections.open.discard(self)
        self._waiting.clear()
        if self._task is not None:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        """Parse what came."""
        if self._refusing:
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400, "this server speaks HTTP/1.1 only")
        except httptools.HttpParserError:
            if not self._refusing:
                self._refuse(400, "this is no HTTP/1.1 request")

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._reading = True

    def on_url(self, url: bytes) -> None:
        """Collect the address."""
        self._url += url
        self._measure(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header that is wanted."""
        self._measure(len(name) + len(value))
        name = name.lower()
        if name in WANTED:
            self._headers[name] = value.decode("latin-1")
        elif name == b"expect" and value.lower() == b"100-continue" and self._transport is not None:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, body: bytes) -> None:
        """Collect the body, up to its limit."""
        self._size += len(body)
        if self._size > MOST_BODY:
            self._refuse(413, f"a body has at most {MOST_BODY} bytes")
        else:
            self._body.append(body)

    def on_message_complete(self) -> None:
        """Serve the request, or let it wait for those before it."""
        if self._refusing:
            return
        path, _, query = self._url.decode("latin-1").partition("?")
        body = self._body[0] if len(self._body) == 1 else b"".join(self._body)
        request = Request(self._parser.get_method().decode(), path, query, self._headers, body)
        self._waiting.append((request, self._parser.should_keep_alive()))
        self._begin()
        self._next()

    def _begin(self) -> None:
        self._url, self._body = b"", list[bytes]()
        self._headers: dict[bytes, str] = {}
        self._head = self._size = 0
        self._reading = False

    def _measure(self, length: int) -> None:
        self._head += length
        if self._head > MOST_HEAD:
            self._refuse(400, f"address and headers have at most {MOST_HEAD} bytes")

    def _refuse(self, status: int, message: str) -> None:
        if not self._refusing:
            self._refusing = True
            self._waiting.append((error(status, "malformed", message), False))
            self._next()

    def _next(self) -> None:
        if self._transport is None or self._task is not None:
            if len(self._waiting) >= MOST_WAITING and self._transport is not None:
                self._transport.pause_reading()
            return
        if self._waiting:
            what, keep = self._waiting.popleft()
            if isinstance(what, Response):
                self._write(what, keep=keep)
            else:
                self._task = asyncio.create_task(self._serve(what, keep))

    async def _serve(self, request: Request, keep: bool) -> None:
        try:
            response = await self._connections.handle(request)
        except Exception:
            self.close()
            raise
        finally:
            self._task = None
        self._write(response, keep=keep)
        if self._waiting:
            self._next()
            if self._transport is not None:
                self._transport.resume_reading()

    def _write(self, response: Response, *, keep: bool) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        keep = keep and not self._connections.draining
        transport.write(serialise(response, keep=keep))
        if not keep:
            self._waiting.clear()
            transport.close()
