"""The cache port against a real Valkey, and without one."""

from __future__ import annotations

import asyncio
import signal
from typing import Any

import pytest

from telic.clock import SystemClock
from telic.runtime.stores import valkey
from telic.runtime.stores.valkey import ValkeyCache

pytestmark = pytest.mark.live


@pytest.fixture
def cache(valkey_store: Any, recorder: Any, monkeypatch: pytest.MonkeyPatch) -> ValkeyCache:
    monkeypatch.setattr(valkey, "TIMEOUT", 5.0)  # the machine may be busy
    return ValkeyCache(("127.0.0.1", valkey_store.port), recorder, SystemClock())


async def test_what_is_kept_is_found_until_its_time_is_over(cache: ValkeyCache) -> None:
    await cache.set("a", b"\r\n\x00binary", ttl=60.0)
    await cache.set("b", b"short", ttl=0.02)
    assert await cache.get("a") == b"\r\n\x00binary"
    await asyncio.sleep(0.05)
    assert await cache.get("b") is None
    await cache.delete("a")
    assert await cache.get("a") is None
    cache.close()


async def test_many_at_once_share_one_connection_and_keep_their_order(cache: ValkeyCache) -> None:
    await asyncio.gather(*(cache.set(str(number), b"%d" % number, ttl=60.0) for number in range(200)))
    found = await asyncio.gather(*(cache.get(str(number)) for number in range(200)))
    assert found == [b"%d" % number for number in range(200)]
    cache.close()


async def test_its_spans(cache: ValkeyCache, recorder: Any, attributes: Any) -> None:
    await cache.get("a")
    (span,) = recorder.read()
    assert (span.name, span.kind, span.status.code) == ("GET", 3, 0)
    assert attributes(span) == {"db.system.name": "valkey", "peer.service": "valkey", "db.query.summary": "GET"}
    cache.close()


async def test_a_cache_that_is_down_finds_nothing_and_comes_back(
    cache: ValkeyCache, valkey_store: Any, recorder: Any, attributes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(valkey, "REST", 0.05)
    await cache.set("a", b"1", ttl=60.0)
    valkey_store.stop()
    assert await cache.get("a") is None
    assert attributes(recorder.read()[-1])["error.type"] in ("connection_reset", "connection_refused")
    assert await cache.get("a") is None
    assert recorder.read() == []  # it rests instead of asking again
    valkey_store.start()
    await asyncio.sleep(0.06)
    await cache.set("a", b"2", ttl=60.0)
    assert await cache.get("a") == b"2"
    cache.close()


async def test_a_cache_that_hangs_costs_its_timeout_once(
    cache: ValkeyCache, valkey_store: Any, recorder: Any, attributes: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cache.set("a", b"1", ttl=60.0)
    valkey_store.process.send_signal(signal.SIGSTOP)
    monkeypatch.setattr(valkey, "TIMEOUT", 0.05)
    monkeypatch.setattr(valkey, "REST", 60.0)
    try:
        found = await asyncio.gather(*(cache.get("a") for _ in range(10)))
        assert found == [None] * 10
        assert attributes(recorder.read()[-1])["error.type"] == "timeout"
        assert await cache.get("a") is None
        assert recorder.read() == []
    finally:
        valkey_store.process.send_signal(signal.SIGCONT)
    cache.close()
