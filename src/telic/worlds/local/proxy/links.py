"""Links and routes: what listens where, where it leads, and what the weather is."""

from __future__ import annotations

import asyncio
import resource
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from telic.worlds.local.proxy.lane import reset
from telic.worlds.local.proxy.pair import Pair

MOST_CONNECTIONS = 4096  # through all links [1]


@dataclass(eq=False)
class Link:
    """One of the two paths of an edge."""

    edge: str
    name: str  # a | b
    target: int
    rehome: bool
    delay: float = 0.0  # each way [s]
    drop: bool = False
    fail: float = 0.0  # share of requests whose answer breaks off [1]
    pairs: set[Pair] = field(default_factory=set)
    server: asyncio.Server | None = None

    def retarget(self, target: int) -> None:
        """Lead new connections to `target`, and old ones before their next request if the link allows it."""
        if target == self.target:
            return
        self.target = target
        if self.rehome:
            for pair in self.pairs:
                pair.stale = True

    def set_weather(self, *, delay: float, drop: bool, fail: float) -> None:
        """Delay [s] or drop everything, or break off a share of answers [1], from now on."""
        self.delay, self.drop, self.fail = delay, drop, fail
        for pair in tuple(self.pairs):
            pair.weather_changed()


@dataclass(frozen=True)
class RouteOrder:
    """What the supervisor wants of one edge."""

    edge: str
    ports: dict[str, int]  # a and b to the port where they listen
    target: int
    rehome: bool
    fd: int = -1  # link a listens on this inherited socket instead


class Links:
    """All links; the supervisor's orders make them, the lab's harm changes their weather."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._links: dict[tuple[str, str], Link] = {}
        self._limit = min(MOST_CONNECTIONS, _raise_file_limit() // 2 - 64)

    async def follow(self, orders: Iterable[RouteOrder]) -> None:
        """Make the links exactly what `orders` say; weather and connections of links that stay are kept."""
        wanted = {(order.edge, name): order for order in orders for name in order.ports}
        for key in [key for key in self._links if key not in wanted]:
            self._remove(self._links.pop(key))
        for (edge, name), order in wanted.items():
            link = self._links.get((edge, name))
            if link is None:
                link = Link(edge, name, order.target, order.rehome)
                await self._listen(link, order)
                self._links[edge, name] = link
            link.retarget(order.target)

    def harm(self, edge: str, *, delay: float, drop: bool, fail: float = 0.0) -> bool:
        """Change the weather of an edge's primary link; False when there is no such edge."""
        link = self._links.get((edge, "a"))
        if link is not None:
            link.set_weather(delay=delay, drop=drop, fail=fail)
        return link is not None

    def report(self) -> list[dict[str, object]]:
        """Return weather and load of every link."""
        return [
            {
                "edge": each.edge,
                "link": each.name,
                "delay": each.delay,
                "drop": each.drop,
                "fail": each.fail,
                "connections": len(each.pairs),
            }
            for each in self._links.values()
        ]

    async def _listen(self, link: Link, order: RouteOrder) -> None:
        if link.name == "a" and order.fd >= 0:
            inherited = socket.socket(fileno=order.fd)
            link.server = await self._loop.create_server(lambda: self._accept(link), sock=inherited)
        else:
            port = order.ports[link.name]
            link.server = await self._loop.create_server(lambda: self._accept(link), "127.0.0.1", port, backlog=1024)

    def _accept(self, link: Link) -> asyncio.Protocol:
        if sum(len(each.pairs) for each in self._links.values()) >= self._limit:
            return _Refusal()
        return Pair(link, self._loop).client

    def _remove(self, link: Link) -> None:
        if link.server is not None:
            link.server.close()
        for pair in tuple(link.pairs):
            pair.finish()


class _Refusal(asyncio.Protocol):
    """Too many connections: the next one is reset."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        reset(cast(asyncio.Transport, transport))  # uvloop's is no subclass


def _raise_file_limit() -> int:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(hard, 16_384) if hard != resource.RLIM_INFINITY else 16_384
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    return wanted
