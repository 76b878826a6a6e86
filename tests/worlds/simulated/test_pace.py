"""Virtual time at the pace of the machine's clock, asked from an ordinary event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.pace import Pacer


@pytest.fixture
def pacer() -> Iterator[Pacer]:
    loop = VirtualLoop()
    made = Pacer(loop)
    made.start()
    yield made
    made.stop()
    loop.close()


async def fails() -> None:
    await asyncio.sleep(0.001)
    raise KeyError("CHF")


async def test_coroutines_run_on_the_virtual_loop_and_give_their_result(pacer: Pacer) -> None:
    before = await pacer.call(pacer.loop.time)
    assert await pacer.do(lambda: asyncio.sleep(0.02, "done")) == "done"
    assert await pacer.call(pacer.loop.time) >= before + 0.02


async def test_errors_come_back_to_whoever_asked(pacer: Pacer) -> None:
    with pytest.raises(KeyError):
        await pacer.do(fails)
    with pytest.raises(ZeroDivisionError):
        await pacer.call(lambda: 1 // 0)
    assert pacer.failure is None


async def test_who_leaves_cancels_what_was_begun(pacer: Pacer) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()
    here = asyncio.get_running_loop()

    async def wait() -> None:
        here.call_soon_threadsafe(begun.set)
        try:
            await asyncio.sleep(3600)
        finally:
            here.call_soon_threadsafe(ended.set)

    asking = asyncio.ensure_future(pacer.do(wait))
    await asyncio.wait_for(begun.wait(), 10)
    asking.cancel()
    await asyncio.wait_for(ended.wait(), 10)


async def test_many_ask_at_once(pacer: Pacer) -> None:
    async def ask(number: int) -> int:
        return await pacer.do(lambda: asyncio.sleep(0.001, number))

    assert await asyncio.gather(*map(ask, range(50))) == list(range(50))
