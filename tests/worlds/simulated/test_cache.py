"""The simulated Valkey: expiry on virtual time, patience, spans, memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from telic.runtime.policies.limit import Limit
from telic.runtime.stores.valkey import REST, TIMEOUT
from telic.worlds.simulated.cache import SimulatedValkey
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop

Kit = Any  # of conftest.py


def cache_of(kit: Kit) -> Any:
    return kit.stores.cache("search", lambda: kit.settings, kit.recorder)


def test_values_are_kept_until_they_expire_or_are_deleted(kit: Kit) -> None:
    one, other = cache_of(kit), cache_of(kit)

    async def main() -> None:
        await one.set("a", b"1", ttl=2.0)
        await one.set("b", b"2", ttl=60.0)
        assert await other.get("a") == b"1"
        await asyncio.sleep(1.9)
        assert await one.get("a") == b"1"
        await asyncio.sleep(0.2)
        assert await one.get("a") is None
        await other.delete("b")
        assert await one.get("b") is None

    kit.run(main())
    spans = kit.spans()
    assert [name for name, _, _ in spans] == ["SET", "SET", "GET", "GET", "GET", "DEL", "GET"]
    assert all(0.05 < (end - start) / 1e6 < 1.0 for _, start, end in spans)


def test_an_empty_cache_finds_nothing(kit: Kit) -> None:
    cache = cache_of(kit)
    kit.run(cache.set("a", b"1", ttl=60.0))
    kit.stores.valkey.flush()
    assert kit.run(cache.get("a")) is None
    assert len(kit.stores.valkey) == 0


def test_a_dead_server_is_left_alone_for_a_while(kit: Kit) -> None:
    cache = cache_of(kit)

    async def main() -> None:
        await cache.set("a", b"1", ttl=60.0)
        kit.stores.valkey.kill()
        assert await cache.get("a") is None
        begun = kit.loop.time()
        assert await cache.get("a") is None
        assert kit.loop.time() == begun
        kit.stores.valkey.start()
        assert await cache.get("a") is None  # it is not asked yet
        await asyncio.sleep(REST)
        assert await cache.get("a") == b"1"

    kit.run(main())
    assert [name for name, _, _ in kit.spans()] == ["SET", "GET connection_reset", "GET"]


@pytest.mark.parametrize(("weather", "kind"), [({"drop": True}, "timeout"), ({"delay": 0.2}, "timeout")])
def test_a_link_that_is_too_slow_is_no_help(kit: Kit, weather: dict[str, Any], kind: str) -> None:
    cache = cache_of(kit)
    vars(kit.links[6379]).update(weather)

    async def main() -> float:
        assert await cache.get("a") is None
        return float(kit.loop.time())

    assert kit.run(main()) == pytest.approx(TIMEOUT)
    assert [name for name, _, _ in kit.spans()] == [f"GET {kind}"]


def test_a_delay_is_paid_both_ways(kit: Kit) -> None:
    cache = cache_of(kit)
    kit.links[6379].delay = 0.02
    kit.run(cache.get("a"))
    assert kit.loop.time() == pytest.approx(0.04, abs=0.001)


def test_where_nothing_listens_it_is_refused_and_a_new_address_is_asked_at_once(kit: Kit) -> None:
    right, kit.settings = kit.settings, {**kit.settings, "store.valkey.port": 9}
    cache = cache_of(kit)
    assert kit.run(cache.get("a")) is None
    assert [name for name, _, _ in kit.spans()] == ["GET connection_refused"]
    kit.settings = right
    cache.move()
    kit.run(cache.set("a", b"1", ttl=1.0))
    assert kit.run(cache.get("a")) == b"1"


def test_whoever_is_cancelled_changes_nothing(kit: Kit) -> None:
    cache, clock = cache_of(kit), LoopClock(kit.loop)

    async def main() -> None:
        with pytest.raises(TimeoutError), Limit(clock, 0.00001):
            await cache.set("a", b"1", ttl=60.0)
        assert await cache.get("a") is None

    kit.run(main())
    assert kit.spans()[0][0] == "SET cancelled"


def test_what_was_used_least_recently_goes_when_memory_is_full() -> None:
    loop = VirtualLoop()
    server = SimulatedValkey(loop, memory=1000)
    for name in "abcd":
        server.set(name, b"x" * 100, 60.0)
    assert server.get("a") is not None
    for name in "efg":
        server.set(name, b"x" * 100, 60.0)
    assert [name for name in "abcdefg" if server.get(name) is None] == ["b", "c"]
    loop.close()


def test_without_a_port_there_is_no_cache(kit: Kit) -> None:
    del kit.settings["store.valkey.port"]
    assert cache_of(kit) is None
