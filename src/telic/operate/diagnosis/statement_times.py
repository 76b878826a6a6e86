"""How long statements usually take, and which take far longer now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import median

from telic.telemetry.queries import StatementCalls

GROWTH = 4.0  # over its usual median [1]
MORE = 0.015  # and by so much [s]
Key = tuple[str, str, str]  # service, store, statement


def key(each: StatementCalls) -> Key:
    """Return what identifies a statement, whichever version sends it."""
    return each.service, each.store, each.statement


def usual_times(before: Iterable[StatementCalls]) -> Mapping[Key, float]:
    """Return the median of each statement [s], over the versions that sent it."""
    seen: dict[Key, list[float]] = {}
    for each in before:
        seen.setdefault(key(each), []).append(each.p50)
    return {name: median(times) for name, times in seen.items()}


def grew(each: StatementCalls, usual: float) -> bool:
    """Whether a statement takes far longer than its usual time [s]."""
    return each.p50 >= usual + MORE and each.p50 >= GROWTH * usual
