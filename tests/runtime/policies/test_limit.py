"""A limit ends its block in time, on any clock, and tells its own end from somebody else's."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.clock import SystemClock, VirtualClock
from telic.runtime.policies.limit import Limit


@settings(deadline=None, max_examples=40)
@given(st.floats(0.001, 10), st.floats(0.001, 10))
def test_it_raises_exactly_when_the_work_is_longer(limit: float, work: float) -> None:
    clock = VirtualClock()

    async def job() -> bool:
        try:
            with Limit(clock, limit):
                await clock.sleep(work)
        except TimeoutError:
            return False
        return True

    if limit != work:
        assert asyncio.run(clock.run(job())) == (work < limit)
        assert clock.time() <= max(limit, work)


async def test_the_outer_limit_wins_when_it_is_shorter() -> None:
    clock, seen = VirtualClock(), []

    async def job() -> None:
        try:
            with Limit(clock, 1.0):
                try:
                    with Limit(clock, 5.0):
                        await clock.sleep(10.0)
                except TimeoutError:
                    seen.append("inner")
        except TimeoutError:
            seen.append("outer")

    await clock.run(job())
    assert seen == ["outer"]


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def job() -> None:
        with Limit(SystemClock(), 60.0):
            await asyncio.sleep(60.0)

    task = asyncio.create_task(job())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_no_seconds_are_no_limit_and_real_time_works() -> None:
    with Limit(SystemClock(), None):
        await asyncio.sleep(0)
    with pytest.raises(TimeoutError), Limit(SystemClock(), 0.0):
        await asyncio.sleep(60.0)
