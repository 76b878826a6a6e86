"""Links and routes: what listens where, where it leads, and what the weather is."""

from __future__ import annotations

import asyncio
import random
import resource
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import cast

from telic.worlds.local.proxy.lane import reset
from telic.worlds.local.proxy.pair import Pair
from telic.worlds.way import Spells, Way

MOST_CONNECTIONS = 4096  # through all links [1]


@dataclass(frozen=True)
class Forecast:
    """What a link does to messages, as `telic.model.weather.Weather` says; `spells` may turn it on and off."""

    delay: float = 0.0
    jitter: float = 0.0
    drop: bool = False
    fail: float = 0.0
    loss: float = 0.0
    silent: float = 0.0
    corrupt: float = 0.0
    rate: float = 0.0
    way: str = "both"
    every: float = 0.0
    share: float = 1.0


@dataclass(eq=False)
class Link:
    """One of the two paths of an edge."""

    edge: str
    name: str  # a | b
    target: int
    rehome: bool
    there: Way = field(default_factory=lambda: Way(random.random))  # what happens to requests
    back: Way = field(default_factory=lambda: Way(random.random))  # what happens to answers
    fail: float = 0.0  # share of requests whose answer breaks off [1]
    silent: float = 0.0  # share of requests at which the connection falls silent [1]
    corrupt: float = 0.0  # share of answers whose last byte is another one [1]
    pairs: set[Pair] = field(default_factory=set)
    server: asyncio.Server | None = None
    spells: Spells | None = None

    def retarget(self, target: int) -> None:
        """Lead new connections to `target`, and old ones before their next request if the link allows it."""
        if target == self.target:
            return
        self.target = target
        if self.rehome:
            for pair in self.pairs:
                pair.stale = True

    def set_weather(self, weather: Forecast | None = None) -> None:
        """Let this be the weather from now on; None: fair."""
        now = weather or Forecast()
        self.fail, self.silent, self.corrupt = now.fail, now.silent, now.corrupt
        for name, way in (("there", self.there), ("back", self.back)):
            if now.way in ("both", name):
                way.set(delay=now.delay, jitter=now.jitter, drop=now.drop, loss=now.loss, rate=now.rate)
            else:
                way.set()
        for pair in tuple(self.pairs):
            pair.weather_changed()

    def cut(self) -> None:
        """Let go of every connection; new ones may come."""
        for pair in tuple(self.pairs):
            pair.finish()


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

    def harm(self, edge: str, weather: Forecast | None = None, *, cut: bool = False) -> bool:
        """Change the weather of an edge's primary link, or `cut` its connections; False when there is no such edge."""
        link = self._links.get((edge, "a"))
        if link is None:
            return False
        if cut:
            link.cut()
            return True
        if link.spells is not None:
            link.spells.end()
            link.spells = None
        now = weather or Forecast()
        link.set_weather(now)
        if now.every > 0:
            link.spells = Spells(
                self._loop, now.every, now.share, lambda: link.set_weather(now), lambda: link.set_weather()
            )
        return True

    def report(self) -> list[dict[str, object]]:
        """Return weather and load of every link."""
        return [
            {
                "edge": each.edge,
                "link": each.name,
                "delay": max(each.there.delay, each.back.delay),
                "drop": each.there.drop or each.back.drop,
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
        if link.spells is not None:
            link.spells.end()
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
