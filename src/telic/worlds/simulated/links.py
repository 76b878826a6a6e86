"""Links with weather, and the exchanges that they carry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVarTuple, Unpack

from telic.model.weather import Weather
from telic.runtime.client.transport import Reply, TransportFailed
from telic.runtime.server.messages import Request, Response
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.way import Spells, Way, corrupted

Args = TypeVarTuple("Args")
_NO_HEADERS: dict[bytes, bytes] = {}
HEAD = 250  # of a request or an answer, besides its body [bytes]


class Callee(Protocol):
    """What listens at a port."""

    def accept(self, exchange: Exchange, transit: float) -> None:
        """Take a request that arrives after `transit` [s]; answer or reset it in the end, unless it stands still."""
        ...

    def abandon(self, exchange: Exchange) -> None:
        """Stop working on a request whose caller has left."""
        ...


class Receiver(Protocol):
    """Who waits for an answer, such as a future."""

    def done(self) -> bool:
        """Whether nothing is waited for any more."""
        ...

    def set_result(self, reply: Reply, /) -> object:
        """Take the answer."""
        ...

    def set_exception(self, error: TransportFailed, /) -> object:
        """Take note that none comes."""
        ...


class Link:
    """One of the two paths of an edge.

    Attributes
    ----------
    there, back
        What happens to requests, and to answers.
    fail
        Share of requests whose answer breaks off [1].
    silent
        Share of requests that nobody ever hears of [1].
    corrupt
        Share of answers whose last byte is another one [1].
    clear
        Messages pass at once, both ways.
    fair
        They do, and nothing else happens to what sets out now.
    """

    def __init__(
        self, loop: VirtualLoop, edge: str, name: str, port: int, target: int, chance: Callable[[], float]
    ) -> None:
        self.edge, self.name, self.port, self.target = edge, name, port, target
        self.there, self.back = Way(chance), Way(chance)
        self.fail = self.silent = self.corrupt = 0.0
        self.clear = self.fair = True
        self._loop = loop
        self._spells: Spells | None = None
        self._held: list[tuple[Way, Callable[[], object]]] = []
        self.carrying = 0  # exchanges under way [1]

    @property
    def drop(self) -> bool:
        """Whether one way lets nothing through; it is delivered when it does again."""
        return self.there.drop or self.back.drop

    @property
    def delay(self) -> float:
        """How late messages are, each way [s]."""
        return max(self.there.delay, self.back.delay)

    def trip(self, size: int = HEAD) -> float:
        """Return how late a message of `size` [bytes] and its answer are together [s]."""
        now = self._loop._now
        return self.there.hold(size, now) + self.back.hold(size, now)

    def set_weather(self, weather: Weather | None = None) -> None:
        """Let this be the weather from now on; None: fair."""
        if self._spells is not None:
            self._spells.end()
            self._spells = None
        now = weather or Weather()
        self._set(now)
        if now.every > 0:
            self._spells = Spells(
                self._loop, now.every, now.share, lambda: self._set(now), lambda: self._set(Weather())
            )

    def carry(self, way: Way, size: int, deliver: Callable[[Unpack[Args]], object], *args: *Args) -> None:
        """Call `deliver` when a message of `size` [bytes] that sets out now arrives."""
        if way.clear:
            deliver(*args)
        else:
            now = self._loop._now
            self._loop.bare_at(now + way.hold(size, now), self._arrive, way, lambda: deliver(*args))

    def _set(self, now: Weather) -> None:
        self.fail, self.silent, self.corrupt = now.fail, now.silent, now.corrupt
        for name, way in (("there", self.there), ("back", self.back)):
            if now.way in ("both", name):
                way.set(delay=now.delay, jitter=now.jitter, drop=now.drop, loss=now.loss, rate=now.rate)
            else:
                way.set()
        self.clear = self.there.clear and self.back.clear
        self.fair = self.clear and not (now.fail or now.silent or now.corrupt)
        held, self._held = self._held, []
        for way, deliver in held:
            if way.drop:
                self._held.append((way, deliver))
            else:
                self._loop.call_soon(deliver)

    def _arrive(self, way: Way, deliver: Callable[[], object]) -> None:
        if way.drop:
            self._held.append((way, deliver))
        else:
            deliver()


class Exchange:
    """One request and its answer under way.

    Attributes
    ----------
    reply
        The caller's: the answer, or `TransportFailed`.
    left
        The caller does not wait any more.
    """

    __slots__ = ("callee", "fails", "left", "link", "reply", "request", "spoils", "task")

    def __init__(self, request: Request, reply: Receiver, link: Link | None) -> None:
        self.request, self.reply, self.link = request, reply, link
        self.callee: Callee | None = None
        self.task: asyncio.Task[None] | None = None
        self.left = self.fails = self.spoils = False

    def answer(self, response: Response) -> None:
        """Send the answer back."""
        if self.fails:
            self.reset()
            return
        link = self.link
        if self.spoils:
            response = Response(response.status, corrupted(response.body), response.headers)
        if link is None or link.back.clear:
            self._answered(response)
        else:
            link.carry(link.back, HEAD + len(response.body), self._answered, response)

    def reset(self, error_type: str = "connection_reset", *, unsent: bool = False) -> None:
        """Break the connection off."""
        failed = TransportFailed(error_type, unsent=unsent)
        if self.link is None:
            self._broken(failed)
        else:
            self.link.carry(self.link.back, 0, self._broken, failed)

    def leave(self) -> None:
        """The caller gives up: whoever works on it hears of it; what is still held by a link never arrives."""
        if self.callee is None:
            self.left = True
        elif self.link is None:
            self._leave()
        else:
            self.link.carry(self.link.there, 0, self._leave)

    def _leave(self) -> None:
        self.left = True
        if self.callee is not None:
            self.callee.abandon(self)

    def _answered(self, response: Response) -> None:
        if not self.reply.done():
            headers = parse_headers(response.headers) if response.headers else _NO_HEADERS
            self.reply.set_result(Reply(response.status, response.body, headers))

    def _broken(self, failed: TransportFailed) -> None:
        if not self.reply.done():
            self.reply.set_exception(failed)


def parse_headers(lines: bytes) -> dict[bytes, bytes]:
    r"""Return header lines, each ended by CRLF, by name.

    Examples
    --------
    >>> parse_headers(b"retry-after: 1\r\ntelic-tried: 1\r\n")
    {b'retry-after': b'1', b'telic-tried': b'1'}
    """
    found: dict[bytes, bytes] = {}
    for line in lines.split(b"\r\n"):
        name, colon, value = line.partition(b":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found
