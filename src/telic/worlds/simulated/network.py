"""The simulated network: what listens where, links with weather, and the exchanges they carry."""

from __future__ import annotations

import asyncio
import contextvars
import math
import random
from collections.abc import Callable, Mapping
from typing import Protocol, TypeVarTuple, Unpack

from telic.errors import PortInUse
from telic.runtime.client.transport import Reply, TransportFailed
from telic.runtime.server.messages import Request, Response
from telic.worlds.simulated.loop import VirtualLoop

Args = TypeVarTuple("Args")
TRAVEL = 0.0002  # of a request and its answer together, over loopback and the proxy, median [s]
SIGMA = 0.4  # of its logarithm [1]
_TIMES = 4099  # drawn beforehand, used in turn [1]; a prime
_BARE = contextvars.Context()
_NO_HEADERS: dict[bytes, bytes] = {}


class Callee(Protocol):
    """What listens at a port."""

    def accept(self, exchange: Exchange, transit: float) -> None:
        """Take a request that arrives after `transit` [s]; answer or reset it in the end, unless it stands still."""
        ...

    def abandon(self, exchange: Exchange) -> None:
        """Stop working on a request whose caller has left."""
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
            self._loop.call_later(self.delay, self._arrive, lambda: deliver(*args), context=_BARE)
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

    def __init__(self, request: Request, reply: asyncio.Future[Reply], link: Link | None) -> None:
        self.request, self.reply, self.link = request, reply, link
        self.callee: Callee | None = None
        self.task: asyncio.Task[None] | None = None
        self.left = self.fails = False

    def answer(self, response: Response) -> None:
        """Send the answer back."""
        if self.fails:
            self.reset()
        elif self.link is None or self.link.clear:
            self._answered(response)
        else:
            self.link.carry(self._answered, response)

    def reset(self, error_type: str = "connection_reset", *, unsent: bool = False) -> None:
        """Break the connection off."""
        failed = TransportFailed(error_type, unsent=unsent)
        if self.link is None or self.link.clear:
            self._broken(failed)
        else:
            self.link.carry(self._broken, failed)

    def leave(self) -> None:
        """The caller gives up: whoever works on it hears of it."""
        if self.link is None or self.link.clear:
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


class Network:
    """All ports and links of one system."""

    def __init__(self, loop: VirtualLoop, rng: random.Random) -> None:
        self._loop, self._random = loop, rng.random
        self._listeners: dict[int, Callee] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self._by_port: dict[int, Link] = {}
        self._times = [TRAVEL * math.exp(rng.gauss(0.0, SIGMA)) for _ in range(_TIMES)]
        self._next = 0

    def listen(self, port: int, callee: Callee) -> None:
        """Let `callee` have what comes to `port`."""
        if port in self._listeners or port in self._by_port:
            raise PortInUse(f"port {port} is taken", hint="choose another one")
        self._listeners[port] = callee

    def unlisten(self, port: int, callee: Callee) -> None:
        """Let nobody listen at `port`, if `callee` does."""
        if self._listeners.get(port) is callee:
            del self._listeners[port]

    def route(self, edge: str, ports: Mapping[str, int], target: int) -> None:
        """Let an edge's links listen at `ports` (a, b) and lead to `target`; the weather of links that exist stays."""
        for name, port in ports.items():
            link = self._links.get((edge, name))
            if link is None:
                link = self._links[edge, name] = Link(self._loop, edge, name, port, target)
            elif link.port != port:
                self._by_port.pop(link.port, None)
            link.port, link.target = port, target
            self._by_port[port] = link

    def unroute(self, edge: str) -> None:
        """Remove the links of an edge."""
        for key in [key for key in self._links if key[0] == edge]:
            self._by_port.pop(self._links.pop(key).port, None)

    def link(self, edge: str, name: str = "a") -> Link | None:
        """Return a link of an edge, or None where there is none."""
        return self._links.get((edge, name))

    def links(self) -> list[Link]:
        """Return all links."""
        return list(self._links.values())

    def path(self, port: int) -> Link | None:
        """Return the link that listens at `port`, or None."""
        return self._by_port.get(port)

    def begin(self, port: int, request: Request) -> Exchange:
        """Send a request to whatever listens at `port`; await ``reply`` of what is returned."""
        link = self._by_port.get(port)
        exchange = Exchange(request, self._loop.create_future(), link)
        if link is None:
            self._arrive(exchange, port)
            return exchange
        if link.fail:
            exchange.fails = self._random() < link.fail
        if link._drop or link.delay:
            link.carry(self._arrive_over, exchange, link)
        else:
            self._arrive(exchange, link.target)
        return exchange

    async def handle(self, port: int, request: Request) -> Response:
        """Return the response to a request from outside.

        Raises
        ------
        ConnectionRefusedError, ConnectionResetError
            There is none.
        """
        exchange = self.begin(port, request)
        try:
            reply = await exchange.reply
        except TransportFailed as failed:
            refused = failed.error_type == "connection_refused"
            raise (ConnectionRefusedError if refused else ConnectionResetError)(failed.error_type) from None
        except asyncio.CancelledError:
            exchange.leave()
            raise
        lines = b"".join(b"%b: %b\r\n" % header for header in reply.headers.items())
        return Response(reply.status, reply.body, lines)

    def _arrive_over(self, exchange: Exchange, link: Link) -> None:
        self._arrive(exchange, link.target)

    def _arrive(self, exchange: Exchange, target: int) -> None:
        if exchange.left:
            return
        self._next = at = (self._next + 1) % _TIMES
        callee = self._listeners.get(target)
        if callee is not None:
            exchange.callee = callee
            callee.accept(exchange, self._times[at])
        elif exchange.link is None:
            self._loop.call_later(self._times[at], _refuse, exchange, context=_BARE)
        else:
            self._loop.call_later(self._times[at], exchange.reset, context=_BARE)


def _refuse(exchange: Exchange) -> None:
    exchange.reset("connection_refused", unsent=True)


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
