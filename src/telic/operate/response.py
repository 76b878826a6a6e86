"""What is done about one incident: diagnose, act under guard, verify, next cause, until users are well."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from telic.clock import Clock
from telic.errors import TelicError
from telic.model import Action, ActionRecord, Actor, Diagnosis, Incident, Symptom, Window, World
from telic.operate.events import Event, Kind
from telic.operate.health import ObjectiveHealth
from telic.operate.incidents import Incidents
from telic.operate.opening import Opening
from telic.operate.watch import TICK, Watch
from telic.operate.words import joined, named, sentence, verdict
from telic.tools.guard import Guard, Offload

WAITS = (0.0, 0.7, 0.8, 1.0, 1.5, *(2.0,) * 7)  # before each diagnosis in a row that leads to no action [s]
SURE = 0.8  # confidence that acts at once [1]
PATIENT = 3  # diagnoses after which the best hypothesis is acted upon, if it is not an abstention [1]
HOLD = 5.0  # users have to be well for so long until an incident is over [s]
CALM = 2.5  # without harm for so long before anything was done, it went away by itself [s]

_log = logging.getLogger(__name__)


class Response:
    """Leads one incident to its end.

    Parameters
    ----------
    incident
        As it was opened, or found on disk.
    world, actor, guard, watch, incidents, clock, offload
        What it works with.
    tell
        Where events go.
    stopping
        Whether the operator was told to end: what was begun is finished, nothing new is begun.
    """

    def __init__(
        self,
        incident: Incident,
        *,
        world: World,
        actor: Actor,
        guard: Guard,
        watch: Watch,
        incidents: Incidents,
        clock: Clock,
        offload: Offload,
        tell: Callable[[Event], None],
        stopping: Callable[[], bool],
    ) -> None:
        self.incident = incident
        self._world, self._actor, self._guard, self._watch = world, actor, guard, watch
        self._incidents, self._clock, self._offload = incidents, clock, offload
        self._tell, self._stopping = tell, stopping
        self._health = ObjectiveHealth(watch, clock, incident.symptoms)
        self._opening = Opening(
            lambda: self.incident.actions,
            self._carry_out,
            guard=guard,
            health=self._health,
            clock=clock,
            stopping=stopping,
        )

    @property
    def onset(self) -> float:
        """When harm began [s since the Unix epoch]."""
        return min((each.onset for each in self.incident.symptoms), default=self.incident.opened)

    async def run(self, *, recovering: bool = False) -> Incident:
        """Work until the incident is over; a person may have to help with that."""
        work = self._take_up if recovering else self._mend
        ended = False
        while not ended:
            try:
                self._keep()
                if not await work():
                    self._end("needs-person", "needs-person", self._why_person())
                work = self._mend
            except TelicError as error:
                self.incident = replace(self.incident, status="needs-person", note=str(error))
                self.event("needs-person", f"{error}; {error.hint}" if error.hint else str(error))
            ended = await self._until_well()
        return self.incident

    def join(self, symptoms: Sequence[Symptom]) -> None:
        """Take further symptoms into the incident."""
        known = {(each.operation, each.signal) for each in self.incident.symptoms}
        new = [each for each in symptoms if (each.operation, each.signal) not in known]
        if new and self.incident.status != "resolved":
            self.incident = replace(self.incident, symptoms=(*self.incident.symptoms, *new))
            self._health.symptoms = self.incident.symptoms
            for each in new:
                self.event("symptom", joined(each))

    def step(self, record: ActionRecord) -> None:
        """Take note of a step of the guard."""
        others = tuple(each for each in self.incident.actions if each.id != record.id)
        self.incident = replace(self.incident, actions=(*others, record))
        self.event("action", sentence(record), action=record)

    def event(
        self, kind: Kind, text: str, *, diagnosis: Diagnosis | None = None, action: ActionRecord | None = None
    ) -> None:
        """Tell one event of this incident."""
        latest = diagnosis or (self.incident.diagnoses[-1] if self.incident.diagnoses else None)
        first = latest.hypotheses[0] if latest and latest.hypotheses and not latest.abstained else None
        whole = self.incident if kind in ("detected", "resolved", "needs-person") else None
        self._tell(
            Event(
                self._clock.time(),
                kind,
                text,
                self.incident.id,
                first.entity if first else "",
                first.mechanism if first else "",
                diagnosis,
                action,
                whole,
            )
        )

    async def _take_up(self) -> bool:
        """Go on where an operator that died left off."""
        await self._recover()
        await self._opening.further()
        return await self._mend()

    async def _recover(self) -> None:
        """Finish what an operator that died left undecided."""
        await self._clock.sleep(3.0)  # looks have to say something first
        for record in await self._guard.recover(self._health):
            self.event("recovered-journal", f"left undecided by an earlier operator: {sentence(record)}", action=record)
        known = {each.id: each for each in (*self.incident.actions, *self._guard.records(self.incident.id))}
        done = tuple(each for each in known.values() if each.outcome != "refused")  # never tried: may be tried now
        self.incident = replace(self.incident, actions=done)
        self._keep()

    async def _mend(self) -> bool:
        """Diagnose and act until users are well; False when nothing is left to try."""
        idle = 0
        while not self._stopping():
            if self._calm():
                return True
            if idle >= len(WAITS):
                return False
            await self._clock.sleep(WAITS[idle])
            idle += 1
            diagnosis = await self._diagnose()
            action = self._choice(diagnosis, idle)
            if action is None or self._calm():
                continue
            record = await self._carry_out(action)
            if record.outcome == "helped":
                await self._opening.further()
                if await self._holds() or await self._opening.back(self._holds):
                    return True
            idle = 0 if record.outcome != "refused" else idle
        return True

    async def _carry_out(self, action: Action) -> ActionRecord:
        record = await self._guard.carry_out(self.incident.id, action, self._health)
        self._keep()
        return record

    async def _diagnose(self) -> Diagnosis:
        diagnosis = await self._asked()
        before = self.incident.diagnoses
        again = bool(before) and named(before[-1]) == named(diagnosis)
        kept = before[:-1] if again and not self.incident.actions else before
        self.incident = replace(self.incident, status="mitigating", diagnoses=(*kept, diagnosis))
        self._keep()
        if not again:
            self.event("diagnosed", verdict(diagnosis), diagnosis=diagnosis)
        return diagnosis

    async def _asked(self) -> Diagnosis:
        """Return what the actor says; one that breaks down says nothing, and is asked again like one that abstains."""
        incident, began = self._going_on(), self._clock.time()
        try:
            return await self._offload(lambda: self._actor.diagnose(incident, self._world))
        except TelicError:
            raise
        except Exception as error:  # noqa: BLE001 - whoever watches users goes on
            _log.exception("diagnosis of %s broke down", incident.id)
            words = f"a diagnosis: {type(self._actor).__name__} broke down: {type(error).__name__}: {error}"
            return Diagnosis(began, Window(self.onset, began), (), (), (words,), abstained=True)

    def _going_on(self) -> Incident:
        """Return the incident without the symptoms that an action ended: another fault is behind the rest."""
        left = tuple(each for each in self.incident.symptoms if not self._health.ended(each, HOLD))
        return replace(self.incident, symptoms=left) if left and self._acted() else self.incident

    def _choice(self, diagnosis: Diagnosis, attempts: int) -> Action | None:
        """Return what to try now; None to look again first."""
        wanted = self._actor.decide(self.incident, diagnosis)
        if not wanted or diagnosis.abstained:
            return None
        sure = diagnosis.hypotheses[0].confidence >= SURE
        return wanted[0] if sure or attempts >= PATIENT else None

    def _calm(self) -> bool:
        return (not self._acted() and self._health.well_for(CALM)) or (self._acted() and self._health.well_for(HOLD))

    def _acted(self) -> bool:
        return any(each.outcome == "helped" for each in self.incident.actions)

    async def _holds(self) -> bool:
        """Whether users stay well for `HOLD` s after an action that helped."""
        for _ in range(round(2 * HOLD / TICK)):
            if self._health.well_for(HOLD):
                return True
            await self._clock.sleep(TICK)
        return False

    async def _until_well(self) -> bool:
        """Wait until users are well; False where harm came back, or came in a way that nobody was asked about yet."""
        known = len(self.incident.symptoms)
        while not self._health.well_for(HOLD):
            if self._stopping():
                self._keep()
                return True
            handed_over = self.incident.status == "needs-person"
            if len(self.incident.symptoms) > known or (not handed_over and self._watch.reading.state == "burning"):
                return False
            if handed_over:
                await self._opening.later()
            await self._clock.sleep(TICK)
        helped = [str(each.action) for each in self.incident.actions if each.outcome == "helped"]
        note = f"{', '.join(helped)} helped" if helped else "it went away by itself, or by somebody else"
        self._end("resolved", "resolved", note)
        return True

    def _end(self, status: str, kind: Kind, note: str) -> None:
        now = self._clock.time()
        resolved = now - HOLD if status == "resolved" else 0.0
        self.incident = replace(self.incident, status=status, note=note, resolved=resolved)  # type: ignore[arg-type]
        self._keep()
        if status == "resolved":
            seconds = resolved - self.onset
            self.event(kind, f"users are well again, {seconds:.0f} s after harm began: {note}")
        else:
            self.event(kind, note)

    def _why_person(self) -> str:
        last = self.incident.diagnoses[-1] if self.incident.diagnoses else None
        refused = [each for each in self.incident.actions if each.outcome == "refused"]
        if refused:
            return f"the guard refused {refused[-1].action}: {refused[-1].health}"
        if last is None or last.abstained:
            return f"no cause is carried by the evidence; missing: {'; '.join(last.missing) if last else 'everything'}"
        return "nothing that may be done unattended is left to try"

    def _keep(self) -> None:
        self._incidents.save(self.incident)
