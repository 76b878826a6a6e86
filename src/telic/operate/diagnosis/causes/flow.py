"""Who makes the symptom: seconds of latency and failed requests flow from callee to caller and must add up."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telic.context.deviation import CAP, Deviation
from telic.context.metrics.deviation import nats, spread
from telic.context.metrics.semantics import Meaning, meaning, quantile, seconds
from telic.context.metrics.series import Series
from telic.context.quantiles import at, median
from telic.context.seen import Seen
from telic.model.topology import reach
from telic.operate.diagnosis.causes.cause import Cause, Reason

Floats = NDArray[np.float64]
_REQUESTS = re.compile(r"request|call|workload|rps|qps|\bops|throughput|invocation|hits", re.IGNORECASE)
_SHARE = re.compile(  # a word of its own: a duration is no ratio
    r"(?i:(?<![a-z])(rate|ratio|pct|percent(age)?|share)(?![a-z]))|(Rate|Ratio|Pct|Percent|Share)(?![a-z])|%"
)
_OTHER = re.compile(  # of processes, not of requests
    r"restart|throttl|drop|cancel|oom|retr(y|ies)|(^|[._-])(up|ready|alive|health(y)?)$", re.IGNORECASE
)
_FEW = 8  # healthy values from which a spread can be told [1]
_RELATIVE, _RELATIVE_FEW = 0.02, 0.1  # of a latency, below which its spread is not believed; of few values [1]
_FAILED, _FAILED_FEW = 0.7, 0.005  # failed requests that are no news; of all requests, if few values are known [1]
_TAIL = 3.5  # a baseline's largest excesses lie this many spreads out, if its tail is to be believed [1]
_SLOPE = 0.5  # of a callee's excess, at least, should be seen at the symptom [1]
_OTHERWISE = 0.25  # weight of the symptom's excess at times when an entity has none [1]
_SELECTED = 5.0  # surprise of the symptom that is no news: the worst of some 150 intervals is why one looks [nats]
_UNCONFIRMED = 2.0  # against a cause of a symptom that is itself as it was [nats]
_TELLING = 2.0  # surprise of a callee that may explain its caller, at least [nats]
_LEAST = 0.02  # of an excess stays unexplained, for callees never explain all [1]
_GOES_ON = 0.3  # of the intervals: failures in so many of them are no single ones [1]
_COUNTS = 2.0  # spreads above which an interval counts [1]
_NOISE = 0.05, 0.32  # mean and standard deviation of what an interval of normal noise has above `_COUNTS` [nats]
_CHANCE = 2.0  # standard deviations of what is above by chance that are no news [1]


@dataclass(frozen=True)
class Amount:
    """How much too much there is of one kind at one entity, interval by interval."""

    deviation: Deviation
    excess: Floats  # seconds of latency or failed requests, shape (T,)

    @property
    def total(self) -> float:
        """All of it that is too much."""
        return float(np.maximum(self.excess, 0.0).sum())


def flow_causes(seen: Seen) -> list[Cause]:
    """Rank the entities below the symptom by how much of its excess is their own."""
    kind = meaning(seen.symptom.signal) if seen.symptom.signal else ""
    kinds = [kind] if kind in ("latency", "errors") else ["errors"] if kind == "availability" else ["latency", "errors"]
    return [cause for each in kinds for cause in _causes(seen, each)]


def _causes(seen: Seen, kind: str) -> list[Cause]:
    amounts = _amounts(seen, kind)
    if not amounts:
        return []
    symptom = seen.symptom.entity or (seen.topology.entry if seen.topology.entry in amounts else "")
    top = amounts.get(symptom)
    below = reach(seen.calls, symptom).keys() or amounts.keys()  # without a call graph everyone may be below
    found = []
    for entity, amount in amounts.items():
        if entity != symptom and entity not in below:
            continue
        fit = 1.0 if top is None or entity == symptom else _fit(amount, top)
        callees = [amounts[each] for each in seen.calls.get(entity, ()) if each in amounts and each != entity]
        own = max(1.0 - sum(_explains(each, amount) for each in callees), _LEAST)
        deviation = amount.deviation
        surprise = max(deviation.surprise - (_SELECTED if entity == symptom else 0.0), 0.0)
        doubt = 0.0 if top is None or entity == symptom else _UNCONFIRMED * math.exp(-top.deviation.surprise)
        there = (
            Reason(
                "symptom",
                -min(doubt, surprise * fit * own),
                f"{symptom} is itself {'' if doubt < 1.0 else 'hardly '}worse",
            ),
            Reason("fit", 0.0, f"{fit:.0%} of it is seen at {symptom} at the same time"),
        )
        reasons = (
            Reason("size", surprise * fit * own, deviation.says, deviation),
            *(there if top is not None else ()),  # of a symptom without a metric nothing is known
            Reason("own", 0.0, f"{own:.0%} of it is not explained by whom it calls"),
        )
        mechanism = "delay" if kind == "latency" else "errors"
        found.append(Cause(entity, mechanism, deviation.signal, reasons, onset=deviation.onset))
    return found


def _fit(amount: Amount, top: Amount) -> float:
    """How well an excess explains that of the symptom: it arrives there at the same time, and little else does [1]."""
    made, seen = _above_quiet(amount.excess), _above_quiet(top.excess)
    if not made.sum() or not seen.sum():
        return 0.0
    arrives = min(1.0, float(np.minimum(made, seen / _SLOPE).sum() / made.sum()))
    both = np.minimum(made, seen)
    while_it_lasts = float(both.sum() / max(seen[both > 0.0].sum(), 1e-12))
    covers = float(both.sum() / seen.sum())
    return float(arrives**2 * while_it_lasts * covers**_OTHERWISE)


def _explains(callee: Amount, caller: Amount) -> float:
    """Share of the caller's excess that is the callee's [1]."""
    if callee.deviation.surprise < _TELLING:
        return 0.0
    made, seen = _above_quiet(callee.excess), _above_quiet(caller.excess)
    if not made.sum() or not seen.sum():
        return 0.0
    arrives = min(1.0, float(np.minimum(made, seen / _SLOPE).sum() / made.sum()))
    return arrives**2 * min(1.0, float(np.minimum(made, seen).sum() / seen.sum()))


def _above_quiet(excess: Floats) -> Floats:
    """The excess above the quietest interval: what has drifted since the baseline is no part of the trouble."""
    return np.maximum(excess - float(excess.min()), 0.0)


def _amounts(seen: Seen, kind: str) -> dict[str, Amount]:
    by_entity: dict[str, list[Series]] = {}
    for each in seen.series:
        by_entity.setdefault(each.entity, []).append(each)
    grid = _grid(seen, by_entity)
    found = {}
    for entity, series in by_entity.items():
        chosen = _choose(series, kind)
        if chosen is not None and len(grid):
            requests = next((each for each in series if _counts_requests(each)), None)
            amount = _amount(seen, chosen, requests, grid, kind)
            if amount is not None:
                found[entity] = amount
    return found


def _grid(seen: Seen, by_entity: Mapping[str, Sequence[Series]]) -> Floats:
    """Times of the intervals: those of the symptom's own metrics, else of the entity with most points."""
    candidates = by_entity.get(seen.symptom.entity) or max(by_entity.values(), key=len, default=[])
    times = [each.inside(seen.window)[0] for each in candidates]
    return np.unique(np.concatenate(times)) if times else np.zeros(0)


