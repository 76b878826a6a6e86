"""A diagnosis as the JSON that recorded incidents are answered with."""

from __future__ import annotations

from collections.abc import Mapping

from telic.model import Diagnosis, Evidence, Hypothesis
from telic.worlds.recorded.times import text


def answer(incident: str, diagnosis: Diagnosis) -> dict[str, object]:
    """Return the answer to a recorded incident; times are RFC 3339 in UTC.

    Parameters
    ----------
    incident
        Its name.
    """
    return {
        "incident": incident,
        "abstained": diagnosis.abstained,
        "missing": list(diagnosis.missing),
        "next": list(diagnosis.next),
        "seconds": round(diagnosis.seconds, 3),
        "hypotheses": [_hypothesis(each) for each in diagnosis.hypotheses],
        "evidence": [_evidence(each) for each in diagnosis.evidence],
    }


def _hypothesis(each: Hypothesis) -> Mapping[str, object]:
    return {
        "rank": each.rank,
        "entity": each.entity,
        "instance": each.instance or None,
        "mechanism": each.mechanism.replace("-", "_"),  # as truths of recorded incidents spell it
        "signal": each.signal or None,
        "onset": text(each.onset) if each.onset else None,
        "change": each.change or None,
        "path": list(each.path),
        "confidence": each.confidence,
        "evidence": list(each.evidence),
        "why": each.why,
    }


def _evidence(each: Evidence) -> Mapping[str, object]:
    return {
        "id": each.id,
        "query": each.query,
        "window": [text(each.window.start), text(each.window.end)],
        "result": each.result,
        "result_hash": each.result_hash,
        "says": each.says,
    }
