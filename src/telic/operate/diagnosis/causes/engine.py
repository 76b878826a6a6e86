"""From a recorded incident to a diagnosis: what is seen, causes, ranking, evidence."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from telic.context.seen import Seen
from telic.model import Diagnosis, Hypothesis
from telic.model.signals import Reported
from telic.operate.diagnosis.causes.cause import Cause
from telic.operate.diagnosis.causes.changed import with_change
from telic.operate.diagnosis.causes.flow import flow_causes
from telic.operate.diagnosis.causes.paths import path
from telic.operate.diagnosis.causes.proof import prove
from telic.operate.diagnosis.causes.ranking import NOTHING, REPORTED, Ranked, doubted, rank, unrecorded
from telic.operate.diagnosis.causes.resources import confirmed, resource_causes
from telic.operate.diagnosis.causes.support import supported
from telic.operate.diagnosis.causes.traces import trace_causes
from telic.tools.evidence import Notebook
from telic.worlds.recorded import Recording

_PROVEN = 3  # hypotheses for which evidence is gathered [1]
_MOST = 10  # hypotheses that are given [1]
_TELLING = 2.0  # for a cause that is not on record, worth a next step [nats]


def diagnose_recording(recording: Recording, *, at: float | None = None, symptom: Reported | None = None) -> Diagnosis:
    """Name the cause of a recorded incident, or say that nothing is wrong or not enough is known.

    Parameters
    ----------
    recording
        A recorded incident.
    at
        Look only at what was known then [s since the Unix epoch]; default: all of it.
    symptom
        Instead of the recorded one; fields that are empty stay as recorded.

    Raises
    ------
    UsageError
        `at` is outside the recording.
    """
    began = time.perf_counter()
    seen = look(recording, at=at, symptom=symptom)
    causes = gather(seen)
    nothing = NOTHING if seen.symptom.signal else REPORTED
    unsure = doubted(causes, seen.symptom.entity, seen.calls)
    ranked = [each for each in rank(causes, nothing, unsure) if each.cause.nats > 0.0]
    abstained = not ranked or ranked[0].cause.nats < nothing
    notebook = Notebook(seen.recording.store())
    hypotheses = [] if abstained else _hypotheses(ranked, seen, notebook)
    return Diagnosis(
        time=seen.window.end,
        window=seen.window,
        hypotheses=tuple(hypotheses),
        evidence=tuple(notebook.pages),
        missing=seen.recording.missing,
        abstained=abstained,
        seconds=time.perf_counter() - began,
        next=tuple(_next(seen, ranked, abstained)),
    )


def look(recording: Recording, *, at: float | None = None, symptom: Reported | None = None) -> Seen:
    """Return what there is to see of a recording at `at`; its `recording` is cut there and has that symptom."""
    if at is not None:
        recording = recording.until(at)
    if symptom is not None:
        recording = recording.noticed(symptom)
    noticed = recording.symptom
    if not noticed.entity and recording.alerts:
        first = recording.alerts[0]
        noticed = replace(noticed, entity=first.entity, onset=noticed.onset or first.time)
    return Seen(recording, recording.window, recording.baseline, noticed)


def gather(seen: Seen) -> list[Cause]:
    """Return every cause that any signal speaks for.

    Where there are traces they say how trouble flows; without them the metrics of the call graph do.
    """
    harm = trace_causes(seen) if seen.traced else flow_causes(seen)
    causes = [*harm, *confirmed(resource_causes(seen), harm, seen)]
    return with_change(supported(causes, seen), seen)


def _hypotheses(ranked: Sequence[Ranked], seen: Seen, notebook: Notebook) -> list[Hypothesis]:
    found = []
    for number, each in enumerate(ranked[:_MOST], start=1):
        cause = each.cause
        pages: tuple[str, ...] = ()
        if number <= _PROVEN:
            cause, pages = prove(cause, notebook, seen.before, seen.window)
        found.append(
            Hypothesis(
                rank=number,
                entity=cause.entity,
                mechanism=cause.mechanism,
                confidence=round(each.confidence, 4),
                evidence=pages,
                path=path(seen.calls, cause.entity, seen.symptom.entity),
                signal=cause.signal,
                onset=cause.onset,
                change=cause.change,
                why="; ".join(reason.says for reason in cause.reasons),
                instance=cause.instance,
            )
        )
    return found


def _next(seen: Seen, ranked: Sequence[Ranked], abstained: bool) -> list[str]:
    """What to look at next."""
    if not abstained:
        close = [each for each in ranked[1:3] if each.confidence > 0.1]
        steps = [f"rule out {each.cause.entity}: {each.cause.reasons[0].says}" for each in close]
        first = ranked[0].cause
        if any(each > _TELLING for each in unrecorded([first], doubted([first], seen.symptom.entity, seen.calls))):
            steps.append(f"say whom {first.entity} calls: trouble of one of them would look the same")
        return steps
    where = seen.symptom.entity or "the entry"
    steps = [f"nothing below {where} changed as its symptom would need: check that the alarm is real"]
    steps += [f"look at {each.cause.entity}: {each.cause.reasons[0].says}" for each in ranked[:2]]
    if not seen.traced:
        steps.append("record spans: without them who called whom when is not known")
    return steps
