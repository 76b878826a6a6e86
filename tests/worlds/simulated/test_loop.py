"""Virtual time: order, jumps, threads that wait, and what ends a run."""

from __future__ import annotations

import asyncio
import contextvars
import threading
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from telic.errors import UsageError, WorldError
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


def test_equal_times_run_in_order_of_creation_and_time_never_goes_back(loop: VirtualLoop) -> None:
    seen: list[tuple[str, float]] = []

    def note(name: str) -> None:
        seen.append((name, loop.time()))

    async def main() -> None:
        for name, delay in (("c", 2.0), ("a", 1.0), ("b", 1.0), ("now", -5.0)):
            loop.call_later(delay, note, name)
        await asyncio.sleep(3)

    loop.run_until_complete(main())
    assert seen == [("now", 0.0), ("a", 1.0), ("b", 1.0), ("c", 2.0)]


def test_a_day_takes_no_time(loop: VirtualLoop) -> None:
    begun = time.process_time()
    loop.run_until_complete(asyncio.sleep(86_400))
    assert loop.time() == 86_400
    assert time.process_time() - begun < 5


def test_cancelled_timers_do_not_happen_and_are_forgotten(loop: VirtualLoop) -> None:
    seen: list[int] = []
    timers = [loop.call_later(1 + number % 7, seen.append, number) for number in range(5000)]
    for each in timers[10:]:
        each.cancel()
        each.cancel()
    assert len(loop._timers) < 1000
    loop.run_until(100)
    assert sorted(seen) == list(range(10))
    assert loop.cancelled_timers == 0
    timers[0].cancel()  # after it has happened
    assert loop.cancelled_timers == 0


def test_asyncio_works_on_it(loop: VirtualLoop) -> None:
    async def slow() -> str:
        async with asyncio.timeout(1):
            await asyncio.sleep(10)
        return "never"

    async def numbers() -> AsyncIterator[int]:
        for number in range(3):
            await asyncio.sleep(1)
            yield number

    async def main() -> list[int]:
        with pytest.raises(TimeoutError):
            await slow()
        assert loop.time() == 1
        condition, told = asyncio.Condition(), asyncio.Event()

        async def waiter() -> None:
            async with condition:
                await condition.wait()
                told.set()

        waiting = asyncio.create_task(waiter())
        await asyncio.sleep(0)
        async with condition:
            condition.notify_all()
        await asyncio.gather(waiting, told.wait())
        return [number async for number in numbers()]

    assert loop.run_until_complete(main()) == [0, 1, 2]
    assert loop.time() == 4


def test_run_until_stops_at_a_time_and_goes_on(loop: VirtualLoop) -> None:
    seen: list[float] = []
    for at in (1.0, 2.0, 3.0):
        loop.call_at(at, lambda: seen.append(loop.time()))
    loop.run_until(2.5)
    assert seen == [1.0, 2.0]
    assert loop.time() == 2.5
    loop.run_until(2.5)
    loop.run_until(4)
    assert seen == [1.0, 2.0, 3.0]
    assert loop.time() == 4


def test_waiting_for_nobody_is_an_error_and_no_hang(loop: VirtualLoop) -> None:
    with pytest.raises(WorldError, match="nothing is left"):
        loop.run_until_complete(asyncio.Event().wait())


def test_threads_stand_while_the_loop_goes_on_and_the_other_way_round(loop: VirtualLoop) -> None:
    seen: list[str] = []
    name: contextvars.ContextVar[str] = contextvars.ContextVar("name", default="nobody")

    async def deploy(seconds: float) -> float:
        await asyncio.sleep(seconds)
        seen.append(f"deployed at {loop.time():g}")
        return seconds

    def work() -> float:
        assert threading.current_thread() is not threading.main_thread()
        seen.append(f"{name.get()} works at {loop.time():g}")
        waited = loop.ask(deploy(10)) + loop.ask(deploy(5))
        seen.append(f"worked until {loop.time():g}")
        return waited

    async def ticks() -> None:
        for _ in range(3):
            await asyncio.sleep(6)
            seen.append(f"tick at {loop.time():g}")

    async def main() -> float:
        name.set("the operator")
        ticking = asyncio.create_task(ticks())
        waited = await asyncio.to_thread(work)
        await ticking
        return waited

    assert loop.run_until_complete(main()) == 15
    assert seen == [
        "the operator works at 0",
        "tick at 6",
        "deployed at 10",
        "tick at 12",
        "deployed at 15",
        "worked until 15",
        "tick at 18",
    ]


