"""Records of an incident in words for people."""

from __future__ import annotations

from telic.model import ActionRecord, Diagnosis


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


def named(diagnosis: Diagnosis) -> tuple[str, str]:
    """Return what a diagnosis comes down to: mechanism and entity, or nothing."""
    first = diagnosis.hypotheses[0] if diagnosis.hypotheses and not diagnosis.abstained else None
    return (first.mechanism, first.entity) if first else ("", "")


def verdict(diagnosis: Diagnosis) -> str:
    """Say what a diagnosis comes down to."""
    if diagnosis.abstained or not diagnosis.hypotheses:
        return f"no cause yet; missing: {'; '.join(diagnosis.missing) or 'evidence'}"
    first = diagnosis.hypotheses[0]
    return f"{first.mechanism} at {first.entity} ({first.confidence:.0%}): {first.why}"