def _choose(series: Sequence[Series], kind: str) -> Series | None:
    """The metric that tells the amount: a mean before a quantile, and a low quantile before a high one."""
    wanted: tuple[Meaning, ...] = ("latency",) if kind == "latency" else ("availability", "errors")
    fitting = [each for each in series if meaning(each.name, each.unit) in wanted and not _OTHER.search(each.name)]
    fitting = [each for each in fitting if np.ptp(each.values) > 0.0] or fitting  # what never moves says nothing
    order = {"availability": 0, "errors": 1, "latency": 0}
    return min(
        fitting,
        key=lambda each: (order[meaning(each.name, each.unit)], quantile(each.name), -len(each.values)),
        default=None,
    )


def _counts_requests(series: Series) -> bool:
    return meaning(series.name, series.unit) == "traffic" and _REQUESTS.search(series.name) is not None


def _amount(seen: Seen, series: Series, requests: Series | None, grid: Floats, kind: str) -> Amount | None:
    before, times, values = series.split(seen.window, seen.baseline)
    if seen.baseline is None and not len(before):
        before = _quiet(seen, times, values)
    if not len(before) or not len(values):
        return None
    middle = median(before)
    worse = -1.0 if meaning(series.name, series.unit) == "availability" else 1.0
    unit = seconds(series.name, series.unit) if kind == "latency" else 0.01 if _percent(series) else 1.0
    counts = _at(requests, times) if requests is not None else np.ones(len(times))
    asked = requests is not None and (kind == "latency" or unit < 1.0 or _SHARE.search(series.name) is not None)
    weights = counts if asked else np.ones(len(times))
    usual = median(counts) if asked else 1.0
    excess = worse * (values - middle) * unit * weights
    healthy = worse * (before - middle) * unit * usual
    one = _quantum(excess) if kind == "errors" and not asked else 0.0
    scale = max(_scale(healthy, middle * unit * usual, usual, kind, asked), one)
    step = median(np.diff(grid)) if len(grid) > 1 else seen.window.seconds
    late = times + step > (seen.symptom.onset or seen.window.start)
    already = median(excess[~late]) if len(excess[~late]) else 0.0
    over = (excess - max(already, 0.0)) / scale  # what there was before the symptom is not what made it
    counted = late & (over > _COUNTS)
    surprise = float(nats(over[counted]).sum()) - _by_chance(healthy / scale, int(late.sum()), kind)
    onset = float(times[counted][0]) if counted.any() else 0.0
    worst = int(np.argmax(np.where(late, over, -np.inf))) if late.any() else 0
    deviation = Deviation(
        entity=series.entity,
        kind="latency" if kind == "latency" else "errors",
        signal=series.name,
        surprise=min(max(surprise, 0.0), CAP),
        onset=onset,
        before=middle,
        now=float(values[worst]),
        excess=float(np.maximum(excess, 0.0).sum()),
        unit=series.unit,
        instance=series.instance,
        count=int(counted.sum()),
        end=float(times[counted][-1]) if counted.any() else 0.0,
        attributes=series.attributes,
        counters=series.counters,
    )
    on_grid = np.zeros(len(grid))
    places = np.clip(np.searchsorted(grid, times, side="right") - 1, 0, len(grid) - 1)
    np.add.at(on_grid, places, excess)
    return Amount(deviation, on_grid)


