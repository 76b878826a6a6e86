"""One process kept running, on virtual time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import pytest

from telic.clock import VirtualClock
from telic.worlds.local.backoff import Backoff
from telic.worlds.local.processes import Child
from telic.worlds.local.supervised import Supervised


@dataclass
class Stage:
    """Processes that a test starts and ends by hand."""

    clock: VirtualClock
    ready: bool = True
    starts: list[float] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    ends: list[asyncio.Future[int]] = field(default_factory=list)
    alive_within: float = 0.0  # [s]
    slow: float = 0.0  # an answer takes so long [s]
    unable: int = 0  # how often a start fails before one works

    async def start(self) -> Child:
        self.starts.append(self.clock.time())
        if self.unable:
            self.unable -= 1
            raise FileNotFoundError("no such program")
        self.ends.append(asyncio.get_running_loop().create_future())
        return FakeChild(len(self.ends), 1000 + len(self.ends), self.ends[-1])

    async def probe(self) -> bool:
        await self.clock.sleep(self.slow)
        return self.ready

    def made(self) -> Supervised:
        return Supervised(
            "booking-1",
            start=self.start,
            probe=self.probe,
            clock=self.clock,
            alive_within=lambda: self.alive_within,
            on_event=lambda name, reason: self.events.append(f"{name.removeprefix('instance.')} {reason}".strip()),
        )


class FakeChild(Child):
    """Ends when it is told to."""

    def send(self, number: int) -> None:
        if not self.exited.done() and number != 18:
            self.exited.set_result(-number)


@pytest.fixture
def stage() -> Stage:
    return Stage(VirtualClock(1000.0))


def test_exits_are_followed_by_longer_and_longer_waits(stage: Stage) -> None:
    async def crash_five_times() -> Supervised:
        kept = stage.made()
        kept.run()
        for number in range(5):
            await stage.clock.sleep(0.1)
            stage.ends[number].set_result(1)
            await stage.clock.sleep(20.0)
        await kept.stop()
        return kept

    kept = asyncio.run(stage.clock.run(crash_five_times()))
    waits = [
        round(later - earlier - 0.1 - 0.0, 1) for earlier, later in zip(stage.starts, stage.starts[1:], strict=False)
    ]
    assert kept.restarts == 5
    assert kept.last_exit == "exit 1"
    assert waits[0] == 0.5
    assert [event for event in stage.events if event.startswith("backoff")][:4] == [
        "backoff next start in 0.5 s",
        "backoff next start in 1 s",
        "backoff next start in 2 s",
        "backoff next start in 4 s",
    ]


def test_twenty_healthy_seconds_make_the_wait_short_again(stage: Stage) -> None:
    async def crash_late() -> None:
        kept = stage.made()
        kept.run()
        for healthy in (0.1, 0.1, 30.0):
            await stage.clock.sleep(healthy)
            stage.ends[-1].set_result(1)
            await stage.clock.sleep(5.0)
        await kept.stop()

    asyncio.run(stage.clock.run(crash_late()))
    assert [event for event in stage.events if event.startswith("backoff")] == [
        "backoff next start in 0.5 s",
        "backoff next start in 1 s",
        "backoff next start in 0.5 s",
    ]


def test_an_unready_process_is_told_and_left_alone(stage: Stage) -> None:
    async def hang() -> Supervised:
        kept = stage.made()
        kept.run()
        assert await kept.wait_ready(5.0)
        stage.ready = False
        await stage.clock.sleep(60.0)
        assert kept.phase == "unready"
        assert 1000.0 < kept.unready_since < 1002.0
        stage.ready = True
        await stage.clock.sleep(1.0)
        assert (kept.phase, kept.unready_since) == ("ready", 0.0)
        return kept

    kept = asyncio.run(stage.clock.run(hang()))
    assert kept.restarts == 0
    assert len(stage.starts) == 1


def test_who_twice_misses_its_liveness_probe_is_ended_until_the_probe_is_mended(stage: Stage) -> None:
    async def probed() -> Supervised:
        kept = stage.made()
        kept.run()
        assert await kept.wait_ready(5.0)
        stage.slow = 0.01
        await stage.clock.sleep(10.0)
        assert kept.restarts == 0
        stage.alive_within = 0.001
        await stage.clock.sleep(10.0)
        stage.alive_within = 0.1
        await stage.clock.sleep(20.0)
        return kept

    kept = asyncio.run(stage.clock.run(probed()))
    ended = [each for each in stage.events if each.startswith("killed")]
    assert set(ended) == {"killed the liveness probe got no answer within 0.001 s"}
    assert kept.restarts == len(ended) == len(stage.starts) - 1 >= 2
    assert kept.phase == "ready"


def test_a_restart_that_was_asked_for_counts_as_no_failure(stage: Stage) -> None:
    async def restart() -> Supervised:
        kept = stage.made()
        kept.run()
        assert await kept.wait_ready(5.0)
        await kept.restart()
        await stage.clock.sleep(0.2)
        assert kept.phase == "ready"
        return kept

    kept = asyncio.run(stage.clock.run(restart()))
    assert (kept.restarts, len(stage.starts)) == (0, 2)
    assert stage.starts[1] - stage.starts[0] < 0.2, "no back-off"


def test_a_change_that_may_help_cuts_the_wait_short(stage: Stage) -> None:
    async def hurry() -> None:
        kept = stage.made()
        kept.run()
        for _ in range(4):
            await stage.clock.sleep(0.1)
            stage.ends[-1].set_result(1)
            await stage.clock.sleep(0.01)
            kept.hurry()
            await stage.clock.sleep(0.01)
            assert kept.phase in ("starting", "ready")
        await kept.stop()

    asyncio.run(stage.clock.run(hurry()))
    assert stage.starts[-1] - stage.starts[0] < 1.0


def test_waiting_for_readiness_ends_with_the_first_exit(stage: Stage) -> None:
    async def die_young() -> bool:
        stage.ready = False
        kept = stage.made()
        kept.run()
        asyncio.get_running_loop().call_later(0.01, lambda: stage.ends[0].set_result(1))
        ready = await kept.wait_ready(30.0)
        await kept.stop()
        return ready

    async def main() -> bool:
        return await die_young()

    assert asyncio.run(stage.clock.run(main(), settle=5)) is False


def test_a_program_that_is_missing_is_tried_again(stage: Stage) -> None:
    async def appear() -> Supervised:
        stage.unable = 2
        kept = stage.made()
        kept.run()
        await stage.clock.sleep(10.0)
        assert kept.phase == "ready"
        await kept.stop()
        return kept

    kept = asyncio.run(stage.clock.run(appear()))
    assert kept.restarts == 2
    assert "exited could not start: no such program" in stage.events


def test_a_stopped_process_stays_ended(stage: Stage) -> None:
    async def stop() -> Supervised:
        kept = stage.made()
        kept.run()
        assert await kept.wait_ready(5.0)
        await kept.stop()
        await stage.clock.sleep(60.0)
        return kept

    kept = asyncio.run(stage.clock.run(stop()))
    assert (kept.phase, len(stage.starts)) == ("stopped", 1)


def test_backoff_never_waits_longer_than_its_longest() -> None:
    waits = Backoff(first=0.1, longest=1.0)
    assert max(waits.after(healthy=0.0) for _ in range(20)) == 1.0
    waits.reset()
    assert waits.after(healthy=0.0) == 0.1