def test_threads_hand_on_their_errors_and_those_of_what_they_wait_for(loop: VirtualLoop) -> None:
    async def refuse() -> None:
        await asyncio.sleep(1)
        raise UsageError("no")

    def work() -> str:
        try:
            loop.ask(refuse())
        except UsageError:
            raise WorldError("refused") from None
        return "never"

    async def main() -> None:
        await asyncio.to_thread(work)

    with pytest.raises(WorldError, match="refused"):
        loop.run_until_complete(main())


def test_many_threads_wait_at_once_and_results_come_in_order(loop: VirtualLoop) -> None:
    ends: list[int] = []

    def work(number: int) -> None:
        loop.ask(asyncio.sleep(10 - number))
        ends.append(number)

    async def main() -> None:
        await asyncio.gather(*(asyncio.to_thread(work, number) for number in range(8)))

    loop.run_until_complete(main())
    assert ends == list(reversed(range(8)))


def test_asking_from_within_is_refused_and_from_outside_runs_the_loop(loop: VirtualLoop) -> None:
    async def nap() -> float:
        await asyncio.sleep(2)
        return loop.time()

    async def main() -> None:
        with pytest.raises(UsageError, match="asks the loop"):
            loop.ask(nap())

    loop.run_until_complete(main())
    assert loop.ask(nap()) == 2
    with pytest.raises(UsageError, match="cannot wait"):
        loop.wait_for_virtual(coroutine := nap())
    coroutine.close()


def test_closing_ends_threads_that_wait() -> None:
    loop = VirtualLoop()
    ended: list[str] = []

    def work() -> None:
        try:
            loop.ask(asyncio.sleep(1000))
        finally:
            ended.append("ended")

    loop.call_soon(lambda: loop.run_in_executor(None, work))
    loop.run_until(1)
    assert not ended
    loop.close()
    assert ended == ["ended"]


def test_a_failure_of_the_world_ends_the_run_whoever_catches_it(loop: VirtualLoop) -> None:
    async def main() -> None:
        loop.fail(WorldError("it is over"))
        await asyncio.sleep(1)

    with pytest.raises(WorldError, match="it is over"):
        loop.run_until_complete(main())


def test_callbacks_that_raise_are_told_and_do_not_end_the_run(loop: VirtualLoop) -> None:
    told: list[str] = []
    loop.set_exception_handler(lambda _, context: told.append(str(context["exception"])))
    loop.call_later(1, lambda: 1 / 0)
    loop.run_until(5)
    assert told == ["division by zero"]
    assert loop.time() == 5


def test_the_clock_tells_the_loops_time(loop: VirtualLoop) -> None:
    clock = LoopClock(loop, start=1000.25)
    loop.run_until_complete(clock.sleep(1.5))
    assert (clock.time(), clock.monotonic(), clock.time_ns()) == (1001.75, 1.5, 1_001_750_000_000)


def test_an_empty_context_is_a_task_s_own() -> None:
    """An empty context is false to Python; it must not be taken for none."""
    loop, seen = VirtualLoop(), []
    said: contextvars.ContextVar[str] = contextvars.ContextVar("said", default="nothing")

    async def speak(word: str) -> None:
        said.set(word)
        await asyncio.sleep(1)
        seen.append(said.get())

    for word in ("one", "two"):
        loop.create_task(speak(word), context=contextvars.Context())
    loop.run_until(2.0)
    loop.close()
    assert seen == ["one", "two"]
    assert said.get() == "nothing"
