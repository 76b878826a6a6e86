"""The look-aside cache answers fresh, loads once, and never fails a request by itself."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.clock import VirtualClock
from telic.runtime.failures import DependencyFailed
from telic.runtime.policies.cache import ReadThrough
from telic.runtime.policies.flight import SingleFlight
from telic.runtime.wiring import CachePolicy


class MemoryCache:
    """A cache that can be switched off, as a store that is down looks through its port."""

    def __init__(self, clock: VirtualClock) -> None:
        self.clock, self.kept, self.down = clock, dict[str, tuple[float, bytes]](), False

    async def get(self, key: str) -> bytes | None:
        until, value = self.kept.get(key, (float("-inf"), b""))
        return value if not self.down and self.clock.time() < until else None

    async def set(self, key: str, value: bytes, *, ttl: float) -> None:
        if not self.down:
            self.kept[key] = (self.clock.time() + ttl, value)

    async def delete(self, key: str) -> None:
        self.kept.pop(key, None)


class Source:
    """What is behind the cache."""

    def __init__(self, clock: VirtualClock, seconds: float = 0.01) -> None:
        self.clock, self.seconds, self.loads, self.broken = clock, seconds, 0, False

    async def load(self) -> bytes:
        self.loads += 1
        number = self.loads
        await self.clock.sleep(self.seconds)
        if self.broken:
            raise DependencyFailed("down", peer="postgres", error_type="timeout")
        return b"answer %d" % number


def through(policy: CachePolicy, clock: VirtualClock, chance: float = 0.5) -> tuple[ReadThrough, MemoryCache, Source]:
    cache = MemoryCache(clock)
    return ReadThrough(policy, cache, clock, lambda: chance), cache, Source(clock)


async def test_a_fresh_answer_is_not_loaded_again_and_an_old_one_is() -> None:
    clock = VirtualClock()
    read, _, source = through(CachePolicy(ttl=5.0, jitter=0.0), clock)

    async def story() -> list[bytes]:
        answers = [await read.get("k", source.load)]
        answers.append(await read.get("k", source.load))
        await clock.sleep(5.0)
        answers.append(await read.get("k", source.load))
        return answers

    assert await clock.run(story()) == [b"answer 1", b"answer 1", b"answer 2"]


async def test_many_at_once_cause_one_load() -> None:
    clock = VirtualClock()
    read, _, source = through(CachePolicy(), clock)

    async def story() -> list[bytes]:
        return await asyncio.gather(*(read.get("k", source.load) for _ in range(20)))

    assert set(await clock.run(story())) == {b"answer 1"}
    assert source.loads == 1


async def test_without_the_cache_requests_are_answered_all_the_same() -> None:
    clock = VirtualClock()
    read, cache, source = through(CachePolicy(), clock)
    cache.down = True

    async def story() -> list[bytes]:
        return [await read.get("k", source.load), await read.get("k", source.load)]

    assert await clock.run(story()) == [b"answer 1", b"answer 2"]


@pytest.mark.parametrize("on_error", ["fail", "stale"])
async def test_an_old_answer_bridges_a_failure_only_where_that_is_allowed(on_error: str) -> None:
    clock = VirtualClock()
    read, _, source = through(CachePolicy(ttl=1.0, jitter=0.0, on_error=on_error), clock)  # type: ignore[arg-type]

    async def story() -> bytes:
        await read.get("k", source.load)
        await clock.sleep(2.0)
        source.broken = True
        return await read.get("k", source.load)

    if on_error == "stale":
        assert await clock.run(story()) == b"answer 1"
    else:
        with pytest.raises(DependencyFailed):
            await clock.run(story())


@settings(deadline=None)
@given(st.floats(0, 0.999), st.floats(0, 1), st.floats(0.1, 100))
def test_the_life_of_an_answer_varies_within_the_jitter(chance: float, jitter: float, ttl: float) -> None:
    clock = VirtualClock()
    read, cache, source = through(CachePolicy(ttl=ttl, jitter=jitter), clock, chance)
    source.seconds = 0.0
    asyncio.run(clock.run(read.get("k", source.load)))
    (until, _) = cache.kept["k"]
    assert ttl * (1 - jitter) - 0.01 <= until <= ttl * (1 + jitter) + 0.01


async def test_a_leader_that_is_cancelled_does_not_take_the_others_along() -> None:
    clock, flights, loads = VirtualClock(), SingleFlight[str](), []

    async def load() -> str:
        loads.append(1)
        await clock.sleep(1.0)
        return f"load {len(loads)}"

    async def story() -> list[str]:
        leader = asyncio.ensure_future(flights.do("k", load))
        await clock.sleep(0.1)
        others = [asyncio.ensure_future(flights.do("k", load)) for _ in range(3)]
        await clock.sleep(0.1)
        leader.cancel()
        return await asyncio.gather(*others)

    assert await clock.run(story()) == ["load 2"] * 3


async def test_a_failure_reaches_everybody_who_waited_and_nobody_after() -> None:
    clock, flights = VirtualClock(), SingleFlight[str]()
    outcomes: list[Exception | str] = [ValueError("no"), "yes"]

    async def load() -> str:
        await clock.sleep(1.0)
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    async def story() -> list[object]:
        first = await asyncio.gather(flights.do("k", load), flights.do("k", load), return_exceptions=True)
        return [type(each) for each in first] + [await flights.do("k", load)]

    assert await clock.run(story()) == [ValueError, ValueError, "yes"]
