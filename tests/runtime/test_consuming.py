"""A consumer between a queue and a server's chain: what is done, what comes again, what is put aside, and how fast."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from tests.runtime.queue_contract import SUBJECT, filled

from telic.runtime.consuming import Consumer
from telic.runtime.server.messages import Request, Response
from telic.runtime.telemetry.recorder import parse_traceparent
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.queue import SimulatedNats, SimulatedQueue
from telic.worlds.simulated.streams import stream


class Clear:
    """A link without weather."""

    clear, drop, delay, fail = True, False, 0.0, 0.0

    def trip(self, size: int = 0) -> float:
        return 0.0


class Bench:
    """A queue, a consumer and what it had done."""

    def __init__(self, recorder: Any, answer: Callable[[Request], int]) -> None:
        self.loop, self.settings = VirtualLoop(), dict[str, Any]()
        self.server = SimulatedNats(self.loop)
        self.queue = SimulatedQueue(self.loop, self.server, lambda: Clear(), recorder, stream(1, "queue"))
        self.done: list[tuple[float, Request]] = []
        self.most = self._now = 0

        async def handle(request: Request) -> Response:
            self.done.append((self.loop.time(), request))
            self._now += 1
            self.most = max(self.most, self._now)
            await asyncio.sleep(0.01)
            self._now -= 1
            return Response(answer(request), b"")

        self.consumer = Consumer(
            SUBJECT,
            self.queue,
            handle,
            lambda: self.settings,
            clock=LoopClock(self.loop),
            recorder=recorder,
            log=logging.getLogger("test"),
        )

    def run(self, count: int, seconds: float) -> None:
        """Send so many messages and let the consumer work for so long [s]."""

        async def work() -> None:
            await filled(self.queue, count)
            running = asyncio.ensure_future(self.consumer.run())
            await asyncio.sleep(seconds)
            running.cancel()
            await asyncio.wait([running])

        self.loop.run_until_complete(work())

    def times(self) -> Counter[str]:
        """Return how often each message was handled."""
        return Counter(request.headers[b"idempotency-key"] for _, request in self.done)


@pytest.fixture
def bench(recorder: Any) -> Any:
    made: list[Bench] = []

    def make(answer: Callable[[Request], int]) -> Bench:
        made.append(Bench(recorder, answer))
        return made[-1]

    yield make
    for each in made:
        each.loop.close()


def fails(id_: str, status: int) -> Callable[[Request], int]:
    return lambda request: status if request.headers[b"idempotency-key"] == id_ else 200


def test_each_message_is_done_once_as_a_request_of_its_own(bench: Any) -> None:
    made = bench(lambda request: 200)
    made.run(3, 2.0)
    assert made.times() == {"m0": 1, "m1": 1, "m2": 1}
    (_, request), *_ = made.done
    assert (request.method, request.path, request.body) == ("POST", "/fan_out", b'{"post":"p0"}')
    assert made.consumer.standing.depth == 0


def test_the_trace_goes_on_from_the_sender(bench: Any, recorder: Any) -> None:
    made = bench(lambda request: 200)
    made.run(1, 1.5)
    sent, taken = (each for each in recorder.read() if each.kind in (4, 5))
    assert (sent.name, taken.name) == ("send fan_out", "process fan_out")
    assert (taken.trace_id, taken.parent_span_id) == (sent.trace_id, sent.span_id)
    inside = parse_traceparent(made.done[0][1].headers[b"traceparent"])
    assert inside is not None
    assert inside.span_id == taken.span_id.hex()


def test_what_is_refused_comes_again_so_often_and_is_then_put_aside(bench: Any) -> None:
    made = bench(fails("m1", 400))
    made.settings |= {"queue.max_deliver": 3, "queue.retry": 0.5}
    made.run(3, 10.0)
    assert made.times() == {"m0": 1, "m1": 3, "m2": 1}
    at = [time for time, request in made.done if request.headers[b"idempotency-key"] == "m1"]
    assert [round(b - a, 1) for a, b in pairwise(at)] == [0.5, 0.5]
    assert (made.consumer.standing.depth, made.consumer.standing.dead) == (0, 1)


def test_without_a_bound_a_refused_message_comes_for_ever(bench: Any) -> None:
    made = bench(fails("m0", 500))
    made.settings |= {"queue.max_deliver": 0, "queue.retry": 0.5}
    made.run(1, 20.0)
    assert made.times()["m0"] > 30
    assert made.consumer.standing.depth == 1


@pytest.mark.parametrize("status", [429, 503, 504])
def test_what_may_go_well_later_is_never_put_aside(bench: Any, status: int) -> None:
    failing = [True]
    made = bench(lambda request: status if failing[0] else 200)
    made.settings |= {"queue.max_deliver": 2, "queue.retry": 0.5}
    made.loop.call_later(10.0, failing.clear)
    made.loop.call_later(10.0, failing.append, False)
    made.run(1, 20.0)
    assert made.times()["m0"] > 10
    assert (made.consumer.standing.depth, made.consumer.standing.dead) == (0, 0)


def test_no_more_are_in_hand_than_may_be(bench: Any) -> None:
    made = bench(lambda request: 200)
    made.settings |= {"queue.pending": 2}
    made.run(20, 3.0)
    assert (len(made.done), made.most) == (20, 2)


def test_messages_that_are_refused_hold_up_those_behind_them(bench: Any) -> None:
    made = bench(lambda request: 400 if request.headers[b"idempotency-key"] < "m4" else 200)
    made.settings |= {"queue.pending": 2, "queue.max_deliver": 3, "queue.retry": 1.0}
    made.run(5, 20.0)
    last = next(time for time, request in made.done if request.headers[b"idempotency-key"] == "m4")
    assert last > 4.0, "two times two of them, two seconds each"


def test_a_rate_lets_so_many_in(bench: Any) -> None:
    made = bench(lambda request: 200)
    made.settings |= {"queue.rate": 2.0}
    made.run(30, 10.0)
    assert 19 <= len(made.done) <= 21
    assert made.consumer.standing.age > 8.0


def test_a_consumer_outlives_the_server_of_its_queue(bench: Any) -> None:
    made = bench(lambda request: 200)
    made.loop.call_later(0.05, made.server.kill)
    made.loop.call_later(5.0, made.server.start)
    made.settings |= {"queue.pending": 1}
    made.run(40, 15.0)
    assert sorted(made.times()) == sorted(f"m{number}" for number in range(40))
