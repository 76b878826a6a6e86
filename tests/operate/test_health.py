"""What users say of an action: rarely used operations are given the time that they need."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from tests.operate.faults import Fault
from tests.operate.hotel import Hotel, broken
from tests.operate.test_diagnosis import OBJECTIVES
from tests.operate.test_operator import inline

from telic.clock import VirtualClock
from telic.model import Action, ActionRecord, Symptom
from telic.operate.health import RARE_PATIENCE, ObjectiveHealth
from telic.operate.looks import CELL, Count, Look, StoreSource
from telic.operate.watch import Watch
from telic.tools.health import Judgement

NOTHING_WRONG = Fault("hang", "hotel", 1e6)


def judged(hotel: Hotel, operation: str, *, warm: float = 20.0) -> tuple[Judgement, float]:
    """Return what is said of an action on a hotel as it is, and how long that took [s]."""
    clock = hotel.clock
    assert isinstance(clock, VirtualClock)

    async def story() -> tuple[Judgement, float]:
        watch = Watch(hotel, StoreSource(hotel.store(), "gateway", OBJECTIVES), OBJECTIVES, "gateway", inline)
        await watch.begin()

        async def looks() -> None:
            while True:
                await watch.look(frozen=True)
                await clock.sleep(0.5)

        looking = asyncio.ensure_future(looks())
        await clock.sleep(warm)
        applied = clock.time()
        felt = Symptom("O2", "gateway", operation, "errors", applied - 5.0, applied, 10.0, 4, 5)
        record = ActionRecord("A1", "I1", Action("set_policy", "payment", {}), "applied", applied, applied)
        said = await ObjectiveHealth(watch, clock, (felt,)).judge(record)
        looking.cancel()
        return said, clock.time() - applied

    return asyncio.run(clock.run(story()))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_an_operation_that_is_rarely_used_is_waited_for(seed: int) -> None:
    said, took = judged(broken(NOTHING_WRONG, seed=seed, rate=6.0), "pay")
    assert said.helped, said.says
    assert took <= RARE_PATIENCE


def test_silence_says_nothing_good() -> None:
    said, took = judged(broken(NOTHING_WRONG, rate=3.0), "an operation of nobody")
    assert not said.helped
    assert took <= RARE_PATIENCE + 1.0


def test_one_that_is_used_often_is_judged_at_once() -> None:
    said, took = judged(broken(NOTHING_WRONG, rate=60.0), "search_hotels")
    assert said.helped, said.says
    assert took <= 6.0


@dataclass(frozen=True)
class Scripted:
    """Looks at two operations that fail from second 20 on, each until a second of its own."""

    began: float
    ends: Mapping[str, float]

    def look(self, now: float, back: float = 6.0) -> Look:
        cells = {
            (number, name): Count(2, {"O2": 2 if 20.0 <= number * CELL - self.began < end else 0})
            for number in range(int(max(self.began, now - back) / CELL), int((now - 0.8) / CELL))
            for name, end in self.ends.items()
        }
        return Look(now, cells, now - 0.8)

    def history(self, now: float, began: float) -> Look:
        return self.look(now, 60.0)


@pytest.mark.parametrize(("search", "helped"), [(30.5, True), (1e6, False)])
def test_of_two_faults_at_once_one_may_be_mended_alone(search: float, helped: bool) -> None:
    hotel = broken(NOTHING_WRONG)
    clock, begun = hotel.clock, hotel.clock.time()
    assert isinstance(clock, VirtualClock)
    source = Scripted(begun, {"search_hotels": search, "pay": 1e6})

    async def story() -> tuple[Judgement, Mapping[str, bool]]:
        watch = Watch(hotel, source, OBJECTIVES, "gateway", inline)
        await watch.begin()

        async def looks() -> None:
            while True:
                await watch.look(frozen=True)
                await clock.sleep(0.5)

        looking = asyncio.ensure_future(looks())
        await clock.sleep(29.0)
        applied = clock.time()
        felt = [
            Symptom("O2", "gateway", each, "errors", begun + 20.0, begun + 22.0, 10.0, 8, 8) for each in source.ends
        ]
        record = ActionRecord("A1", "I1", Action("rollback", "search", {}), "applied", applied, applied)
        health = ObjectiveHealth(watch, clock, felt)
        said = await health.judge(record)
        looking.cancel()
        return said, {each.operation: health.ended(each, 3.0) for each in felt}

    said, ended = asyncio.run(clock.run(story()))
    assert said.helped == helped, said.says
    assert ("search_hotels" in said.says) == helped
    assert ended == {"search_hotels": helped, "pay": False}
