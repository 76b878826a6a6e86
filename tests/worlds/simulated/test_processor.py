"""One CPU: order, throttling, stopping, and what it tells of itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from telic.errors import UsageError
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.processor import Processor


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.close()


@pytest.fixture
def ends() -> list[tuple[str, float]]:
    return []


def work(loop: VirtualLoop, ends: list[tuple[str, float]], name: str) -> None:
    ends.append((name, round(loop.time(), 6)))


def test_work_is_done_one_after_the_other_and_travels_while_others_work(
    loop: VirtualLoop, ends: list[tuple[str, float]]
) -> None:
    processor = Processor(loop)
    processor.submit(1.0, work, loop, ends, "a")
    processor.submit(1.0, work, loop, ends, "b", transit=0.5)
    loop.run_until(10)
    processor.submit(1.0, work, loop, ends, "c", transit=0.5)
    assert processor.queued == 1
    loop.run_until(20)
    assert ends == [("a", 1.0), ("b", 2.0), ("c", 11.5)]
    assert processor.cpu_seconds == pytest.approx(3.0)
    assert processor.kept_seconds() == 0


def test_a_quota_runs_in_bursts_and_costs_what_it_withholds(loop: VirtualLoop, ends: list[tuple[str, float]]) -> None:
    processor = Processor(loop)
    processor.share = 0.1
    for name in "abc":
        processor.submit(0.008, work, loop, ends, name)
    loop.run_until(1)
    assert ends == [("a", 0.008), ("b", 0.106), ("c", 0.204)]
    assert processor.throttled_seconds == pytest.approx(0.18)
    processor.share = 1.0
    processor.submit(0.5, work, loop, ends, "d")
    loop.run_until(2)
    assert ends[-1] == ("d", 1.5)


def test_a_change_of_share_keeps_what_is_half_done(loop: VirtualLoop, ends: list[tuple[str, float]]) -> None:
    processor = Processor(loop)
    processor.submit(1.0, work, loop, ends, "a")
    processor.submit(1.0, work, loop, ends, "b")
    loop.run_until(0.5)
    processor.share = 0.5
    loop.run_until(1.5)
    assert [name for name, _ in ends] == ["a"]
    processor.share = 1.0
    loop.run_until(10)
    assert ends[-1][0] == "b"
    assert processor.cpu_seconds == pytest.approx(2.0, abs=0.06)


def test_a_stopped_one_goes_on_where_it_stood(loop: VirtualLoop, ends: list[tuple[str, float]]) -> None:
    processor = Processor(loop)
    processor.submit(1.0, work, loop, ends, "a")
    loop.run_until(0.4)
    processor.stop()
    processor.stop()
    processor.submit(1.0, work, loop, ends, "b")
    loop.run_until(5)
    assert ends == []
    assert processor.stopped
    assert processor.kept_seconds() == pytest.approx(4.6)
    processor.resume()
    loop.run_until(10)
    assert ends == [("a", 5.6), ("b", 6.6)]
    assert processor.lag() >= 4.6


def test_lag_is_what_waits_at_worst_since_it_was_asked(loop: VirtualLoop) -> None:
    processor = Processor(loop)
    for _ in range(30):
        processor.submit(0.1, lambda: None)
        loop.run_until(loop.time() + 0.05)
    assert 1.3 < processor.lag() < 1.6
    loop.run_until(20)
    assert processor.lag() < 1.6
    assert processor.lag() == 0


def test_clearing_forgets_everything(loop: VirtualLoop, ends: list[tuple[str, float]]) -> None:
    processor = Processor(loop)
    processor.submit(1.0, work, loop, ends, "a")
    processor.clear()
    loop.run_until(2)
    assert ends == []
    loop.run_until_complete(asyncio.wait_for(processor.use(1.0), 2))
    assert loop.time() == 3


def test_no_share_is_refused(loop: VirtualLoop) -> None:
    with pytest.raises(UsageError):
        Processor(loop).share = 0.0
