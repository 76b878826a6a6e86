"""What asks a system while it is recorded ends with the recording."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from types import SimpleNamespace
from typing import Any, cast

import pytest

from telic.clock import VirtualClock
from telic.errors import UsageError
from telic.lab.course import Course
from telic.lab.recorded.states import CLOSE, Watching
from telic.model import AnswerStep

Tell = Callable[[AnswerStep], None]
STEP = AnswerStep(0.0, "search", 6, 1)


class Asked:
    """Asks until it is cancelled."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock, self.ended = clock, False

    async def __call__(self, tell: Tell) -> None:
        try:
            while True:
                tell(STEP)
                await self._clock.sleep(1.0)
        finally:
            self.ended = True


def watching(clock: VirtualClock, checks: Callable[[Tell], Coroutine[Any, Any, None]]) -> Watching:
    return Watching(cast(Course, SimpleNamespace(world=SimpleNamespace(clock=clock), checks=checks)))


@pytest.mark.parametrize("end", ["stopped", "cancelled"])
def test_whoever_asks_is_ended_with_the_recording(end: str) -> None:
    clock = VirtualClock(0.0)
    asked = Asked(clock)
    seen = watching(clock, asked)

    async def recorded() -> None:
        task = asyncio.ensure_future(seen.ask())
        await clock.sleep(2.5)
        if end == "stopped":
            seen.stop()
        else:
            task.cancel()
        await clock.sleep(2 * CLOSE)
        assert asked.ended
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(clock.run(recorded()))
    assert seen.answers == [STEP] * 3


def test_a_system_that_cannot_be_asked_is_recorded_all_the_same_and_a_mistake_is_said() -> None:
    clock = VirtualClock(0.0)

    async def refused(tell: Tell) -> None:
        raise UsageError("nobody answers", hint="see its log")

    async def mistaken(tell: Tell) -> None:
        raise ValueError("a mistake")

    asyncio.run(clock.run(watching(clock, refused).ask()))
    with pytest.raises(ValueError, match="a mistake"):
        asyncio.run(clock.run(watching(clock, mistaken).ask()))
