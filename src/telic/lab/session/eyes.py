"""The monitors of a session: they learned what is normal before the fault, and look when somebody asks or acts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace

from telic.model import AnswerStep, Store, World
from telic.model.intent import BadErrors, Objective
from telic.operate.looks import BACK, CELL, NONE, Look, StoreSource
from telic.operate.monitors import Reading
from telic.operate.watch import TICK, Watch

BEFORE = 30.0  # of the time before the session that is looked at [s]


class CatchingUp(StoreSource):
    """Looks as far back as nobody has looked yet.

    Parameters
    ----------
    normal
        From when to when all was well [s since the Unix epoch].
    """

    def __init__(
        self,
        store: Store,
        entry: str,
        objectives: Sequence[Objective],
        normal: tuple[float, float],
        bad_errors: BadErrors = NONE,
    ) -> None:
        super().__init__(store, entry, objectives, bad_errors)
        self._normal, self._looked = normal, normal[1]

    def look(self, now: float) -> Look:
        """Return what is known since the last look."""
        back = max(0.0, now - self._looked) + BACK
        self._looked = now
        return self._look(now, back)

    def history(self, now: float, began: float) -> Look:
        """Return what was known while all was well."""
        start, end = self._normal
        whole = self._look(now, max(0.0, now - start))
        known = {at: count for at, count in whole.cells.items() if start <= at[0] * CELL and (at[0] + 1) * CELL <= end}
        queues = [each for each in whole.queues if start <= each.time and each.time + 1.0 <= end]
        return replace(whole, cells=known, time=min(now, end), queues=queues)


class Eyes:
    """A `Watch` that sleeps until somebody asks.

    Parameters
    ----------
    normal
        From when to when all was well [s since the Unix epoch]; monitors learn from that.
    bad_errors
        Business errors that users call bad service, by operation.
    answers
        Gives what was checked of the answers since it was asked last.
    """

    def __init__(
        self,
        world: World,
        objectives: Sequence[Objective],
        entry: str,
        *,
        normal: tuple[float, float],
        bad_errors: BadErrors = NONE,
        answers: Callable[[], Sequence[AnswerStep]] = tuple,
    ) -> None:
        source = CatchingUp(world.store(), entry, objectives, normal, bad_errors)
        self.watch = Watch(world, source, objectives, entry, asyncio.to_thread, answers)
        self._open = False

    async def look(self) -> Reading:
        """Look now, and back to the last look."""
        if not self._open:
            self._open = True
            await self.watch.begin()
        return await self.watch.look(frozen=True)

    async def look_on(self) -> None:
        """Look twice a second until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(TICK)
