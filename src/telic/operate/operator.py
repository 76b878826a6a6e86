"""The operator: looks at users' experience, and leads every incident to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from telic.clock import Clock
from telic.model import ActionRecord, Actor, AnswerStep, Incident, World
from telic.model.intent import BadErrors, Objective
from telic.operate.actor import StatisticalActor
from telic.operate.events import Event
from telic.operate.expiring import Expiring, Expiry
from telic.operate.foresight import Foresight, Growth
from telic.operate.incidents import Incidents
from telic.operate.looks import NONE, StoreSource
from telic.operate.monitors import Reading
from telic.operate.response import Response
from telic.operate.watch import TICK, Watch
from telic.operate.words import noticed
from telic.tools.checks import Limits
from telic.tools.guard import Guard, Offload
from telic.tools.journal import Journal


async def run(
    world: World,
    *,
    objectives: Sequence[Objective],
    journal: Path,
    clock: Clock,
    on_event: Callable[[Event], None],
    stop: asyncio.Event,
    actor: Actor | None = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    offload: Offload = asyncio.to_thread,
    answers: Callable[[], Sequence[AnswerStep]] = tuple,
    bad_errors: BadErrors = NONE,
) -> list[Incident]:
    """Watch a world, and repair it under guard, until `stop` is set; return the incidents of this run.

    Parameters
    ----------
    world
        What is watched and repaired.
    objectives
        What users were promised at its entry.
    journal
        Folder of the guard's journal and of the incidents; holds what an earlier operator left undecided.
    clock
        The time that everything waits on.
    on_event
        Called with every event, in order.
    stop
        Ends the loop; an action under way is finished first.
    actor
        Who names causes and chooses actions; default: statistics.
    limits
        How much may be done with nobody watching.
    offload
        Where blocking calls run.
    answers
        Gives what was checked of the system's answers since it was asked last.
    bad_errors
        Business errors that users call bad service, by operation.

    Raises
    ------
    SafetyError
        Another operator holds the journal.
    """
    topology = await offload(world.topology)
    source = StoreSource(world.store(), topology.entry, objectives, bad_errors)
    watch = Watch(world, source, objectives, topology.entry, offload, answers)
    actor = actor or StatisticalActor(watch.monitors.objectives, watch.history, bad_errors)
    book = Journal(journal)
    try:
        operator = _Operator(
            world, watch, book, Incidents(journal / "incidents"), clock, on_event, stop, actor, limits, offload
        )
        operator.system = topology.system
        return await operator.run()
    finally:
        book.close()


class _Operator:
    """One run of the loop."""

    system = ""
    _foresight: Foresight  # from the first look on

    def __init__(
        self,
        world: World,
        watch: Watch,
        journal: Journal,
        incidents: Incidents,
        clock: Clock,
        on_event: Callable[[Event], None],
        stop: asyncio.Event,
        actor: Actor,
        limits: Limits,
        offload: Offload,
    ) -> None:
        self._world, self._watch, self._journal, self._incidents = world, watch, journal, incidents
        self._clock, self._tell, self._stop, self._offload = clock, on_event, stop, offload
        self._actor = actor
        self._guard = Guard(world, journal, clock, limits=limits, on_step=self._on_step, offload=offload)
        self._response: Response | None = None
        self._task: asyncio.Task[Incident] | None = None
        self._done: list[Incident] = []
        self._state = ""
        self._expiring = Expiring()

    async def run(self) -> list[Incident]:
        """Look twice a second until told to stop and nothing is under way."""
        await self._watch.begin()
        self._foresight = Foresight(self._world.store(), self._watch.began)
        self._resume()
        due = self._clock.monotonic()
        try:
            while not (self._stop.is_set() and self._task is None):
                reading = await self._watch.look(frozen=self._response is not None)
                self._tell_state(reading)
                self._attend(reading)
                await self._foresee(reading)
                due = max(due + TICK, self._clock.monotonic())
                await self._clock.sleep(due - self._clock.monotonic())
        finally:
            if self._task is not None:
                self._task.cancel()
        return self._done

    def _attend(self, reading: Reading) -> None:
        if self._task is not None and self._task.done():
            self._close(self._task.result())
        if reading.state != "burning" or self._stop.is_set():
            return
        if self._response is None:
            incident = Incident(self._incidents.next_id(), self.system, reading.time, reading.symptoms)
            self._begin(incident)
            assert self._response is not None
            self._response.event("detected", noticed(reading.symptoms[0]))
        else:
            self._response.join(reading.symptoms)

    async def _foresee(self, reading: Reading) -> None:
        """Tell what grows, and what runs out, while users are well."""
        if reading.state == "healthy" and self._response is None:
            found: list[Growth | Expiry] = [*await self._offload(lambda: self._foresight.look(reading.time))]
            for state in self._watch.history.states()[-1:]:
                found += self._expiring.look(state)
            for each in found:
                self._tell(Event(reading.time, "warning", str(each), blamed=each.place))

    def _begin(self, incident: Incident, *, recovering: bool = False) -> None:
        self._response = Response(
            incident,
            world=self._world,
            actor=self._actor,
            guard=self._guard,
            watch=self._watch,
            incidents=self._incidents,
            clock=self._clock,
            offload=self._offload,
            tell=self._tell,
            stopping=self._stop.is_set,
        )
        self._task = asyncio.create_task(self._response.run(recovering=recovering), name=incident.id)

    def _close(self, incident: Incident) -> None:
        """Take what was learned of an incident that is over."""
        onset = min((each.onset for each in incident.symptoms), default=incident.opened)
        history = self._watch.history
        history.well_since = incident.resolved or self._clock.time()
        if any(each.outcome == "helped" for each in incident.actions) and incident.diagnoses:
            history.explained |= {each.change for each in incident.diagnoses[-1].hypotheses[:1] if each.change}
        self._watch.monitors.forget(onset - 1.0)
        self._foresight.forget()
        self._done.append(incident)
        self._response, self._task = None, None

    def _resume(self) -> None:
        """Go on with what an earlier operator left: an open incident, or an action that is not decided.

        An incident of the system as it was before it was started anew is over: what still harms is seen again.
        """
        undecided = self._journal.undecided()
        unclosed = self._incidents.open_ones()
        left = [each for each in unclosed if undecided or each.opened >= self._watch.began]
        for past in (each for each in unclosed if each not in left):
            self._incidents.save(replace(past, status="needs-person", note="the system was started anew since"))
        if not left and not undecided:
            return
        incident = left[-1] if left else Incident(undecided[0].record.incident, self.system, undecided[0].time, ())
        for older in left[:-1]:
            self._incidents.save(replace(older, status="needs-person", note="its operator ended"))
        self._begin(incident, recovering=True)

    def _on_step(self, record: ActionRecord) -> None:
        if self._response is not None:
            self._response.step(record)

    def _tell_state(self, reading: Reading) -> None:
        state = "blind" if reading.state == "blind" else "watching"
        if state != self._state:
            self._state = state
            text = "no telemetry arrives: nothing is concluded from that" if state == "blind" else "users are watched"
            self._tell(Event(reading.time, "blind" if state == "blind" else "watching", text))
