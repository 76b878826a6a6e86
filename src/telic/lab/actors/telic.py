"""The statistical operator in a session: what it writes down of incidents becomes its claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.lab.actors.actor import actor
from telic.lab.episode import final_diagnosis
from telic.lab.session.session import Session
from telic.lab.session.stage import Stage
from telic.model import Diagnosis, Incident

LOOK = 1.0  # how often its journal is read [s]
AFTER = 4.0  # the last incident has to be over for so long until it says that it is done [s]
BY_ITSELF: Mapping[str, object] = {"healthy": True, "entity": "", "mechanism": ""}  # said of what went by itself
SPARE = 2.0  # before the end of the session it says its last word [s]


@actor("telic", example={})
class Telic:
    """Watches objectives, diagnoses by statistics, and repairs under guard, as `telic watch` does."""

    def admit(self, stage: Stage) -> None:
        """Work on the world itself, through the guard of the operator's own."""
        self._course = stage.course

    def run(self, session: Session) -> None:
        """Let the operator work and claim what it found."""
        self._course.operate()
        told: Mapping[str, object] = {}
        foreseen: Sequence[str] = []
        while not session.closed:
            session.call("wait", {"seconds": LOOK})
            incidents = [each for each in self._course.incidents() if each.opened >= session.brief.began]
            said = claims(incidents[0]) if incidents else {}
            if "predict" in session.brief.tasks and not (incidents or foreseen):
                foreseen = self._course.warnings(session.brief.began)
                if foreseen:
                    session.call("submit", {"entity": foreseen[0]})
            if said and said != told:
                session.call("submit", said)
                told = said
            elif said.get("entity") and "mitigate" not in session.brief.tasks:
                session.call("submit", {"final": True})  # nobody is asked to mend it, and a second look agrees
            if incidents and all(each.resolved and session.now() - each.resolved > AFTER for each in incidents):
                over = {} if any(mended(each) for each in incidents) else BY_ITSELF
                session.call("submit", {**over, "final": True})
            elif not incidents and session.brief.began + session.brief.seconds - session.now() < SPARE:
                session.call("submit", {"healthy": True, "final": True})
        self._course.dismiss()


def mended(incident: Incident) -> bool:
    """Whether something that was done helped: else it went away by itself."""
    return any(each.outcome == "helped" for each in incident.actions)


def claims(incident: Incident) -> dict[str, object]:
    """Return what an incident says, as arguments of ``submit``."""
    diagnosis = final_diagnosis(incident)
    if diagnosis is None or diagnosis.abstained or not diagnosis.hypotheses:
        return {"healthy": False}
    return named(diagnosis, min((each.onset for each in incident.symptoms), default=incident.opened))


def named(diagnosis: Diagnosis, onset: float) -> dict[str, object]:
    """Return what a diagnosis with a hypothesis says, as arguments of ``submit``.

    Parameters
    ----------
    diagnosis
        Its first hypothesis is what is claimed, by its narrowest name.
    onset
        Of the symptoms, where the hypothesis has none [s since the Unix epoch].
    """
    first = diagnosis.hypotheses[0]
    carried = [each for each in diagnosis.evidence if each.id in first.evidence and "-- params:" in each.query]
    return {
        "healthy": False,
        "entity": first.entity,
        "mechanism": first.manner or first.mechanism,
        "onset": first.onset or onset,
        "path": list(first.path),
        "evidence": [{"query": each.query, "says": each.says} for each in carried],
    }
