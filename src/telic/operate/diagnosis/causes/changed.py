"""Which change brought it: the verdicts on the changes on record, joined with the likeliest cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from telic.context.seen import Seen
from telic.operate.diagnosis.causes.cause import Cause, Reason
from telic.operate.diagnosis.causes.ranking import NOTHING
from telic.operate.diagnosis.culprit.verdict import ChangeVerdict

_SURE = 0.5  # of a verdict that may name the place [1]
_AHEAD = 1.0  # by this much the place that a change names comes before others [nats]


def with_change(causes: Sequence[Cause], seen: Seen) -> list[Cause]:
    """Return the causes with the change that explains the signs, if one does, at the place where it took effect.

    A verdict that no change is to blame names how it failed all the same (traffic, a node, a provider).
    """
    found = sorted(causes, key=lambda each: -each.nats)
    if not seen.recording.changes():
        return found
    entity = found[0].entity if found else seen.symptom.entity
    from telic.operate.diagnosis.culprit.rank import rank as rank_changes  # slow to import, and seldom needed

    verdict = rank_changes(seen.recording, entity, seen.symptom.onset)[0]
    return _joined(found, verdict, seen)


def _joined(causes: list[Cause], verdict: ChangeVerdict, seen: Seen) -> list[Cause]:
    place = _place(causes, verdict, seen)
    if not place or (verdict.change is None and not verdict.mechanism):  # nothing was changed, and nothing happened
        return causes
    own = next((each for each in causes if each.entity == place), None)
    top = max((each.nats for each in causes), default=0.0)
    speaks = Reason("change", max(verdict.score, 0.0), verdict.says)
    base = own or Cause(place, "unknown", "", (Reason("size", top, "the place that the change names"),))
    enough = max(top, NOTHING) if verdict.change else top  # a change that explains the signs is a cause by itself
    ahead = max(enough - base.nats - speaks.nats + _AHEAD, 0.0) if verdict.confidence >= _SURE else 0.0
    reasons = (*base.reasons, replace(speaks, nats=speaks.nats + ahead))
    joined = replace(
        base,
        mechanism=verdict.mechanism or base.mechanism,
        change=verdict.change.id if verdict.change else "",
        reasons=reasons,
    )
    return [joined, *(each for each in causes if each.entity != place)]


def _place(causes: list[Cause], verdict: ChangeVerdict, seen: Seen) -> str:
    """Where the change took effect; what no change explains stays where it was seen."""
    likeliest = causes[0].entity if causes else seen.symptom.entity
    if verdict.change is None:
        return likeliest
    known = {each.name for each in seen.topology.entities} | {each.entity for each in causes}
    return verdict.entity if verdict.entity in known and verdict.confidence >= _SURE else likeliest
