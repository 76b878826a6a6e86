"""Look-aside caching of a read: fresh answers from the cache, one load a key, stale ones if the load fails."""

from __future__ import annotations

import struct
from collections.abc import Awaitable, Callable

from telic.clock import Clock
from telic.errors import WorldError
from telic.runtime.policies.flight import SingleFlight
from telic.runtime.ports import Cache
from telic.runtime.wiring import CachePolicy

_FRESH_UNTIL = struct.Struct("<d")
_STALE_FACTOR = 10.0  # a stale answer may be so many ttl old [1]
Load = Callable[[], Awaitable[bytes]]


class ReadThrough:
    """Answers of one node's reads; a cache that is down costs nothing but its help."""

    def __init__(self, policy: CachePolicy, cache: Cache, clock: Clock, random: Callable[[], float]) -> None:
        self.policy, self._cache, self._clock, self._random = policy, cache, clock, random
        self._flights: SingleFlight[bytes] = SingleFlight()

    async def get(self, key: str, load: Load) -> bytes:
        """Return the answer kept under `key`, or ``await load()``, which is kept then.

        Raises
        ------
        WorldError
            What `load` raised, where the policy does not allow stale answers or there is none.
        """
        kept = await self._cache.get(key)
        if kept is not None and len(kept) >= _FRESH_UNTIL.size:
            (until,) = _FRESH_UNTIL.unpack_from(kept)
            if self._clock.time() < until:
                return kept[_FRESH_UNTIL.size :]
        else:
            kept = None

        async def fill() -> bytes:
            answer = await load()
            await self._keep(key, answer)
            return answer

        try:
            return await (self._flights.do(key, fill) if self.policy.single else fill())
        except WorldError:
            if kept is not None and self.policy.on_error == "stale":
                return kept[_FRESH_UNTIL.size :]
            raise

    async def _keep(self, key: str, answer: bytes) -> None:
        ttl = self.policy.ttl * (1.0 + self.policy.jitter * (2.0 * self._random() - 1.0))
        lasting = ttl * _STALE_FACTOR if self.policy.on_error == "stale" else ttl
        await self._cache.set(key, _FRESH_UNTIL.pack(self._clock.time() + ttl) + answer, ttl=max(lasting, 0.001))
