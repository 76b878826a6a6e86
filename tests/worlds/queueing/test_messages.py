"""Work behind a queue: nobody waits for it, all of it is done, and what fails comes again."""

from __future__ import annotations

from dataclasses import replace

import pytest

pytest.importorskip("numba", reason="needs the extra model")

from tests.worlds.queueing.systems import design, operation, service, workload

from telic.model.design import QUEUED, Call
from telic.runtime.wiring import NodePolicy, Wiring
from telic.worlds.queueing import Costs, Plan, Trigger, compile, simulate

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for
RATE = 40.0  # [requests/s]


def behind(*, queued: bool = True, works: float = 0.05, times: float = 1.0, **settings: float) -> Plan:
    """Return a gateway that has a worker do something, which takes `works` [s], for each request."""
    asked = Call("worker", "do", times=times, when=QUEUED if queued else "always")
    entry = replace(operation("post", serves="F1"), calls=(asked,))
    worker = service("worker", 256, operation("do"))
    worker = replace(worker, settings={f"queue.{name}": value for name, value in settings.items()})
    costs = Costs(cpu=0, cores=0, work={"worker": works}, spread="constant", network=0.0, patience=5.0, bound=0.02)
    made = design(service("gateway", 256, entry), worker)
    return compile(made, Wiring(node=NodePolicy(queue=-1)), workload(RATE, {"F1": 1.0}), costs=costs)


def test_who_publishes_does_not_wait_for_the_work() -> None:
    through, asked = (simulate(behind(queued=queued), seconds=10, seed=1) for queued in (True, False))
    assert through.goodput(0, 10) == 1.0
    assert asked.goodput(0, 10) == 0.0  # who calls waits for 50 ms, and 20 are allowed
    assert through.quantile(0.99, 0, 10) < 0.002


@pytest.mark.parametrize("times", [1.0, 2.5])
def test_every_message_is_done_once_and_nothing_is_left(times: float) -> None:
    found = simulate(behind(times=times), seconds=20, seed=3)
    done = found.count_of("worker", "done").sum()
    assert done == pytest.approx(times * found.sent.sum(), rel=0.05)
    assert done == found.count_of("worker", "arrived").sum()
    assert found.queues["waiting"].sum() == found.queues["in_hand"].sum() == found.queues["again"].sum() == 0


def test_a_consumer_that_is_too_slow_lets_messages_wait_and_works_them_off_later() -> None:
    plan = behind(works=0.2, pending=4.0)  # 20 a second
    short, long = (simulate(plan, seconds=10, rate=rate, seed=2) for rate in (RATE, 10.0))
    assert short.count_of("worker", "done")[2:10].mean() == pytest.approx(20.0, abs=0.5)
    left = short.sent.sum() - short.count_of("worker", "done").sum()
    assert short.queues["waiting"].sum() + short.queues["in_hand"].sum() == left > 50
    assert long.queues["waiting"].sum() == 0


def test_what_takes_longer_than_it_may_comes_again_and_blocks_those_behind_it() -> None:
    found = simulate(behind(works=0.5, ack_wait=0.2, retry=0.3), seconds=10, seed=2)
    assert found.count_of("worker", "done").sum() == 0
    assert found.queues["in_hand"].tolist() == [8]
    assert found.queues["again"].sum() == pytest.approx(8 * 14 / 0.5, rel=0.15)  # of each in hand, every 0.5 s
    assert found.goodput(0, 10) == 1.0


def test_messages_outlive_a_loss_of_capacity() -> None:
    found = simulate(behind(pending=4.0), seconds=20, seed=5, triggers=[Trigger("capacity", 5, 5, 0.004, "worker")])
    assert found.count_of("worker", "done")[6:10].mean() < 21
    assert found.count_of("worker", "done").sum() == found.sent.sum()
    assert found.queues["waiting"].sum() == 0
