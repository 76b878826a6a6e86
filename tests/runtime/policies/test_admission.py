"""Admission never serves more than the slots, never queues more than the bound, and enforces the declared capacity."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.clock import VirtualClock
from telic.runtime.failures import Overloaded
from telic.runtime.policies.admission import Admission
from telic.runtime.policies.limit import Limit
from telic.runtime.wiring import NodePolicy


class Server:
    """Serves requests of a given length through an admission and keeps watch over it."""

    def __init__(self, policy: NodePolicy, slots: int, service_time: float = 0.0) -> None:
        self.clock = VirtualClock()
        self.admission = Admission(policy, self.clock, slots=slots, service_time=service_time)
        self.slots, self.policy = slots, policy
        self.running = self.most_running = self.most_queued = 0
        self.done: list[int] = []
        self.refused: list[int] = []

    async def request(self, number: int, arrival: float, length: float, patience: float | None = None) -> None:
        await self.clock.sleep(arrival)
        try:
            with Limit(self.clock, patience):
                entered = await self.admission.enter()
        except Overloaded:
            self.refused.append(number)
            return
        except TimeoutError:
            return
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.most_queued = max(self.most_queued, self.admission.queued)
        try:
            await self.clock.sleep(length)
            self.done.append(number)
        finally:
            self.running -= 1
            self.admission.leave(entered, ok=True)

    async def run(self, *requests: tuple[float, float, float | None]) -> None:
        await asyncio.gather(*(self.request(number, *each) for number, each in enumerate(requests)))
        await self.clock.sleep(10.0)


REQUESTS = st.lists(
    st.tuples(st.floats(0, 1), st.floats(0, 0.3), st.one_of(st.none(), st.floats(0.01, 0.5))), min_size=1, max_size=25
)


@settings(max_examples=60, deadline=None)
@given(
    REQUESTS,
    st.integers(1, 4),
    st.integers(0, 5),
    st.sampled_from(["fifo", "lifo"]),
    st.sampled_from(["none", "aimd"]),
    st.sampled_from([0.0, 0.05]),
)
def test_slots_and_queue_hold_and_nothing_leaks(
    requests: list[tuple[float, float, float | None]], slots: int, queue: int, order: str, limit: str, service: float
) -> None:
    policy = NodePolicy(queue=queue, order=order, limit=limit)  # type: ignore[arg-type]
    server = Server(policy, slots, service)
    asyncio.run(server.clock.run(server.run(*requests)))
    assert server.most_running <= slots
    assert server.most_queued <= queue
    assert (server.admission.active, server.admission.queued) == (0, 0)


async def test_a_full_queue_refuses_the_newcomer_in_fifo_and_the_oldest_in_lifo() -> None:
    outcomes = {}
    for order in ("fifo", "lifo"):
        server = Server(NodePolicy(queue=1, order=order), slots=1)
        await server.clock.run(server.run((0.0, 1.0, None), (0.1, 1.0, None), (0.2, 1.0, None)))
        outcomes[order] = (server.done, server.refused)
    assert outcomes == {"fifo": ([0, 1], [2]), "lifo": ([0, 2], [1])}


async def test_an_unbounded_queue_refuses_nobody() -> None:
    server = Server(NodePolicy(queue=-1), slots=1)
    await server.clock.run(server.run(*[(0.0, 0.01, None)] * 50))
    assert len(server.done) == 50


async def test_the_declared_capacity_bounds_the_rate_though_the_work_is_instant() -> None:
    server = Server(NodePolicy(queue=-1), slots=2, service_time=0.1)
    finished: list[float] = []

    async def one() -> None:
        entered = await server.admission.enter()
        finished.append(server.clock.monotonic())
        server.admission.leave(entered, ok=True)

    async def all_at_once() -> None:
        await asyncio.gather(*(one() for _ in range(20)))

    await server.clock.run(all_at_once())
    assert finished[-1] == pytest.approx(0.9)  # 20 requests over 2 slots of 0.1 s each, the last pair without its wait


async def test_a_larger_capacity_takes_effect_for_those_who_wait() -> None:
    server = Server(NodePolicy(queue=5), slots=1)

    async def grow() -> None:
        running = asyncio.ensure_future(server.run((0.0, 5.0, None), (0.1, 1.0, None)))
        await server.clock.sleep(1.0)
        assert server.admission.queued == 1
        server.admission.configure(NodePolicy(queue=5), slots=2, service_time=0.0)
        await server.clock.sleep(0.1)
        assert server.admission.queued == 0
        await running

    await server.clock.run(grow())
    assert server.done == [1, 0]


async def test_aimd_gives_way_under_failures_and_comes_back() -> None:
    server = Server(NodePolicy(limit="aimd"), slots=8)

    async def story() -> None:
        for _ in range(30):
            entered = await server.admission.enter()
            await server.clock.sleep(0.02)
            server.admission.leave(entered, ok=False)
        assert server.admission.limit == 1
        for _ in range(200):
            entered = await server.admission.enter()
            await server.clock.sleep(0.02)
            server.admission.leave(entered, ok=True)
        assert server.admission.limit == 8

    await server.clock.run(story())


@pytest.mark.parametrize("order", ["fifo", "lifo"])
async def test_who_waited_longer_than_the_limit_is_refused_even_if_no_slot_gets_free(order: str) -> None:
    server = Server(NodePolicy(queue=-1, order=order, max_age=0.5), slots=1)  # type: ignore[arg-type]

    async def story() -> None:
        running = asyncio.ensure_future(server.run((0.0, 60.0, None), (0.1, 1.0, None), (0.3, 1.0, None)))
        await server.clock.sleep(0.55)
        assert (server.refused, server.admission.queued) == ([], 2)
        assert server.admission.age == pytest.approx(0.45)
        await server.clock.sleep(0.1)
        assert (server.refused, server.admission.queued) == ([1], 1)
        await server.clock.sleep(0.2)
        assert (server.refused, server.admission.queued, server.admission.age) == ([1, 2], 0, 0.0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    await server.clock.run(story())


async def test_a_slot_goes_to_nobody_who_waited_too_long() -> None:
    server = Server(NodePolicy(queue=-1, max_age=0.5), slots=1, service_time=0.2)
    await server.clock.run(server.run(*[(0.0, 0.0, None)] * 10))
    assert len(server.done) == 3  # at 0, 0.2 and 0.4 s
    assert len(server.refused) == 7


async def test_a_limit_of_age_takes_effect_for_those_who_wait() -> None:
    server = Server(NodePolicy(queue=-1), slots=1)

    async def story() -> None:
        running = asyncio.ensure_future(server.run((0.0, 5.0, None), (0.1, 1.0, None), (0.9, 1.0, None)))
        await server.clock.sleep(1.0)
        server.admission.configure(NodePolicy(queue=-1, max_age=0.5), slots=1, service_time=0.0)
        await server.clock.sleep(0.1)
        assert (server.refused, server.admission.queued) == ([1], 1)
        await running

    await server.clock.run(story())
