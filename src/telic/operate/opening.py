"""After an escape: what is shed is let in again, step by step, each verified; what did not hold is taken back."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from telic.clock import Clock
from telic.errors import TelicError
from telic.model import Action, ActionRecord
from telic.operate.health import ObjectiveHealth
from telic.operate.reopening import last_step, next_step, shed_now
from telic.tools.checks import REST
from telic.tools.guard import Guard

_log = logging.getLogger(__name__)


class Opening:
    """Opens a system again within one incident.

    Parameters
    ----------
    records
        Gives the incident's actions so far, in order.
    carry_out
        Carries out one step under guard.
    guard
        Takes steps back.
    health
        Is told what is shed on purpose.
    clock
        Says which steps have rested.
    stopping
        Whether the operator was told to end: no step is begun then.
    """

    def __init__(
        self,
        records: Callable[[], Sequence[ActionRecord]],
        carry_out: Callable[[Action], Awaitable[ActionRecord]],
        *,
        guard: Guard,
        health: ObjectiveHealth,
        clock: Clock,
        stopping: Callable[[], bool],
    ) -> None:
        self._records, self._carry_out, self._guard = records, carry_out, guard
        self._health, self._clock, self._stopping = health, clock, stopping
        self._tried = 0.0  # when it ended last [s since the Unix epoch]

    async def further(self) -> None:
        """Shed less, then let callers try again, as far as it holds; a step that fails is undone."""
        begun = self._clock.time()  # what fails from now on is not tried again now
        while not self._stopping() and (step := next_step(self._records(), begun)) is not None:
            self._health.shed = shed_now(self._records())
            record = await self._carry_out(step)
            if record.outcome == "refused" and step.params["shed"]:
                break
        self._health.shed = 0.0  # what is shed for longer harms users
        self._tried = self._clock.time()

    async def later(self) -> None:
        """Go further where something is still shed and has rested: what was full once may not be full any more."""
        now = self._clock.time()
        if now - self._tried < REST or not shed_now(self._records()) or next_step(self._records(), now) is None:
            return
        try:
            await self.further()
        except TelicError as error:  # a person was asked already
            _log.warning("not opened further: %s", error)
            self._tried = self._clock.time()

    async def back(self, holds: Callable[[], Awaitable[bool]]) -> bool:
        """Take the last steps back, one by one, while users are not well; whether that helped."""
        while not self._stopping() and (step := last_step(self._records())) is not None:
            record = await self._guard.retract(step, "users were harmed again")
            if record.outcome == "undone" and await holds():
                return True
        return False
