"""A key is worked on once; repeats get the first answer; failures free the key."""

from __future__ import annotations

import asyncio

import pytest

from telic.clock import VirtualClock
from telic.runtime.policies.dedupe import STALE_CLAIM, Answer, Dedupe, MemoryAnswers


class Work:
    """Counts how often it is done."""

    def __init__(self, clock: VirtualClock, *, fails: int = 0) -> None:
        self.clock, self.fails, self.done = clock, fails, 0

    async def __call__(self) -> Answer:
        self.done += 1
        number = self.done
        await self.clock.sleep(0.2)
        if number <= self.fails:
            raise ValueError("not this time")
        return Answer(200, b"booking %d" % number)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


async def test_repeats_at_once_and_later_get_the_first_answer(clock: VirtualClock) -> None:
    dedupe, work = Dedupe(MemoryAnswers(clock), clock), Work(clock)

    async def story() -> list[Answer]:
        together = await asyncio.gather(*(dedupe.run("k", "reserve", work) for _ in range(5)))
        return [*together, await dedupe.run("k", "reserve", work)]

    assert {each.body for each in await clock.run(story())} == {b"booking 1"}
    assert work.done == 1


async def test_other_keys_are_other_work(clock: VirtualClock) -> None:
    dedupe, work = Dedupe(MemoryAnswers(clock), clock), Work(clock)

    async def story() -> None:
        await asyncio.gather(dedupe.run("a", "reserve", work), dedupe.run("b", "reserve", work))

    await clock.run(story())
    assert work.done == 2


async def test_a_failure_frees_the_key_for_those_who_wait(clock: VirtualClock) -> None:
    dedupe, work = Dedupe(MemoryAnswers(clock), clock), Work(clock, fails=1)

    async def story() -> list[object]:
        return list(await asyncio.gather(*(dedupe.run("k", "reserve", work) for _ in range(2)), return_exceptions=True))

    outcomes = await clock.run(story())
    assert sorted(type(each).__name__ for each in outcomes) == ["Answer", "ValueError"]
    assert work.done == 2


async def test_a_cancelled_request_frees_the_key(clock: VirtualClock) -> None:
    dedupe, work = Dedupe(MemoryAnswers(clock), clock), Work(clock)

    async def story() -> Answer:
        first = asyncio.ensure_future(dedupe.run("k", "reserve", work))
        await clock.sleep(0.1)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        return await dedupe.run("k", "reserve", work)

    assert (await clock.run(story())).body == b"booking 2"


async def test_a_claim_of_a_dead_process_is_taken_over_in_time(clock: VirtualClock) -> None:
    answers = MemoryAnswers(clock)
    dedupe, work = Dedupe(answers, clock), Work(clock)

    async def story() -> Answer:
        assert await answers.claim("k", "reserve") is True  # and then the claimer dies
        return await dedupe.run("k", "reserve", work)

    assert (await clock.run(story())).body == b"booking 1"
    assert STALE_CLAIM <= clock.time() <= STALE_CLAIM + 1.0


async def test_memory_keeps_the_latest_keys_only(clock: VirtualClock) -> None:
    answers = MemoryAnswers(clock, limit=3)
    for number in range(10):
        await answers.claim(str(number), "reserve")
        await answers.finish(str(number), Answer(200, b""))
    assert [await answers.claim(str(number), "reserve") is True for number in (0, 9)] == [True, False]
