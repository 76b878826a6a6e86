"""Links with weather, and the exchanges that they carry."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeVarTuple, Unpack

from telic.runtime.client.transport import Reply, TransportFailed
from telic.runtime.server.messages import Request, Response
from telic.worlds.simulated.loop import VirtualLoop

Args = TypeVarTuple("Args")
_NO_HEADERS: dict[bytes, bytes] = {}


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
    delay
        Each way [s].
    fail
        Share of requests whose answer breaks off [1].
    """

    def __init__(self, loop: VirtualLoop, edge: str, name: str, port: int, target: int) -> None:
        self.edge, self.name, self.port, self.target = edge, name, port, target
        self.delay = self.fail = 0.0
        self._loop, self._drop = loop, False
        self._held: list[Callable[[], object]] = []
        self.carrying = 0  # exchanges under way [1]

    @property
    def drop(self) -> bool:
        """Whether nothing gets through; it is delivered when it does again."""
        return self._drop

    @drop.setter
    def drop(self, drop: bool) -> None:
        self._drop = drop
        if not drop:
            held, self._held = self._held, []
            for deliver in held:
                self._loop.call_soon(deliver)

    @property
    def clear(self) -> bool:
        """Whether messages pass at once."""
        return not (self._drop or self.delay)

    def set_weather(self, *, delay: float = 0.0, drop: bool = False, fail: float = 0.0) -> None:
        """Delay [s] or drop everything, or break off a share of answers [1], from now on."""
        self.delay, self.fail = delay, fail
        self.drop = drop

    def carry(self, deliver: Callable[[Unpack[Args]], object], *args: *Args) -> None:
        """Call `deliver` when a message that sets out now arrives."""
        if self._drop or self.delay:
            self._loop.bare_at(self._loop._now + self.delay, self._arrive, lambda: deliver(*args))
        else:
            deliver(*args)

    def _arrive(self, deliver: Callable[[], object]) -> None:
        if self._drop:
            self._held.append(deliver)
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

    __slots__ = ("callee", "fails", "left", "link", "reply", "request", "task")

    def __init__(self, request: Request, reply: Receiver, link: Link | None) -> None:
        self.request, self.reply, self.link = request, reply, link
        self.callee: Callee | None = None
        self.task: asyncio.Task[None] | None = None
        self.left = self.fails = False

    def answer(self, response: Response) -> None:
        """Send the answer back."""
        if self.fails:
            self.reset()
            return
        link = self.link
        if link is None or not (link._drop or link.delay):
            self._answered(response)
        else:
            link.carry(self._answered, response)

    def reset(self, error_type: str = "connection_reset", *, unsent: bool = False) -> None:
        """Break the connection off."""
        failed = TransportFailed(error_type, unsent=unsent)
        if self.link is None or self.link.clear:
            self._broken(failed)
        else:
            self.link.carry(self._broken, failed)

    def leave(self) -> None:
        """The caller gives up: whoever works on it hears of it; what is still held by a link never arrives."""
        if self.callee is None:
            self.left = True
        elif self.link is None or self.link.clear:
            self._leave()
        else:
            self.link.carry(self._leave)

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
