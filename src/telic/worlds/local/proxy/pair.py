"""A caller's connection and the connection to the callee that carries it on."""

from __future__ import annotations

import asyncio
import random
from typing import Protocol, cast

from telic.worlds.local.proxy.lane import End, Lane, Weather, reset
from telic.worlds.way import corrupted

_BEGUN = b"HTTP/1.1 "  # of an answer that never ends


class Route(Protocol):
    """What a pair knows of its link."""

    target: int  # the callee's port
    fail: float  # share of requests whose answer breaks off [1]
    silent: float  # share of requests at which the connection falls silent [1]
    corrupt: float  # share of answers whose last byte is another one [1]
    rehome: bool  # connections may move to a new target between two requests
    pairs: set[Pair]

    @property
    def there(self) -> Weather:
        """What happens to requests."""
        ...

    @property
    def back(self) -> Weather:
        """What happens to answers."""
        ...


class Pair:
    """Relays one connection; half-closes, resets and back-pressure pass through.

    When the target changes and the link allows it (request and answer take turns, as in HTTP/1.1), the connection moves
    to the new target before its next request, and the old target's hanging up between requests is kept from the caller.
    So a deploy costs no request.
    """

    def __init__(self, link: Route, loop: asyncio.AbstractEventLoop) -> None:
        self.link, self._loop = link, loop
        self.client = Side(self, is_client=True)
        self.server: Side | None = None
        self.up = Lane(link.there, loop, self._lane_done)
        self.down = Lane(link.back, loop, self._lane_done)
        self.stale = self._mute = False
        self._answered = True  # no request is under way
        self._connecting: asyncio.Task[None] | None = None

    def opened(self, transport: asyncio.Transport) -> None:
        """The caller has connected."""
        self.link.pairs.add(self)
        self.up.lead(source=transport, sink=None)
        self.down.lead(source=None, sink=transport)
        self.weather_changed()

    def weather_changed(self) -> None:
        """The link's weather has changed: go on as far as it allows now."""
        if self.server is None and self._connecting is None and not self.link.there.drop:
            self.stale = False
            self._connecting = self._loop.create_task(self._connect())
        self.up.pump()
        self.down.pump()

    def received(self, side: Side, data: bytes) -> None:
        """Bytes came from one side."""
        if self._mute:
            return
        if side.is_client:
            if self._answered and self.link.silent > 0 and random.random() < self.link.silent:
                self._mute = True
                return
            if self._answered and self.link.fail > 0 and random.random() < self.link.fail:
                self._fail()
                return
            if self.stale and self._answered:
                self._move()
            self._answered = False
            self.up.feed(data)
        elif side is self.server:
            self._answered = True
            if self.link.corrupt > 0 and random.random() < self.link.corrupt:
                data = corrupted(data)
            self.down.feed(data)

    def ended(self, side: Side, how: End) -> None:
        """One side has said that it will send no more, or has vanished."""
        if side.is_client:
            if self._mute or (self.server is None and (self._connecting is None or how == "reset")):
                self.finish()
            else:
                self.up.end(how)
        elif side is self.server and not self._mute:
            if self.stale and self._answered:
                self._detach()
            else:
                self.down.end(how)

    def finish(self) -> None:
        """Let go of both connections."""
        self.link.pairs.discard(self)
        if self._connecting is not None:
            self._connecting.cancel()
        for side in (self.client, self.server):
            if side is not None and side.transport is not None:
                side.transport.close()
        self.up.close()
        self.down.close()

    def _fail(self) -> None:
        """Break off an answer: a connection that just closes would be replaced by its caller without a word."""
        if self.client.transport is not None:
            self.client.transport.write(_BEGUN)
        self.finish()

    async def _connect(self) -> None:
        side = Side(self, is_client=False)
        try:
            transport, _ = await self._loop.create_connection(lambda: side, "127.0.0.1", self.link.target)
        except OSError:
            self._connecting = None
            if self.client.transport is not None:
                reset(self.client.transport)
            self.finish()
            return
        self._connecting = None
        if self.client.transport is None or self.client.transport.is_closing():
            transport.close()
            self.finish()
            return
        self.server = side
        self._lead(transport)

    def _move(self) -> None:
        self._detach()
        self.weather_changed()

    def _detach(self) -> None:
        old, self.server = self.server, None
        self._lead(None)
        if old is not None and old.transport is not None:
            old.transport.close()

    def _lead(self, server: asyncio.Transport | None) -> None:
        self.up.lead(source=self.client.transport, sink=server)
        self.down.lead(source=server, sink=self.client.transport)

    def _lane_done(self, how: End) -> None:
        if how == "reset" or (self.up.done and self.down.done):
            self.finish()


class Side(asyncio.Protocol):
    """One of the two connections, as the event loop sees it."""

    def __init__(self, pair: Pair, *, is_client: bool) -> None:
        self.pair, self.is_client = pair, is_client
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember the transport; a caller's connection starts the relay."""
        self.transport = cast("asyncio.Transport", transport)
        if self.is_client:
            self.pair.opened(self.transport)

    def data_received(self, data: bytes) -> None:
        """Pass bytes to the pair."""
        self.pair.received(self, bytes(data))

    def eof_received(self) -> bool:
        """Pass the end of the stream on and keep our own direction open."""
        self.pair.ended(self, "end")
        return True

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the pair unless it has let go already."""
        self.transport = None
        self.pair.ended(self, "reset")

    def pause_writing(self) -> None:
        """Our buffer is full: whoever sends to us has to wait."""
        self._incoming().sink_full(True)

    def resume_writing(self) -> None:
        """There is room again."""
        self._incoming().sink_full(False)

    def _incoming(self) -> Lane:
        return self.pair.down if self.is_client else self.pair.up
