"""The simulated Valkey: one dictionary with expiry for the system, and the cache port of each service."""

from __future__ import annotations

import random
from asyncio import AbstractEventLoop, CancelledError, Future
from collections import OrderedDict
from collections.abc import Callable

from telic.runtime.statements import Statement
from telic.runtime.stores.valkey import REST, TIMEOUT
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.simulated.memory_server import MemoryServer
from telic.worlds.simulated.spans import ComputedSpans
from telic.worlds.simulated.store_path import Link

ROUND_TRIP = 0.00036  # of one command through the proxy, all processes' work included; measured [s]
MEMORY = 64 * 2**20  # then the entries that were used least recently go [bytes]
_OVERHEAD = 96  # of one entry, besides key and value [bytes]
_GET, _SET, _DEL = (Statement(each, each) for each in ("GET", "SET", "DEL"))


class SimulatedValkey(MemoryServer):
    """The cache's server: one dictionary with expiry."""

    def __init__(self, loop: AbstractEventLoop, *, memory: int = MEMORY) -> None:
        super().__init__(loop)
        self._memory = memory
        self._kept: OrderedDict[str, tuple[float, bytes]] = OrderedDict()
        self._used = 0

    def flush(self) -> None:
        """Forget everything."""
        self._kept.clear()
        self._used = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or None."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[0] <= self._loop.time():
            self.delete(key)
            return None
        self._kept.move_to_end(key)
        return found[1]

    def set(self, key: str, value: bytes, ttl: float) -> None:
        """Keep `value` for `ttl` [s]."""
        self.delete(key)
        self._kept[key] = (self._loop.time() + max(0.001, round(ttl, 3)), value)
        self._used += len(key) + len(value) + _OVERHEAD
        while self._used > self._memory:
            self.delete(next(iter(self._kept)))

    def delete(self, key: str) -> None:
        """Forget `key`."""
        found = self._kept.pop(key, None)
        if found is not None:
            self._used -= len(key) + len(found[1]) + _OVERHEAD


class SimulatedCache:
    """Implements `telic.runtime.ports.Cache` with the patience of `telic.runtime.stores.valkey.ValkeyCache`.

    Parameters
    ----------
    way
        Gives the link that leads to the server now; None where nothing listens.
    """

    def __init__(
        self,
        loop: AbstractEventLoop,
        server: SimulatedValkey,
        way: Callable[[], Link | None],
        recorder: Recorder,
        rng: random.Random,
    ) -> None:
        self._loop, self._server, self._way, self._rng = loop, server, way, rng
        self._spans = ComputedSpans("valkey", "valkey", recorder)
        self._resting_until, self._link = float("-inf"), way()

    def move(self) -> None:
        """Ask again at once if the address has changed."""
        link = self._way()
        if link is not self._link:
            self._link, self._resting_until = link, float("-inf")

    async def get(self, key: str) -> bytes | None:
        """Return what is kept under `key`, or None."""
        return self._server.get(key) if await self._asked(_GET) else None

    async def set(self, key: str, value: bytes, *, ttl: float) -> None:
        """Keep `value` for `ttl` [s]."""
        if await self._asked(_SET):
            self._server.set(key, value, ttl)

    async def delete(self, key: str) -> None:
        """Forget `key`."""
        if await self._asked(_DEL):
            self._server.delete(key)

    async def _asked(self, what: Statement) -> bool:
        """Whether the server answers; pays for the command and records it."""
        loop = self._loop
        if loop.time() < self._resting_until:
            return False
        start = self._spans.begin()
        if self._server.still and not await self._moves(start, what):
            return False
        seconds, kind = self._outcome()
        woken: Future[None] = loop.create_future()
        timer = loop.call_at(loop.time() + seconds, woken.set_result, None)
        try:
            await woken
        except CancelledError:
            timer.cancel()
            self._spans.end(start, what, "", "cancelled")
            raise
        if not kind and not self._server.running:
            kind = "connection_reset"
        if not kind:
            self._spans.between(start, self._spans.begin(), what)
            return True
        self._spans.end(start, what, "", kind)
        self._resting_until = loop.time() + REST
        return False

    async def _moves(self, start: int, what: Statement) -> bool:
        """Whether a server that stands still goes on in time."""
        try:
            if await self._server.moves(TIMEOUT):
                return True
        except CancelledError:
            self._spans.end(start, what, "", "cancelled")
            raise
        self._spans.end(start, what, "", "timeout")
        self._resting_until = self._loop.time() + REST
        return False

    def _outcome(self) -> tuple[float, str]:
        """Return how long the next command takes [s] and what goes wrong with it."""
        link = self._way()
        if link is None:
            return ROUND_TRIP, "connection_refused"
        return self._server.outcome(link, self._rng, ROUND_TRIP, TIMEOUT)
