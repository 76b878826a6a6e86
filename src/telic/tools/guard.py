"""Every write to a world goes through here: plan, check, dry run, journal, apply, verify, keep or undo."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeVar

from telic.clock import Clock
from telic.errors import ActionRefused, TelicError
from telic.model import Action, ActionRecord, Undo, World
from telic.tools import actions
from telic.tools.checks import RULES, Case, Limits
from telic.tools.health import Health
from telic.tools.journal import Entry, Journal, Step

T = TypeVar("T")


class Offload(Protocol):
    """Runs something that blocks away from the event loop."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]:
        """Run `work` and return its result."""
        ...


class Guard:
    """Carries out actions as transactions on one world.

    Parameters
    ----------
    world
        What is written to; nothing else calls its `apply`.
    journal
        On disk before the world is asked.
    clock
        For times and waits.
    limits
        How much may be done.
    attended
        Whether a person watches and agreed to this action.
    on_step
        Called with the record after every step.
    offload
        Where blocking calls of the world run.
    """

    def __init__(
        self,
        world: World,
        journal: Journal,
        clock: Clock,
        *,
        limits: Limits = Limits(),  # noqa: B008 - frozen
        attended: bool = False,
        on_step: Callable[[ActionRecord], None] = lambda record: None,
        offload: Offload = asyncio.to_thread,
    ) -> None:
        self._world, self._journal, self._clock = world, journal, clock
        self._limits, self._attended, self._on_step, self._offload = limits, attended, on_step, offload

    async def carry_out(self, incident: str, action: Action, health: Health) -> ActionRecord:
        """Run one action from plan to end; a refusal is a record too, not an exception.

        Raises
        ------
        StoreFailed
            The journal cannot be written; nothing that it does not hold was done.
        """
        number = len(self._journal.latest()) + 1
        record = ActionRecord(f"A{number:04d}", incident, action, "planned", planned=self._clock.time())
        self._write("planned", record)
        record = await self._checked(record)
        if record.outcome == "refused":
            return self._end("refused", record)
        begun = self._clock.time()
        self._write("applying", record)
        try:
            given = await self._offload(lambda: self._world.apply(action))
        except ActionRefused as error:
            return self._end("refused", _refused(record, error))
        except TelicError as error:  # nobody knows how far it got
            return await self._unclear(replace(record, applied=begun), error)
        record = replace(record, outcome="applied", applied=begun, undo=_better(given, record.undo))
        self._write("applied", record)
        return await self._judge(record, health)

    async def recover(self, health: Health) -> list[ActionRecord]:
        """Finish what an operator that died left undecided; returns how each ended."""
        return [await self._finish(each, health) for each in self._journal.undecided()]

    def records(self, incident: str) -> list[ActionRecord]:
        """Return the actions of an incident as the journal has them, in the order in which they were planned."""
        return [each.record for each in self._journal.latest().values() if each.record.incident == incident]

    async def retract(self, record: ActionRecord, says: str) -> ActionRecord:
        """Take an action back that helped first: it did not hold."""
        return await self._take_back(replace(record, health=says))

    async def _checked(self, record: ActionRecord) -> ActionRecord:
        """Run every rule and the dry run; the record says what each said, and is refused where one said no."""
        said: list[str] = []
        try:
            verb = actions.read(record.action)
            state = await self._offload(self._world.state)
            topology = await self._offload(self._world.topology)
            history = [each for each in self._journal.latest().values() if each.record.id != record.id]
            now = self._clock.time()
            case = Case(
                record.incident, record.action, verb, state, topology, history, now, self._limits, self._attended
            )
            said.extend(f"{rule.__name__}: {rule(case)}" for rule in RULES)
            words = await self._offload(lambda: self._world.dry_run(record.action))
            return replace(record, checks=tuple(said), dry_run=words, undo=verb.undo(state))
        except TelicError as error:
            return replace(_refused(record, error), checks=(*said, f"refused: {error}"))

    async def _judge(self, record: ActionRecord, health: Health) -> ActionRecord:
        verdict = await health.judge(record)
        record = replace(record, health=verdict.says)
        if verdict.helped:
            return self._end("helped", replace(record, outcome="helped"))
        return await self._take_back(record)

    async def _take_back(self, record: ActionRecord) -> ActionRecord:
        undo = record.undo or Undo(None)
        if undo.action is None:
            return self._end("left", replace(record, outcome="left"))
        self._write("undoing", record)
        said = ""
        for attempt in range(self._limits.undo_attempts):
            if attempt:
                await self._clock.sleep(self._limits.undo_pause)
            try:
                if not await self._in_force(undo.action, since=record.applied):
                    await self._offload(lambda: self._world.apply(undo.action))  # type: ignore[arg-type]
                return self._end("undone", replace(record, outcome="undone"))
            except TelicError as error:
                said = str(error)
        words = f"{record.health}; undo failed: {said}"
        return self._end("undo_failed", replace(record, outcome="undo_failed", health=words))

    async def _unclear(self, record: ActionRecord, error: TelicError) -> ActionRecord:
        """The world failed in the middle: find out whether the action took effect, and take it back if it may have."""
        try:
            there = await self._in_force(record.action, since=record.applied)
        except TelicError:
            there = None
        record = replace(record, outcome="applied", health=f"the world failed: {error}")
        if there is False:
            return self._end("refused", replace(record, outcome="refused", applied=0.0))
        return await self._take_back(record)

    async def _finish(self, entry: Entry, health: Health) -> ActionRecord:
        record = entry.record
        if entry.step == "planned":
            return self._end(
                "refused", replace(record, outcome="refused", health="the operator ended before it was tried")
            )
        if entry.step == "undoing":
            return await self._take_back(record)
        if entry.step == "applying":
            record = replace(record, outcome="applied", applied=entry.time)
            await self._clock.sleep(entry.time + self._limits.settle - self._clock.time())
            try:
                there = await self._in_force(record.action, since=entry.time)
            except TelicError:
                there = None
            if there is False:
                return self._end(
                    "refused", replace(record, outcome="refused", applied=0.0, health="it never reached the world")
                )
        return await self._judge(record, health)

    async def _in_force(self, action: Action, *, since: float) -> bool | None:
        """Whether the effect of `action` is there; None where nobody can tell."""
        state = await self._offload(self._world.state)
        try:
            return actions.read(action).in_force(state, since)
        except ActionRefused:  # a way back of the world's own making
            return None

    def _write(self, step: Step, record: ActionRecord) -> None:
        self._journal.append(step, record, time=self._clock.time())
        self._on_step(record)

    def _end(self, step: Step, record: ActionRecord) -> ActionRecord:
        ended = replace(record, ended=self._clock.time())
        self._write(step, ended)
        return ended


def _refused(record: ActionRecord, error: TelicError) -> ActionRecord:
    words = f"{error}; {error.hint}" if error.hint else str(error)
    return replace(record, outcome="refused", health=words)


def _better(given: Undo, planned: Undo | None) -> Undo:
    """Prefer the world's own way back; keep ours where the world gives none."""
    if given.action is None and not given.irreversible and planned is not None and planned.action is not None:
        return planned
    return given
