"""The simulated network: what listens where, and which links lead there."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Mapping
from itertools import cycle

from telic.errors import PortInUse
from telic.runtime.client.transport import Reply
from telic.runtime.server.messages import Request
from telic.worlds.simulated.links import HEAD, Callee, Exchange, Link, Receiver
from telic.worlds.simulated.loop import VirtualLoop

TRAVEL = 0.0002  # of a request and its answer together, over loopback and the proxy, median [s]
SIGMA = 0.4  # of its logarithm [1]
_TIMES = 4099  # drawn beforehand, used in turn [1]; a prime, so that turns do not fall in step with anything


class Network:
    """All ports and links of one system."""

    def __init__(self, loop: VirtualLoop, rng: random.Random) -> None:
        self.loop, self._random = loop, rng.random
        self._listeners: dict[int, Callee] = {}
        self._links: dict[tuple[str, str], Link] = {}
        self.certificates: dict[str, float] = {}  # who listens with TLS, to its certificate's end [s since the epoch]
        self._by_port: dict[int, Link] = {}
        times = [TRAVEL * math.exp(rng.gauss(0.0, SIGMA)) for _ in range(_TIMES)]
        self._travel = cycle(times[1:] + times[:1]).__next__  # from the second: so seeds mean what they always meant

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
                link = self._links[edge, name] = Link(self.loop, edge, name, port, target, self._random)
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

    async def ask(self, port: int, request: Request) -> Reply:
        """Send a request to whatever listens at `port` and wait for the answer; cancelling is leaving."""
        reply: asyncio.Future[Reply] = asyncio.Future(loop=self.loop)
        exchange = self.begin(port, request, reply)
        try:
            return await reply
        except asyncio.CancelledError:
            exchange.leave()
            raise

    def begin(self, port: int, request: Request, reply: Receiver) -> Exchange:
        """Send a request to whatever listens at `port`; `reply` gets the answer, or `TransportFailed`."""
        link = self._by_port.get(port)
        exchange = Exchange(request, reply, link)
        if link is None:
            self._arrive(exchange, port)
        elif link.fair:
            self._arrive(exchange, link.target)
        else:
            self._set_out(exchange, link)
        return exchange

    def _set_out(self, exchange: Exchange, link: Link) -> None:
        if link.fail:
            exchange.fails = self._random() < link.fail
        if link.corrupt:
            exchange.spoils = self._random() < link.corrupt
        if link.silent and self._random() < link.silent:
            return
        link.carry(link.there, HEAD + len(exchange.request.body), self._arrive_over, exchange, link)

    def _arrive_over(self, exchange: Exchange, link: Link) -> None:
        self._arrive(exchange, link.target)

    def _arrive(self, exchange: Exchange, target: int) -> None:
        if exchange.left:
            return
        transit = self._travel()
        callee = self._listeners.get(target)
        if callee is not None:
            exchange.callee = callee
            callee.accept(exchange, transit)
        elif exchange.link is None:
            self.loop.bare_at(self.loop._now + transit, _refuse, exchange)
        else:
            self.loop.bare_at(self.loop._now + transit, exchange.reset)


def _refuse(exchange: Exchange) -> None:
    exchange.reset("connection_refused", unsent=True)
