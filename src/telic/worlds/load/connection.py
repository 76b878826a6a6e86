"""A keep-alive HTTP/1.1 client connection: one request at a time, as little work as possible."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

import httptools

from telic.worlds.load.exchange import Answer, Exchange


class Owner(Protocol):
    """Who is told what became of a connection."""

    def free(self, connection: Connection) -> None:
        """Take note that the connection can carry the next request."""
        ...

    def gone(self, connection: Connection) -> None:
        """Take note that the connection is closed."""
        ...

    def again(self, exchange: Exchange) -> None:
        """Send a request again that a kept connection swallowed: the server had closed it already."""
        ...


class Connection(asyncio.Protocol):
    """Carries one exchange after the other, until either side closes."""

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._body: list[bytes] = []
        self._served = 0  # exchanges that ended well on it [1]
        self._heard = False  # anything of the answer
        self._complete = False
        self._status, self._keep = 0, False

    def send(self, exchange: Exchange) -> None:
        """Put a request on the wire."""
        assert self._transport is not None, "a connection is given out when it is made"
        exchange.line, self._exchange = self, exchange
        self._parser, self._heard, self._complete = httptools.HttpResponseParser(self), False, False
        self._body.clear()
        self._transport.write(exchange.payload())

    def drop(self) -> None:
        """Close at once; an exchange on it is left as it is."""
        self._exchange = None
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note the transport (asyncio)."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one in all but name

    def data_received(self, data: bytes) -> None:
        """Read a piece of an answer (asyncio)."""
        parser, exchange = self._parser, self._exchange
        if parser is None or exchange is None:
            self.drop()  # bytes that nobody asked for: nothing on this connection can be trusted any more
            return
        self._heard = True
        try:
            parser.feed_data(data)
        except httptools.HttpParserError:
            self.drop()
            exchange.finish(Answer(problem="malformed_http"))
            return
        if self._complete:
            self._end(exchange)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the exchange on it, if there is one (asyncio)."""
        exchange, self._exchange = self._exchange, None
        self.lost.set_result(None)
        self._owner.gone(self)
        if exchange is None or exchange.answer is not None:
            return
        if self._served and not self._heard and exchange.tries == 0:
            exchange.tries += 1
            self._owner.again(exchange)
            return
        exchange.finish(Answer(problem="connection_reset"))

    def on_body(self, data: bytes) -> None:
        """Collect a piece of the body (httptools)."""
        if not self._complete:
            self._body.append(data)

    def on_message_complete(self) -> None:
        """Note that the answer is whole (httptools); the parser forgets the rest right after this."""
        if self._parser is not None and not self._complete:
            self._complete = True
            self._status, self._keep = self._parser.get_status_code(), self._parser.should_keep_alive()

    def _end(self, exchange: Exchange) -> None:
        status, keep, body = self._status, self._keep, b"".join(self._body)
        self._exchange = self._parser = None
        self._served += 1
        if keep:
            self._owner.free(self)  # first, so that whoever waits is not kept waiting by the judging
        elif self._transport is not None:
            self._transport.close()
        exchange.finish_http(status, body)
