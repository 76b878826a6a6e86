"""CPUs of a simulated machine: jobs in the order of asking, each taking its time."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.worlds.simulated.asked import together

from telic.worlds.simulated.cpus import Cpus
from telic.worlds.simulated.loop import VirtualLoop


@pytest.mark.parametrize("count", [1, 2])
def test_cpus_do_all_the_work_in_the_order_of_asking(count: int) -> None:
    loop = VirtualLoop()
    cpus, ends = Cpus(loop, count), []

    async def job(number: int) -> None:
        await cpus.use(0.1)
        ends.append((number, round(loop.time(), 6)))

    loop.run_until_complete(together(*(job(number) for number in range(6))))
    assert [number for number, _ in ends] == list(range(6))
    assert [at for _, at in ends] == [round(0.1 * (number // count + 1), 6) for number in range(6)]
    assert cpus.seconds == pytest.approx(0.6)
    loop.close()


def test_a_job_that_ends_early_lets_the_next_one_begin() -> None:
    loop = VirtualLoop()
    cpus = Cpus(loop, 1)

    async def main() -> Any:
        turn = cpus.take(5.0)
        assert turn is not None
        assert cpus.take(0.1) is None
        first, second = (asyncio.ensure_future(cpus.use(seconds)) for seconds in (3.0, 0.1))
        await asyncio.sleep(1.0)
        cpus.give_up(turn)
        await asyncio.sleep(1.0)
        first.cancel()
        await second
        return loop.time()

    assert loop.run_until_complete(main()) == pytest.approx(2.1)
    assert cpus.seconds == pytest.approx(2.1)
    assert cpus.take(1.0) is not None
    loop.close()


def test_half_a_cpu_is_half_as_fast_and_changes_take_effect_at_once() -> None:
    loop = VirtualLoop()
    cpus = Cpus(loop, 2)

    async def main() -> list[float]:
        ends = []

        async def job() -> None:
            await cpus.use(1.0)
            ends.append(loop.time())

        cpus.share = 0.5
        work = [asyncio.ensure_future(job()) for _ in range(3)]
        await asyncio.sleep(1.0)
        cpus.share = 1.0  # half of the first job is done
        await together(*work)
        return ends

    assert loop.run_until_complete(main()) == pytest.approx([1.5, 2.0, 2.5])
    loop.close()
