"""What is used up: resources that are full, while the trouble lasts, and were not."""

from __future__ import annotations

from telic.context.deviation import Deviation
from telic.context.metrics.semantics import resource
from telic.context.seen import Seen
from telic.operate.diagnosis.causes.cause import Cause, Reason

_MECHANISMS = {"cpu": "cpu-starvation", "memory": "memory-pressure", "disk": "disk-pressure"}
_MARGIN = 90.0  # a metric's point may stand for this long before and after it [s]
_UNKNOWN = 0.3  # fullness of something of which the limit is not known [1]


def resource_causes(seen: Seen) -> list[Cause]:
    """Return a cause for every instance of which a resource is fuller than it was."""
    found: dict[tuple[str, str], list[Deviation]] = {}
    for each in seen.metrics:
        if each.kind == "saturation" and each.up and _meets(each, seen):
            found.setdefault((each.entity, resource(each.signal)), []).append(each)
    return [_cause(entity, kind, deviations) for (entity, kind), deviations in found.items()]


def _cause(entity: str, kind: str, found: list[Deviation]) -> Cause:
    shares = [each for each in found if _scaled(each)]
    best = max(shares or found, key=lambda each: each.surprise * _full(each))
    full = _full(best)
    reasons = (
        Reason("size", best.surprise, best.says, best),
        Reason("full", (full - 1.0) * best.surprise, f"{full:.0%} used"),
    )
    return Cause(entity, _MECHANISMS.get(kind, "saturation"), best.signal, reasons, best.instance, best.onset)


def _meets(each: Deviation, seen: Seen) -> bool:
    """Whether it was so while the trouble lasted."""
    return each.onset <= seen.detail.end + _MARGIN and each.end >= seen.detail.start - _MARGIN


def _scaled(each: Deviation) -> bool:
    """Whether the metric is a share of something."""
    return "%" in each.unit or "%" in each.signal or each.unit in ("percent", "ratio", "1")


def _full(each: Deviation) -> float:
    """How much of the resource is used, as far as the metric says [1].

    A resource of a whole node is shared: that it is full there says less about one of those who share it.
    """
    if not _scaled(each):
        return _UNKNOWN if each.before == 0.0 else min(_UNKNOWN, _UNKNOWN * abs(each.now / each.before) / 10.0)
    share = each.now / 100.0 if "%" in each.unit or "%" in each.signal or each.unit == "percent" else each.now
    return min(max(share, 0.0), 1.0) ** 2
