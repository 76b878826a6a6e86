"""HTTP/1.1 to one callee over kept connections: one request at a time on each, the last used first."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

import httptools
import msgspec

from telic.runtime import tls

Headers = Mapping[bytes, str]  # by name in lower case, as `telic.runtime.server.messages.Request` has them
MOST = 512  # connections to one callee; more in flight means that it hangs [1]


class Reply(msgspec.Struct, frozen=True):
    """What the callee answered."""

    status: int
    body: bytes
    headers: dict[bytes, bytes]  # names in lower case


class TransportFailed(Exception):
    """No answer came.

    Parameters
    ----------
    error_type
        ``connection_refused`` or ``connection_reset``; behind TLS also ``certificate_expired``,
        ``certificate_refused`` or ``tls_failed``.
    unsent
        The callee cannot have begun to work on the request.
    """

    def __init__(self, error_type: str, *, unsent: bool) -> None:
        super().__init__(error_type)
        self.error_type, self.unsent = error_type, unsent


class Transport(Protocol):
    """Sends one request to a callee."""

    address: tuple[str, int]

    async def send(self, path: str, headers: Headers, body: bytes, *, repeatable: bool) -> Reply:
        """POST `body`, which is JSON; raise `TransportFailed` where no answer comes. Cancelling gives up."""
        ...

    def move(self, address: tuple[str, int], peer: tls.Peer | None = None) -> None:
        """Send to another address, or to whom TLS proves to be `peer`, from now on; old connections end when idle."""
        ...

    def close(self) -> None:
        """Close what is not in use."""
        ...


class HttpTransport:
    """The real one; connections open when first needed.

    Parameters
    ----------
    peer
        Who has to prove by TLS to be at the address; None: anybody, and without TLS.
    """

    def __init__(self, address: tuple[str, int], peer: tls.Peer | None = None) -> None:
        self.address = address
        self._peer, self._context = peer, peer.context() if peer else None
        self._idle: list[_Connection] = []
        self._open = 0

    def move(self, address: tuple[str, int], peer: tls.Peer | None = None) -> None:
        """Send to another address, or to another peer, from now on."""
        if (address, peer) != (self.address, self._peer):
            self._context = peer.context() if peer else None
            self.address, self._peer = address, peer
            self.close()

    def close(self) -> None:
        """Close idle connections; those in use close when they are done."""
        idle, self._idle = self._idle, []
        for each in idle:
            each.close()

    async def send(self, path: str, headers: Headers, body: bytes, *, repeatable: bool) -> Reply:
        """POST `body`; a kept connection that turns out to be closed is replaced once if the call is `repeatable`."""
        lines = "".join([f"{name.decode()}: {value}\r\n" for name, value in headers.items()])
        head = (
            f"POST {path} HTTP/1.1\r\nhost: {self.address[0]}\r\ncontent-type: application/json\r\n"
            f"{lines}content-length: {len(body)}\r\n\r\n"
        ).encode("latin-1")
        request = head + body
        while self._idle:
            connection = self._idle.pop()
            if connection.closed:
                continue
            try:
                return await self._exchange(connection, request)
            except TransportFailed:
                if connection.answering or not repeatable:
                    raise
                break
        return await self._exchange(await self._connect(), request)

    async def _connect(self) -> _Connection:
        if self._open >= MOST:
            raise TransportFailed("connection_refused", unsent=True)
        address, peer = self.address, self._peer
        loop = asyncio.get_running_loop()
        self._open += 1
        try:
            _, connection = await loop.create_connection(
                lambda: _Connection(address, self._lost),
                *address,
                ssl=self._context,
                server_hostname=peer.name if peer else None,
            )
        except OSError as error:
            self._open -= 1
            refused = "connection_refused" if isinstance(error, ConnectionRefusedError) else "connection_reset"
            raise TransportFailed(tls.error_type(error) or refused, unsent=True) from error
        except BaseException:
            self._open -= 1
            raise
        return connection

    async def _exchange(self, connection: _Connection, request: bytes) -> Reply:
        try:
            reply = await connection.exchange(request)
        except BaseException:
            connection.close()
            raise
        if connection.reusable and connection.address == self.address:
            self._idle.append(connection)
        else:
            connection.close()
        return reply

    def _lost(self) -> None:
        self._open -= 1


class _Connection(asyncio.Protocol):
    """One connection; the parser calls the ``on_`` methods."""

    def __init__(self, address: tuple[str, int], lost: Callable[[], None]) -> None:
        self.address, self._report_lost = address, lost
        self.closed = self.reusable = self.answering = False
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[Reply] | None = None
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        self._parser = httptools.HttpResponseParser(self)

    async def exchange(self, request: bytes) -> Reply:
        """Send `request` and wait for the reply."""
        if self._transport is None or self.closed:
            raise TransportFailed("connection_reset", unsent=True)
        self._waiting = asyncio.get_running_loop().create_future()
        self.answering = self.reusable = False
        self._transport.write(request)
        return await self._waiting

    def close(self) -> None:
        """Close the connection at once."""
        self.closed = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        self.closed = True
        self._report_lost()
        self._fail()

    def data_received(self, data: bytes) -> None:
        self.answering = True
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail()
            self.close()

    def on_message_begin(self) -> None:
        self._headers, self._body = {}, []

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower()] = value

    def on_body(self, part: bytes) -> None:
        self._body.append(part)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status < 200:
            return
        self.reusable = self._parser.should_keep_alive()
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():
            self.close()
            return
        waiting.set_result(Reply(status, b"".join(self._body), self._headers))

    def _fail(self) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None and not waiting.done():
            waiting.set_exception(TransportFailed("connection_reset", unsent=False))
