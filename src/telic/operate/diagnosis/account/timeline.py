"""What happened, in order: changes near the trouble, first signs, alerts, events, the symptom."""

from __future__ import annotations

from telic.model import Diagnosis
from telic.model.account import Moment
from telic.operate.diagnosis.culprit.scene import Scene
from telic.worlds.recorded import Recording

BEFORE = 3_600.0  # of changes before the first sign that are told [s]
AFTER = 600.0  # after the report [s]
SIGNS = 12  # that are told [1]


def timeline_of(recording: Recording, seen: Scene, diagnosis: Diagnosis) -> tuple[Moment, ...]:
    """Return the timeline; of the commits only the blamed one, of the signs the weightiest."""
    start, end = min(seen.onset, seen.reported) - BEFORE, seen.reported + AFTER
    blamed = {each.change for each in diagnosis.hypotheses[:1] if each.change}
    found = [
        Moment(each.time, "change", each.entity, f"{each.kind}: {each.summary}", each.id)
        for each in recording.changes()
        if each.id in blamed or (start <= each.time <= end and each.kind != "commit")
    ]
    strong = sorted(
        (each for each in seen.signs if each.source in ("log", "metric", "span")), key=lambda each: -each.weight
    )
    found += [Moment(each.onset, "sign", each.entity, each.says) for each in strong[:SIGNS]]
    found += [Moment(each.time, "alert", each.entity, f"{each.name}: {each.text}") for each in recording.alerts]
    found += [
        Moment(each.time, "event", each.entity, f"{each.reason}: {each.text}")
        for each in recording.events
        if start <= each.time <= end
    ]
    found.append(Moment(seen.reported, "symptom", seen.entity, f"reported: {recording.symptom.signal or 'trouble'}"))
    return tuple(sorted(found, key=lambda each: each.time))
