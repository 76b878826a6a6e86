"""What is used up: resources that are full, while the trouble lasts, and were not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from telic.context.deviation import Deviation
from telic.context.metrics.semantics import meaning, resource
from telic.context.seen import Seen
from telic.operate.diagnosis.causes.asked import asked_more
from telic.operate.diagnosis.causes.cause import Cause, Reason

_MECHANISMS = {"cpu": "cpu-starvation", "memory": "memory-pressure", "disk": "disk-pressure"}
_MARGIN = 90.0  # a metric's point may stand for this long before and after it [s]
_UNHARMED = 0.1  # weight of a full resource of whom does more and as quickly as before [1]
_FOR_NOTHING = 0.5  # the same where no more is done [1]
_DISPROPORTIONATE = 2.0  # times more a resource is used than is asked for more: queues, caches, noise [1]
_UNKNOWN = 0.3  # fullness of something of which the limit is not known [1]


def resource_causes(seen: Seen) -> list[Cause]:
    """Return a cause for every instance of which a resource is fuller than it was."""
    found: dict[tuple[str, str], list[Deviation]] = {}
    for each in seen.metrics:
        if each.kind == "saturation" and each.up and _meets(each, seen):
            found.setdefault((each.entity, resource(each.signal)), []).append(each)
    return [_cause(entity, kind, deviations) for (entity, kind), deviations in found.items()]


def confirmed(causes: Sequence[Cause], harm: Sequence[Cause], seen: Seen) -> list[Cause]:
    """Return the causes, weighed by whether the work of whose resource it is suffers, where that was measured.

    Who is busier and as quick as before harms nobody, least of all if more is asked of it; where nobody measured its
    work, the fullest of many resources is no surprise by being the fullest.
    """
    suffers: dict[str, float] = {}
    for each in harm:
        suffers[each.entity] = max(suffers.get(each.entity, 0.0), each.nats)
    measured = _measured(seen)
    looked_at = len({(each.entity, each.name) for each in seen.series if meaning(each.name, each.unit) == "saturation"})
    asked, found = asked_more(seen), []
    for each in causes:
        harmed = 1.0 - math.exp(-suffers.get(each.entity, 0.0))
        chance = (1.0 - harmed) * min(math.log(max(looked_at, 1)), max(each.nats, 0.0))
        reasons = [Reason("chance", -chance, f"one of {looked_at} that were looked at")]
        if each.entity in measured:
            reasons.append(_harm(each, harmed, asked.get(each.entity, 1.0), each.nats - chance))
        found.append(replace(each, reasons=(*each.reasons, *(reason for reason in reasons if reason.nats))))
    return found


def _harm(cause: Cause, harmed: float, asked: float, nats: float) -> Reason:
    deviation = cause.reasons[0].deviation
    fuller = deviation.now / deviation.before if deviation is not None and deviation.before > 0.0 else math.inf
    by_load = min(_DISPROPORTIONATE * max(asked - 1.0, 0.0) / max(fuller - 1.0, 1e-9), 1.0)
    share = max(harmed, _UNHARMED + (_FOR_NOTHING - _UNHARMED) * (1.0 - by_load))
    says = (
        f"its own work is {'' if harmed > _FOR_NOTHING else 'hardly '}worse, {asked:.2g} times as much is asked of it"
    )
    return Reason("harm", (share - 1.0) * nats, says)


def _measured(seen: Seen) -> frozenset[str]:
    """Of whom it is known how long work takes, or how often it fails."""
    if seen.traced:
        return frozenset(seen.healthy.entities) & frozenset(seen.now.entities)
    told = ("latency", "errors", "availability")
    return frozenset(each.entity for each in seen.series if meaning(each.name, each.unit) in told)


def _cause(entity: str, kind: str, found: list[Deviation]) -> Cause:
    shares = [each for each in found if _scaled(each)]
    best = max(shares or found, key=lambda each: each.surprise * _full(each))
    full = _full(best)
    reasons = (
        Reason("size", best.surprise, best.says, best),
        Reason("full", (full - 1.0) * best.surprise, _used(best, full)),
    )
    return Cause(entity, _MECHANISMS.get(kind, "saturation"), best.signal, reasons, best.instance, best.onset)


def _meets(each: Deviation, seen: Seen) -> bool:
    """Whether it was so while the trouble lasted."""
    return each.onset <= seen.detail.end + _MARGIN and each.end >= seen.detail.start - _MARGIN


def _scaled(each: Deviation) -> bool:
    """Whether the metric is a share of something."""
    return "%" in each.unit or "%" in each.signal or each.unit in ("percent", "ratio", "1")


def _used(each: Deviation, full: float) -> str:
    return f"{full:.0%} used" if _scaled(each) else "how much there may be of it is not known"


def _full(each: Deviation) -> float:
    """How much of the resource is used, as far as the metric says [1].

    A resource of a whole node is shared: that it is full there says less about one of those who share it.
    """
    if not _scaled(each):
        return _UNKNOWN if each.before == 0.0 else min(_UNKNOWN, _UNKNOWN * abs(each.now / each.before) / 10.0)
    share = each.now / 100.0 if "%" in each.unit or "%" in each.signal or each.unit == "percent" else each.now
    return min(max(share, 0.0), 1.0) ** 2
