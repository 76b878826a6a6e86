"""Calls that an operation usually makes and no longer does: per operation and callee, healthy against now."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from telic.context.deviation import CAP, Deviation
from telic.context.traces.spans import NANOSECONDS, Spans

_SURPRISING = 5.0  # missing calls are told above this [nats]
_TOLD = 5  # operations in the baseline that its rate of calls is known by [1]
_BURST = 4.0  # calls that come together count as one of this many observations [1]
_SILENT = 0.25  # of the calls that are expected; who gets fewer is silent [1]

Edge = tuple[str, str, str]  # caller, its operation, callee


@dataclass(frozen=True)
class Calls:
    """Who calls whom how often.

    Parameters
    ----------
    operations
        Caller and operation to how often it ran.
    edges
        Caller, operation and callee to how often the one called the other.
    """

    operations: Mapping[tuple[str, str], int]
    edges: Mapping[Edge, int]


def counted(spans: Spans) -> Calls:
    """Count operations, each the outermost span of an entity, and the calls that were made inside them."""
    outer, remote = outermost(spans), spans.remote
    entity, name = spans.entity.tolist(), spans.name.tolist()
    operations = Counter((entity[each], name[each]) for each in set(outer))
    parent = spans.parent.tolist()
    edges: Counter[tuple[int, int, int]] = Counter()
    for index in np.flatnonzero(remote).tolist():
        caller = outer[parent[index]]
        edges[entity[caller], name[caller], entity[index]] += 1
    entities, names = spans.entities, spans.names
    return Calls(
        {(entities[e], names[n]): count for (e, n), count in operations.items()},
        {(entities[e], names[n], entities[c]): count for (e, n, c), count in edges.items()},
    )


def outermost(spans: Spans) -> list[int]:
    """Return for every span the outermost one around it in the same entity: the operation that it is part of."""
    parent, remote = spans.parent.tolist(), spans.remote.tolist()
    found = list(range(len(parent)))
    for index in np.argsort(spans.start, kind="stable").tolist():
        above = parent[index]
        if above >= 0 and not remote[index]:
            found[index] = found[above]
    return found


def missing_calls(healthy: Spans, now: Spans) -> list[Deviation]:
    """Return the edges on which calls are expected, by what their operation did, and do not come.

    The surprise is the Poisson log likelihood ratio of the calls that came against those expected; calls come in
    bursts and are counted as fewer.
    """
    before, after = counted(healthy), counted(now)
    began = float(now.start.min()) / NANOSECONDS if len(now) else 0.0
    found = []
    for (caller, operation, callee), count in before.edges.items():
        ran, runs = before.operations.get((caller, operation), 0), after.operations.get((caller, operation), 0)
        if ran < _TOLD or not runs:
            continue
        came, usual = after.edges.get((caller, operation, callee), 0), count / ran
        surprise = _fewer(came, runs * usual) * ran / (ran + runs)
        if surprise >= _SURPRISING:
            found.append(
                Deviation(
                    entity=f"{caller}->{callee}",
                    kind="calls",
                    signal=operation,
                    surprise=min(surprise, CAP),
                    onset=began,
                    before=usual,
                    now=came / runs,
                    excess=runs * usual - came,
                    unit="calls each time",
                    count=runs,
                    of_spans=True,
                )
            )
    return sorted(found, key=lambda each: -each.surprise)


def silent(healthy: Spans, now: Spans) -> dict[str, float]:
    """Return the entities of which nearly all calls that are expected do not come, and the share that does not [1]."""
    before, after = counted(healthy), counted(now)
    expected, came = Counter[str](), Counter[str]()
    for (caller, operation, callee), count in before.edges.items():
        ran, runs = before.operations.get((caller, operation), 0), after.operations.get((caller, operation), 0)
        expected[callee] += round(runs * count / ran) if ran else 0
    for (_, _, callee), count in after.edges.items():
        came[callee] += count
    return {
        callee: 1.0 - came[callee] / most
        for callee, most in expected.items()
        if most >= _TOLD and came[callee] <= _SILENT * most
    }


def _fewer(came: int, expected: float) -> float:
    """Log likelihood ratio of fewer calls than expected [nats]."""
    if came >= expected:
        return 0.0
    ratio = expected - came + (came * math.log(came / expected) if came else 0.0)
    return ratio / _BURST
