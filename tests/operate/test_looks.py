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


def felt(hotel: Hotel, *, anew: bool) -> tuple[Symptom, ...]:
    """Return what an operator sees that begins 5 s after most users left; the hotel may have been started `anew`."""
    clock = hotel.clock
    assert isinstance(clock, VirtualClock)

    async def story() -> tuple[Symptom, ...]:
        await clock.sleep(20.0)
        hotel.advance()
        hotel.rate = 4.0
        await clock.sleep(1.0)
        if anew:
            hotel.started = dict.fromkeys(hotel.started, clock.time())
        await clock.sleep(4.0)
        watch = Watch(hotel, StoreSource(hotel.store(), "gateway", OBJECTIVES), OBJECTIVES, "gateway", inline)
        await watch.begin()
        seen: list[Symptom] = []
        for _ in range(16):
            seen += (await watch.look(frozen=False)).symptoms
            await clock.sleep(0.5)
        return tuple(seen)

    return asyncio.run(clock.run(story()))


@pytest.mark.parametrize(("anew", "signals"), [(False, {"traffic"}), (True, set())])
def test_users_of_another_run_are_not_missed(anew: bool, signals: set[str]) -> None:
    assert {each.signal for each in felt(broken(NOTHING_WRONG, rate=60.0), anew=anew)} == signals


@dataclass
class Refusing:
    """A store that answers nothing."""

    def query(self, *_: object, **__: object) -> list[dict[str, object]]:
        raise StoreFailed("the store is locked")


def test_a_store_that_does_not_answer_is_no_history() -> None:
    look = StoreSource(Refusing(), "gateway", OBJECTIVES).history(100.0, 0.0)  # type: ignore[arg-type]
    assert not look.heard
    assert not look.cells
