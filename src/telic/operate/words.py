"""Records of an incident in words for people."""

from __future__ import annotations

from telic.model import ActionRecord, Diagnosis, Symptom
from telic.operate import declines


def sentence(record: ActionRecord) -> str:
    """Say how far an action got, and why."""
    words = {
        "planned": f"dry run: {record.dry_run}" if record.dry_run else f"because {record.action.reason}",
        "refused": record.health,
        "applied": "waiting for users to get better",
        "helped": record.health,
        "undone": f"{record.health}; taken back",
        "undo_failed": record.health,
        "left": f"{record.health}; it leaves nothing to take back",
    }[record.outcome]
    return f"{record.outcome}: {record.action}: {words}"


def noticed(symptom: Symptom) -> str:
    """Say what a monitor saw first."""
    if symptom.signal == "queue":
        what = f"{symptom.bad} messages{f' of {symptom.operation}' if symptom.operation else ''}"
        return f"work is accepted and not done: {what} wait at {symptom.entity}"
    if symptom.signal == "replica":
        return f"what is written is not read: {symptom.entity} is {symptom.bad} s behind its primary"
    if symptom.objective == declines.NAME:
        return f"nobody is refused any more: {symptom.bad} of {symptom.total} {symptom.operation} should have been"
    if symptom.signal == "answers":
        return f"users get wrong answers: {symptom.bad} of {symptom.total} that were checked of {symptom.operation}"
    where = f"{symptom.operation or 'all traffic'} at {symptom.entity}"
    return f"users are harmed: {symptom.bad} of {symptom.total} requests of {where} ({symptom.signal})"


def joined(symptom: Symptom) -> str:
    """Say what a monitor saw later on in an incident."""
    if not symptom.felt:
        return f"also {noticed(symptom)}"
    return f"also {symptom.operation or 'all'}: {symptom.signal}, {symptom.bad} of {symptom.total} bad"


def named(diagnosis: Diagnosis) -> tuple[str, str]:
    """Return what a diagnosis comes down to: mechanism and entity, or nothing."""
    first = diagnosis.hypotheses[0] if diagnosis.hypotheses and not diagnosis.abstained else None
    return (first.mechanism, first.entity) if first else ("", "")


def verdict(diagnosis: Diagnosis) -> str:
    """Say what a diagnosis comes down to."""
    if diagnosis.abstained or not diagnosis.hypotheses:
        return f"no cause yet; missing: {'; '.join(diagnosis.missing) or 'evidence'}"
    first = diagnosis.hypotheses[0]
    narrower = f" ({first.manner})" if first.manner not in ("", first.mechanism) else ""
    return f"{first.mechanism}{narrower} at {first.entity} ({first.confidence:.0%}): {first.why}"
