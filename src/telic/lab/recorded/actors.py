"""Built-in actors on recordings: those that need a running system have a counterpart here, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import cast

from telic.errors import UsageError
from telic.lab.actors import Trusted, actor, work
from telic.lab.recorded.stage import Play, Tape
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage
from telic.model import Diagnosis, Incident, Symptom, dump, load
from telic.model.signals import Reported
from telic.worlds.recorded import Recording

LOOKS = 60  # for an alert, spread over the session [1]
FIRST = 1 / 16  # of the time that is left at the alert until the first diagnosis; each further one takes twice as long
SECOND = 1.0  # of the recording's window that is looked at at least, where a session begins before it [s]
SPARE = 2.0  # before the end of the session the last word is said [s]


def play(name: str) -> Play:
    """Return what lets the built-in actor called `name` work on a recording.

    Raises
    ------
    UnknownName
        No such actor.
    UsageError
        One that works on running systems only.
    """
    actor.factory(name)
    if name in _OWN:
        return _OWN[name]
    made = actor.create(name)
    if isinstance(made, Trusted):
        raise UsageError(
            f"{name} works on systems that run, this is a recording",
            hint=f"on recordings: {', '.join(each for each in actor if on_tape(each))}",
        )

    def played(session: Session, stage: Stage) -> None:
        work(actor.create(name), session, stage)

    return played


def on_tape(name: str) -> bool:
    """Whether the actor called `name` can work on a recording."""
    return name in _OWN or not isinstance(actor.create(name), Trusted)


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
    onset = alerting.get("onset") or alerting.get("detected")
    symptom = Reported(str(alerting.get("entity", "")), "", float(str(onset)) if onset else None)
    step, told = FIRST * (end - session.now()), dict[str, object]()
    while not session.closed:
        session.call("wait", {"seconds": max(0.0, min(step, end - session.now()))})
        found = diagnosed(tape, session.now(), symptom)
        said = claims(found, symptom, alarm=alerting.get("kind") == "alert")
        if said != told:
            session.call("submit", said)
            told = said
        if session.now() >= end:
            break
        step *= 2
    session.call("submit", {"final": True})


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


def oracle(session: Session, stage: Stage) -> None:
    """Say what the truth says: shows that a recording can be judged."""
    sealed, topology = cast(Tape, stage).sealed, cast(Tape, stage).recording.topology()
    if sealed.negative:
        session.call("submit", {"healthy": True, "final": True})
        return
    from telic.lab.actors.oracle import path

    truth = sealed.truths[0]
    session.call("wait", {"seconds": max(0.0, truth.injected - session.now())})
    service = truth.entity.split("->")[0]
    table = "spans" if session.call("query", {"sql": "SELECT 1 FROM spans LIMIT 1"}).rows else "metrics"
    query = f"SELECT service, name FROM {table} WHERE service = '{service}' LIMIT 10"
    session.call(
        "submit",
        {
            "healthy": False,
            "entity": truth.entity,
            "mechanism": truth.mechanism,
            "onset": truth.injected,
            "path": list(dict.fromkeys([truth.entity, *path(topology, service), session.brief.entry])),
            "evidence": [{"query": query, "says": f"{service} is there"}],
            "final": True,
        },
    )


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
    first = found.hypotheses[0]
    carried = [each for each in found.evidence if each.id in first.evidence]
    return {
        "healthy": False,
        "entity": first.entity,
        "mechanism": first.mechanism,
        "onset": first.onset or symptom.onset or found.window.start,
        "path": list(first.path),
        "evidence": [{"query": each.query, "says": each.says} for each in carried][:5],
    }


_SYMPTOM = ("objective", "operation", "signal", "onset", "burn_rate", "bad", "total")
_OWN: Mapping[str, Callable[[Session, Stage], None]] = {"telic": telic, "oracle": oracle}
