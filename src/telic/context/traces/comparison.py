"""Requests that have become slower: their critical path and their flame graph, healthy against now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from telic.context.traces.critical import children_of, critical_path
from telic.context.traces.spans import Spans
from telic.model.traces import Comparison, Flame, Stage

REQUESTS = 200
"""Requests of either side that are looked at, evenly spread."""
_FEW = 3  # of a kind on either side [1]
_STAGES = 8  # of a critical path [1]
_SHOWN = 0.0001  # of a request: a stage below it never makes anybody wait [1]
_THIN = 0.01  # of a request's time, below which a bar is left out [1]
_DEEPEST = 12  # bars above one another [1]

Key = tuple[str, str]  # entity, name
Way = tuple[Key, ...]


def compare(healthy: Spans, now: Spans) -> Comparison | None:
    """Compare the requests that have lost most time; None where no kind of request is known on both sides."""
    before, after = _roots(healthy), _roots(now)
    lost = {
        key: (_mean(now, rows) - _mean(healthy, before[key])) * len(rows)
        for key, rows in after.items()
        if len(rows) >= _FEW and len(before.get(key, ())) >= _FEW
    }
    if not lost:
        return None
    key = max(lost, key=lambda each: lost[each])
    usual, current = _spread(before[key]), _spread(after[key])
    return Comparison(
        *key,
        before=_mean(healthy, usual),
        now=_mean(now, current),
        healthy=len(usual),
        requests=len(current),
        stages=_stages(_critical(healthy, usual), _critical(now, current)),
        flame=_flame(_tree(healthy, usual), _tree(now, current)),
    )


def described(found: Comparison) -> list[str]:
    """Return the comparison in words: one line for the request, one for each stage that tells.

    Examples
    --------
    >>> described(Comparison("web", "GET /", 0.05, 0.92, 40, 60, (Stage("cart", "pay", 0.01, 0.88),)))
    ['critical path of web GET /: 0.05 -> 0.92 s (40 healthy requests, 60 now)', '  cart pay 0.01 -> 0.88 s']
    """
    head = f"critical path of {found.entity} {found.name}: {found.before:.3g} -> {found.now:.3g} s"
    stages = [f"  {each.label} {each.before:.3g} -> {each.now:.3g} s" for each in found.stages]
    return [f"{head} ({found.healthy} healthy requests, {found.requests} now)", *stages]


def _roots(spans: Spans) -> dict[Key, list[int]]:
    found: dict[Key, list[int]] = {}
    for index in np.flatnonzero(spans.parent < 0).tolist():
        key = spans.entities[spans.entity[index]], spans.names[spans.name[index]]
        found.setdefault(key, []).append(index)
    return found


def _mean(spans: Spans, rows: Sequence[int]) -> float:
    return float(spans.duration[list(rows)].mean())


def _spread(rows: Sequence[int]) -> list[int]:
    step = max(len(rows) / REQUESTS, 1.0)
    return [rows[int(each * step)] for each in range(min(len(rows), REQUESTS))]


def _critical(spans: Spans, roots: Sequence[int]) -> dict[Key, float]:
    """Mean seconds of a request on the critical path, by operation."""
    children = children_of(spans)
    found: dict[Key, float] = {}
    for root in roots:
        for index, seconds in critical_path(spans, root, children).items():
            key = spans.entities[spans.entity[index]], spans.names[spans.name[index]]
            found[key] = found.get(key, 0.0) + seconds / len(roots)
    return found


def _stages(before: dict[Key, float], now: dict[Key, float]) -> tuple[Stage, ...]:
    least = _SHOWN * max(sum(before.values()), sum(now.values()))
    stages = [Stage(*key, before.get(key, 0.0), now.get(key, 0.0)) for key in {**now, **before}]
    stages = [each for each in stages if max(each.before, each.now) > least]
    return tuple(sorted(stages, key=lambda each: (each.before - each.now, each.entity, each.name))[:_STAGES])


def _tree(spans: Spans, roots: Sequence[int]) -> dict[Way, float]:
    """Mean seconds of a request within every operation, by the operations that lead to it; callers first."""
    children = children_of(spans)
    found: dict[Way, float] = {}
    for root in roots:
        waiting: list[tuple[int, Way]] = [(root, ())]
        while waiting:
            index, above = waiting.pop()
            way = (*above, (spans.entities[spans.entity[index]], spans.names[spans.name[index]]))
            found[way] = found.get(way, 0.0) + float(spans.duration[index]) / len(roots)
            if len(way) < _DEEPEST:
                waiting += [(child, way) for child in children.get(index, ())]
    return found


def _flame(before: dict[Way, float], now: dict[Way, float]) -> tuple[Flame, ...]:
    """Bars as wide as the time now, siblings side by side, those that take most first."""
    below: dict[Way, list[Way]] = {}
    for way in now:
        below.setdefault(way[:-1], []).append(way)
    whole = sum(now[way] for way in below.get((), ()))
    bars: list[Flame] = []
    waiting: list[tuple[Way, float]] = [((), 0.0)]
    while waiting:
        above, at = waiting.pop()
        for way in sorted(below.get(above, ()), key=lambda each: -now[each]):
            if now[way] < _THIN * whole:
                continue
            bars.append(Flame(*way[-1], len(way) - 1, at, before.get(way, 0.0), now[way]))
            waiting.append((way, at))
            at += now[way]
    return tuple(sorted(bars, key=lambda each: (each.depth, each.start)))
