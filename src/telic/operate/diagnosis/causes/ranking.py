"""From causes to a ranking of entities, with a confidence for each and for "nothing is wrong"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from telic.operate.diagnosis.causes.cause import Cause, Reason
from telic.operate.statistics import softmax

NOTHING = 2.2
"""What "nothing of this is the cause" has for it where one metric alarmed [nats]: below, no ranking is given."""
REPORTED = 0.7
"""The same where people report trouble: an alarm of one metric may be false, users seldom are [nats]."""
TEMPERATURE = 1.0
"""Nats of evidence that count as one [1]; ``benchmarks.diagnosis`` fits it on cases made harder: 0.5 to 1."""
_SAME = 0.5  # weight of a second cause at the same entity that the first explains [1]
_MOST = 10  # entities that are ranked [1]
_PASSED_ON = ("delay", "errors", "network-delay")
"""How trouble of one whom an entity calls looks at the entity."""
_OWN = ("messages", "silence", "down", "event", "change")
"""Reasons that are an entity's own: trouble of one whom it calls does not look like that."""
_EXPLAINS = {
    "cpu-starvation": ("delay", "network-delay"),
    "memory-pressure": ("delay", "network-delay"),
    "disk-pressure": ("delay",),
    "saturation": ("delay",),
    "exception": ("errors",),
    "wrong-result": ("errors",),
    "errors": ("delay", "network-delay"),
}
"""What else is seen of an entity of which this is the cause."""


@dataclass(frozen=True)
class Ranked:
    """One entity with its likeliest cause."""

    cause: Cause
    confidence: float  # [1]


def rank(causes: Sequence[Cause], nothing: float = NOTHING, doubted: Collection[str] = ()) -> list[Ranked]:
    """Rank entities by their best cause, the likeliest first; each entity comes once.

    Confidences sum to 1 with those of "nothing of this", which has `nothing` [nats] for it, and of what is not on
    record: that one whom a `doubted` entity calls is the cause has for it whatever would look the same then.
    """
    by_entity: dict[str, list[Cause]] = {}
    for each in causes:
        by_entity.setdefault(each.entity, []).append(each)
    best = sorted((_best(found) for found in by_entity.values()), key=lambda each: -each.nats)[:_MOST]
    if not best:
        return []
    unseen = unrecorded(best, doubted)
    _, *sure = softmax([each / TEMPERATURE for each in (nothing, *(cause.nats for cause in best), *unseen)])
    sure = sure[: len(best)]
    return [Ranked(each, share) for each, share in zip(best, sure, strict=True)]


def doubted(causes: Sequence[Cause], symptom: str, calls: Mapping[str, Collection[str]]) -> frozenset[str]:
    """Return the entities that may only pass on trouble of somebody of whom nothing is on record.

    Where nobody knows who calls whom, the one that complains is seen to suffer either way, and so is everyone if
    nobody in particular complains.
    """
    if calls:
        return frozenset()
    return frozenset((symptom,)) if symptom else frozenset(each.entity for each in causes)


def unrecorded(causes: Iterable[Cause], doubted: Collection[str]) -> list[float]:
    """Return what speaks for causes of which nothing is on record, at one whom a doubted entity calls [nats].

    That is what speaks for the entity, without what it says, does and undergoes itself.
    """
    passed_on = [each for each in causes if each.entity in doubted and each.mechanism in _PASSED_ON]
    return [
        each.nats - sum(max(reason.nats, 0.0) for reason in each.reasons if reason.name in _OWN) for each in passed_on
    ]


def _best(causes: Sequence[Cause]) -> Cause:
    """The cause at one entity that explains most of what is seen of it."""
    joined = [_with_what_it_explains(each, causes) for each in causes]
    return max(joined, key=lambda each: each.nats)


def _with_what_it_explains(cause: Cause, others: Sequence[Cause]) -> Cause:
    explained = [each for each in others if each.mechanism in _EXPLAINS.get(cause.mechanism, ()) and each.nats > 0.0]
    if not explained or cause.nats <= 0.0:
        return cause
    strongest = max(explained, key=lambda each: each.nats)
    says = f"explains {strongest.mechanism}: {strongest.reasons[0].says}"
    gain = min(_SAME * strongest.nats, cause.nats)
    deviation = strongest.reasons[0].deviation
    return replace(cause, reasons=(*cause.reasons, Reason("explains", gain, says, deviation)))
