"""The statistical operator on a recording: it diagnoses while something alerts, and claims what it found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from telic.lab.actors.telic import AFTER, BY_ITSELF, named
from telic.lab.recorded.stage import Tape
from telic.lab.recorded.tape import alerts
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage
from telic.model import Diagnosis, Incident, Symptom, Window, dump, load
from telic.model.signals import Reported
from telic.worlds.recorded import Recording

LOOKS = 60  # for an alert, spread over the session [1]
FIRST = 1 / 16  # of the time that is left at the alert until the first diagnosis; each further one takes twice as long
SECOND = 1.0  # of the recording's window that is looked at at least, where a session begins before it [s]
SPARE = 2.0  # before the end of the session the last word is said [s]


def telic(session: Session, stage: Stage) -> None:
    """Diagnose by statistics once something alerts, again as more becomes known, and claim what was found."""
    tape = cast(Tape, stage)
    end = session.brief.began + session.brief.seconds - SPARE
    alerting: Mapping[str, object] = {}
    while not alerting and not session.closed and session.now() < end:
        alerting = next(iter(session.call("alerts", {}).rows), {})
        if not alerting:
            session.call("wait", {"seconds": min(session.brief.seconds / LOOKS, max(0.0, end - session.now()))})
    if not alerting:
        session.call("submit", {"healthy": True, "final": True})
        return
    _follow(session, tape, alerting, end)
    session.call("submit", {"final": True})


def _follow(session: Session, tape: Tape, alerting: Mapping[str, object], end: float) -> None:
    """Diagnose what alerts at widening steps until `end` [s since the Unix epoch], and claim what is new."""
    onset = alerting.get("onset") or alerting.get("detected")
    symptom = Reported(str(alerting.get("entity", "")), "", float(str(onset)) if onset else None)
    step, told = FIRST * (end - session.now()), dict[str, object]()
    while not session.closed and session.now() < end:
        session.call("wait", {"seconds": min(step, end - session.now())})
        if quiet(tape, session.now()):
            said = dict(BY_ITSELF) if by_itself(tape, session.now()) else told
        else:
            said = claims(diagnosed(tape, session.now(), symptom), symptom, alarm=alerting.get("kind") == "alert")
            step *= 2
        if said != told:
            session.call("submit", said)
            told = said


def diagnosed(tape: Tape, now: float, symptom: Reported) -> Diagnosis:
    """Return the diagnosis of a recording: the operator's own where states were recorded, as it asks for them."""
    from telic.operate.actor import StatisticalActor
    from telic.operate.diagnosis.causes import diagnose_recording
    from telic.operate.history import History

    states, burning = tape.world.states(), tuple(symptoms(tape.recording, now))
    if not states or not burning:
        window = tape.recording.window
        at = min(max(now, window.start + SECOND), window.end)
        return diagnose_recording(tape.recording, at=at, symptom=symptom)
    incident = Incident("replayed", tape.world.topology().system, burning[0].detected, burning)
    world = tape.world
    return StatisticalActor(world.objectives, History(states), world.bad_errors).diagnose(incident, world)


def symptoms(recording: Recording, now: float) -> Iterator[Symptom]:
    """Yield what monitors of the lab's own had seen by `now` [s since the Unix epoch]."""
    for each in recording.alerts:
        known = {name: each.attributes[name] for name in _SYMPTOM if name in each.attributes}
        if each.time <= now and len(known) == len(_SYMPTOM):
            yield load(Symptom, dump({**known, "entity": each.entity, "detected": each.time}))


def quiet(tape: Tape, now: float) -> bool:
    """Whether monitors of the lab's own have alerted and do so no more at `now` [s since the Unix epoch].

    What monitors of others say of an incident of theirs ends when somebody has mended it.
    """
    return any(symptoms(tape.recording, now)) and not any(alerts(tape.recording, now))


def by_itself(tape: Tape, now: float) -> bool:
    """Whether it has been quiet for a while at `now` [s since the Unix epoch], and no operator did anything."""
    if not (quiet(tape, now) and quiet(tape, now - AFTER)):
        return False
    onset = min(each.onset for each in symptoms(tape.recording, now))
    return not any(each.own for each in tape.world.changes(Window(onset, now)))


def claims(found: Diagnosis, symptom: Reported, *, alarm: bool) -> dict[str, object]:
    """Return what a diagnosis says, as arguments of ``submit``.

    Parameters
    ----------
    found
        What was found.
    symptom
        What was reported.
    alarm
        A monitor fired; what somebody merely reported may be a false alarm.
    """
    if found.abstained or not found.hypotheses:
        return {"healthy": not alarm}
    return named(found, symptom.onset or found.window.start)


_SYMPTOM = ("objective", "operation", "signal", "onset", "burn_rate", "bad", "total")
