"""What an operator reads of the time before it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from tests.operate.faults import Fault
from tests.operate.hotel import Hotel, broken
from tests.operate.test_diagnosis import OBJECTIVES
from tests.operate.test_operator import inline

from telic.clock import VirtualClock
from telic.errors import StoreFailed
from telic.model import Symptom
from telic.operate.looks import StoreSource
from telic.operate.watch import Watch

NOTHING_WRONG = Fault("hang", "hotel", 1e6)


def felt(hotel: Hotel, down: float) -> tuple[Symptom, ...]:
    """Return what an operator sees that begins 4 s after most users left a hotel, which was `down` [s] meanwhile."""
    clock = hotel.clock
    assert isinstance(clock, VirtualClock)

    async def story() -> tuple[Symptom, ...]:
        await clock.sleep(20.0)
        hotel.advance()
        hotel.rate, hotel.telemetry.away = 4.0, down > 0
        await clock.sleep(down)
        hotel.advance()
        hotel.telemetry.away = False
        await clock.sleep(4.0)
        watch = Watch(hotel, StoreSource(hotel.store(), "gateway", OBJECTIVES), OBJECTIVES, "gateway", inline)
        await watch.begin()
        seen: list[Symptom] = []
        for _ in range(16):
            seen += (await watch.look(frozen=False)).symptoms
            await clock.sleep(0.5)
        return tuple(seen)

    return asyncio.run(clock.run(story()))


@pytest.mark.parametrize(("down", "signals"), [(0.0, {"traffic"}), (6.0, set())])
def test_users_of_another_run_are_not_missed(down: float, signals: set[str]) -> None:
    assert {each.signal for each in felt(broken(NOTHING_WRONG, rate=60.0), down)} == signals


@dataclass
class Refusing:
    """A store that answers nothing."""

    def query(self, *_: object, **__: object) -> list[dict[str, object]]:
        raise StoreFailed("the store is locked")


def test_a_store_that_does_not_answer_is_no_history() -> None:
    look = StoreSource(Refusing(), "gateway", OBJECTIVES).history(100.0)  # type: ignore[arg-type]
    assert not look.heard
    assert not look.cells