def _quiet(seen: Seen, times: Floats, values: Floats) -> Floats:
    """Values before the symptom, for want of a baseline."""
    return values[times < seen.before.end - 60.0] if len(times) else values


def _percent(series: Series) -> bool:
    return series.unit in ("%", "percent") or "%" in series.name or "pct" in series.name.lower()


def _at(requests: Series, times: Floats) -> Floats:
    """Requests at `times`; the usual number where none was recorded."""
    places = np.clip(np.searchsorted(requests.times, times, side="right") - 1, 0, len(requests.times) - 1)
    same = np.abs(requests.times[places] - times) < 1.0
    return np.where(same, requests.values[places], median(requests.values))


def _scale(healthy: Floats, size: float, requests: float, kind: str, asked: bool) -> float:
    """Spread of an excess when all is well; of few healthy values the least that is plausible is taken."""
    found = spread(healthy) if len(healthy) > 1 else 0.0
    tail = at(np.sort(np.abs(healthy)), 0.99) / _TAIL
    few = len(healthy) < _FEW
    if kind == "latency":
        return max(found, tail, abs(size) * (_RELATIVE_FEW if few else _RELATIVE), 1e-9)
    least = _FAILED if asked else 0.0
    return max(found, tail, least, requests * _FAILED_FEW if few else 0.0, 1e-9)


def _by_chance(healthy: Floats, intervals: int, kind: str) -> float:
    """Surprise that so many intervals may have when all is well, for some are always above [nats].

    As the baseline's have; of latencies no less than normal noise has, for in a short baseline there may be none.
    """
    single = np.where(healthy > _COUNTS, nats(healthy), 0.0)
    least = _NOISE if kind == "latency" else (0.0, 0.0)
    mean, deviation = max(float(single.mean()), least[0]), max(float(single.std()), least[1])
    return intervals * mean + _CHANCE * math.sqrt(intervals) * deviation


def _quantum(excess: Floats) -> float:
    """One failed request, by the smallest excess there is; 0 where most intervals have one, for then it goes on."""
    positive = excess[excess > 0.0]
    return float(positive.min()) if 0 < len(positive) < _GOES_ON * len(excess) else 0.0
