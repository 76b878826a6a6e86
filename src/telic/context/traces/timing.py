"""Where the time goes: exclusive time of every span name, network time of every edge, healthy against now."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from telic.context.deviation import CAP, Deviation
from telic.context.quantiles import at, median
from telic.context.traces.spans import NANOSECONDS, Floats, Ints, Spans

_FLOOR = 0.001  # a spread below this is the clock's [s]
_SPREAD = 0.3  # of a latency, at least, in units of its log [1]
_PRIOR = 4.0  # observations that the pooled baseline of all edges or spans is worth [1]
_TAIL = 0.05  # of a healthy baseline lies above its upper limit [1]
_FAR = 3.0  # limits lie this many spreads above the middle [1]


@dataclass(frozen=True)
class Timing:
    """Times of one stretch, by (entity or edge, instance, name)."""

    self_times: Mapping[tuple[str, str, str], tuple[Ints, Floats]]  # starts [ns], exclusive times [s]
    edges: Mapping[tuple[str, str, str], tuple[Ints, Floats]]  # starts [ns], network times [s]; instance of the callee


def timing(spans: Spans, reaches: Mapping[tuple[str, str], str] | None = None) -> Timing:
    """Sort the exclusive times of `spans` by what they belong to.

    Parameters
    ----------
    reaches
        Calling spans, by entity and name, to whom they usually reach: one that got no answer was waiting for them.
    """
    own: dict[tuple[int, int, int], list[int]] = {}
    across: dict[tuple[str, str, str], list[int]] = {}
    entity, instance, name = spans.entity.tolist(), spans.instance.tolist(), spans.name.tolist()
    calling, callees, entities = spans.calling.tolist(), spans.callee.tolist(), spans.entities
    for index, callee in enumerate(callees):
        here = entities[entity[index]]
        if calling[index]:
            across.setdefault((here, entities[entity[callee]], spans.instances[instance[callee]]), []).append(index)
        elif reaches and callee < 0 and (other := reaches.get((here, spans.names[name[index]]), "")):
            across.setdefault((here, other, ""), []).append(index)
        else:
            own.setdefault((entity[index], instance[index], name[index]), []).append(index)
    exclusive = spans.exclusive
    return Timing(
        {
            (spans.entities[e], spans.instances[i], spans.names[n]): (spans.start[rows], exclusive[rows])
            for (e, i, n), rows in own.items()
        },
        {
            (f"{caller}->{callee}", of, "network"): (spans.start[rows], exclusive[rows])
            for (caller, callee, of), rows in across.items()
        },
    )


def timing_deviations(healthy: Timing, now: Timing) -> list[Deviation]:
    """Compare exclusive and network times with the baseline, largest excess first.

    A name that the baseline hardly knows is held against what is usual for its kind in the whole baseline.
    The surprise is that of so many observations above the baseline's upper limit (binomial likelihood ratio).
    """
    found = _compare(healthy.self_times, now.self_times, "latency") + _compare(healthy.edges, now.edges, "network")
    return sorted(found, key=lambda each: -each.excess)


Samples = Mapping[tuple[str, str, str], tuple[Ints, Floats]]


def _compare(healthy: Samples, now: Samples, kind: str) -> list[Deviation]:
    pooled = np.concatenate([values for _, values in healthy.values()]) if healthy else np.zeros(0)
    usual = _limits(pooled) if len(pooled) else None
    by_name: dict[tuple[str, str], list[Floats]] = {}  # instances come and go: the baseline is that of the service
    for (entity, _, name), (_, values) in healthy.items():
        by_name.setdefault((entity, name), []).append(values)
    samples = {key: np.concatenate(values) for key, values in by_name.items()}
    blended = {key: _blend(sample, usual) for key, sample in samples.items()}
    nobody, unknown = np.zeros(0), _blend(np.zeros(0), usual)
    found = []
    for (entity, instance, name), (starts, values) in now.items():
        sample = samples.get((entity, name), nobody)
        middle, limit = blended.get((entity, name), unknown)
        if not math.isfinite(limit):
            continue
        over = values > limit
        surprise = exceedances(int(over.sum()), len(values), int((sample > limit).sum()), len(sample))
        if surprise <= 0.0:
            continue
        when = starts[over]
        found.append(
            Deviation(
                entity=entity,
                kind="network" if kind == "network" else "latency",
                signal=name,
                surprise=surprise,
                onset=float(when.min()) / NANOSECONDS,
                before=middle,
                now=median(values[over]),
                excess=float((values[over] - middle).sum()),
                unit="s",
                instance=instance,
                of_spans=True,
                count=int(over.sum()),
                affected=float(over.sum() / ((starts >= when.min()) & (starts <= when.max())).sum()),
                end=float(when.max()) / NANOSECONDS,
                known=len(sample) > 0,
            )
        )
    return found


def exceedances(over: int, count: int, before_over: int, before: int) -> float:
    """How surprising `over` of `count` are above a limit that `before_over` of `before` exceeded [nats].

    Binomial log likelihood ratio of the window's own share against the baseline's, which is at least `_TAIL`.

    Examples
    --------
    >>> exceedances(0, 20, 0, 20)
    0.0
    >>> round(exceedances(10, 20, 0, 20), 1)
    16.6
    """
    usual = max((before_over + _TAIL * _PRIOR) / (before + _PRIOR), _TAIL)
    if not count or over / count <= usual:
        return 0.0
    share = over / count
    ratio = over * math.log(share / usual)
    if over < count:
        ratio += (count - over) * math.log((1.0 - share) / (1.0 - usual))
    return min(ratio, CAP)


def _limits(values: Floats) -> tuple[float, float]:
    """Middle and upper limit of healthy times [s]."""
    ordered = np.sort(values)
    logs = np.log(np.maximum(ordered, _FLOOR))
    middle, upper = at(logs, 0.5), at(logs, 1.0 - _TAIL)
    spread = max(1.4826 * at(np.sort(np.abs(logs - middle)), 0.5), _SPREAD)
    return at(ordered, 0.5), math.exp(max(middle + _FAR * spread, upper))


def _blend(sample: Floats, usual: tuple[float, float] | None) -> tuple[float, float]:
    """Middle and limit of a name, drawn towards those of its kind when few observations are known."""
    if not len(sample):
        return usual or (math.nan, math.nan)
    middle, limit = _limits(sample)
    if usual is None or len(sample) >= 2 * _PRIOR:
        return middle, limit
    weight = len(sample) / (len(sample) + _PRIOR)
    drawn = math.exp(weight * math.log(limit) + (1 - weight) * math.log(max(usual[1], _FLOOR)))
    return middle, max(drawn, middle * math.exp(_SPREAD * _FAR))
