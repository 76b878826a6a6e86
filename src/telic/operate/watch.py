"""Looks at the entry twice a second, and at the world's state once: all that an incident is judged by."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from telic.errors import TelicError
from telic.model import AnswerStep, State, Window, World
from telic.model.design import REPLICA
from telic.model.intent import Objective
from telic.operate.history import History
from telic.operate.looks import Source
from telic.operate.monitors import Monitors, Reading
from telic.telemetry.queries import ReplicaStep, replica_steps
from telic.tools.guard import Offload

TICK = 0.5  # between looks [s]
STATE_EVERY = 1.0  # between states while all is well [s]
REPLICAS_BACK = 6.0  # of the time before that a look at replicas takes in [s]
LATELY = 6.0  # what the supervisor saw so long ago still counts [s]

_log = logging.getLogger(__name__)


class Watch:
    """The eyes of an operator.

    Parameters
    ----------
    world
        Whose state is looked at.
    source
        Where looks come from.
    objectives
        What users were promised at `entry`.
    entry
        Where users enter.
    offload
        Where blocking calls run.
    answers
        Gives what was checked of the answers since it was asked last.
    """

    def __init__(
        self,
        world: World,
        source: Source,
        objectives: Sequence[Objective],
        entry: str,
        offload: Offload,
        answers: Callable[[], Sequence[AnswerStep]] = tuple,
    ) -> None:
        self._world, self._source, self._offload, self._answers = world, source, offload, answers
        self.monitors = Monitors(objectives, entry)
        self.history = History()
        self.reading = Reading(0.0, "blind")
        self.began = 0.0  # the system, as far as it is known [s since the Unix epoch]
        self._state_at = 0.0
        self._replicated = False

    async def begin(self) -> None:
        """Learn what is normal from the time before."""
        now = self._world.clock.time()
        state = await self._look_at_state()
        self.began = state.began if state else 0.0
        self.monitors.learn(await self._offload(lambda: self._source.history(now, self.began)))

    async def look(self, *, frozen: bool) -> Reading:
        """Look once.

        Parameters
        ----------
        frozen
            Whether an incident is open: what is seen now is not what is normal.
        """
        now = self._world.clock.time()
        if frozen or self.reading.state == "burning" or now - self._state_at >= STATE_EVERY:
            self._state_at = now
            await self._look_at_state()
        look = replace(
            await self._offload(lambda: self._source.look(now)),
            answers=self._answers(),
            replicas=await self._look_at_replicas(now),
        )
        self.reading = self.monitors.step(look, frozen=frozen, suspect=self.history.suspect(now - LATELY))
        return self.reading

    async def _look_at_replicas(self, now: float) -> Sequence[ReplicaStep]:
        """Ask how far replicas are behind; nothing is asked where the world has none."""
        if not self._replicated:
            return ()
        window = Window(now - REPLICAS_BACK, now)
        try:
            return await self._offload(lambda: replica_steps(self._world.store(), window))
        except TelicError as error:
            _log.warning("no look at replicas: %s", error)
            return ()

    async def _look_at_state(self) -> State | None:
        try:
            state = await self._offload(self._world.state)
        except TelicError as error:
            _log.warning("no look at the world's state: %s", error)
            return None
        self.history.add(state)
        self._replicated = REPLICA in state.stores
        return state
