"""From causes to a ranking of entities, with a confidence for each and for "nothing is wrong"."""

from __future__ import annotations

from collections.abc import Sequence
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


def rank(causes: Sequence[Cause], nothing: float = NOTHING) -> list[Ranked]:
    """Rank entities by their best cause, the likeliest first; each entity comes once.

    Confidences and that of "nothing of this", which has `nothing` [nats] for it, sum to 1.
    """
    by_entity: dict[str, list[Cause]] = {}
    for each in causes:
        by_entity.setdefault(each.entity, []).append(each)
    best = sorted((_best(found) for found in by_entity.values()), key=lambda each: -each.nats)[:_MOST]
    if not best:
        return []
    _, *sure = softmax([each / TEMPERATURE for each in (nothing, *(cause.nats for cause in best))])
    return [Ranked(each, share) for each, share in zip(best, sure, strict=True)]


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
