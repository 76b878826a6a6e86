"""How far every metric is from its own baseline, on one scale, and since when.

Where the baseline is long enough to show a season, the baseline of a point is what is usual at its part of the season.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from telic.context.deviation import CAP, Deviation, Kind
from telic.context.metrics.seasonal import usual
from telic.context.metrics.semantics import Meaning, bad_way, meaning
from telic.context.metrics.series import Floats, Series
from telic.context.quantiles import at, median
from telic.model import Window

_TAILS = 3.0  # degrees of freedom of the Student's t that healthy points are taken to follow [1]
_RELATIVE = 0.02  # of a healthy middle, below which a spread is not believed [1]
_POOLED = 0.3  # of the usual spread of metrics of the same name, below which it is not believed either [1]
_DEVIATES = 3.0  # spreads from the middle [1]
_KINDS: dict[Meaning, Kind] = {
    "latency": "latency",
    "traffic": "traffic",
    "availability": "errors",
    "errors": "errors",
    "saturation": "saturation",
    "level": "level",
}


def metric_deviations(series: Sequence[Series], window: Window, baseline: Window | None) -> list[Deviation]:
    """Compare every series with its baseline, most surprising first; those that do not deviate are left out."""
    healthy = [_normal(each, window, baseline) for each in series]
    spreads = [each.scale for each in healthy]
    pooled: dict[str, list[float]] = {}
    for each, found in zip(series, spreads, strict=True):
        if math.isfinite(found) and found > 0.0:
            pooled.setdefault(each.name, []).append(found)
    of_name = {name: median(np.array(found)) for name, found in pooled.items()}
    deviations = []
    for each, normal, found in zip(series, healthy, spreads, strict=True):
        if normal.points >= 2 and len(normal.middle):
            deviation = _deviation(each, normal, window, max(found, _POOLED * of_name.get(each.name, 0.0)))
            if deviation is not None:
                deviations.append(deviation)
    return sorted(deviations, key=lambda each: -each.surprise)


def spread(values: Floats) -> float:
    """Robust spread of healthy values, in their unit; few values are not trusted to be as calm as they look.

    Examples
    --------
    >>> round(spread(np.array([20.0, 21.0, 19.0, 20.0, 22.0, 20.0, 21.0])), 2)
    1.48
    """
    if len(values) < 2:
        return math.nan
    ordered = np.sort(values)
    low, middle, high = (at(ordered, share) for share in (0.25, 0.5, 0.75))
    scale = max(1.4826 * at(np.sort(np.abs(ordered - middle)), 0.5), (high - low) / 1.349)
    if len(values) < 30:
        scale = max(scale, float(ordered[-1] - ordered[0]) / (2.0 * math.sqrt(math.log(len(values) + 2.0))))
    return max(scale, _RELATIVE * abs(middle))


def nats(z: Floats) -> Floats:
    """How much less likely points `z` spreads from the middle are than the middle itself [nats].

    Student's t with 3 degrees of freedom: healthy metrics have heavy tails.

    Examples
    --------
    >>> nats(np.array([0.0, 3.0, 30.0])).round(1).tolist()
    [0.0, 2.8, 11.4]
    """
    return np.asarray((_TAILS + 1.0) / 2.0 * np.log1p(np.square(z) / _TAILS))


@dataclass(frozen=True)
class _Normal:
    """What is normal of one series."""

    points: int  # that it is known from [1]
    middle: Floats  # at each point of the window, in its unit
    scale: float  # spread about it


def _normal(each: Series, window: Window, baseline: Window | None) -> _Normal:
    since, before = each.before(window, baseline)
    at, values = each.inside(window)
    plain = np.full(len(values), median(before) if len(before) else math.nan)
    known = usual(since, before, np.concatenate([since, at]))
    if known is None:
        return _Normal(len(before), plain, spread(before))
    own, middle = known[: len(since)], known[len(since) :]
    left = (before - own)[np.isfinite(own)]
    scale = max(spread(left), _RELATIVE * abs(median(before)))
    return _Normal(len(before), np.where(np.isfinite(middle), middle, plain), scale)


def _deviation(each: Series, normal: _Normal, window: Window, scale: float) -> Deviation | None:
    times, values = each.inside(window)
    kind, middle = meaning(each.name, each.unit), normal.middle
    z = (values - middle) / (scale if scale > 0.0 else 1e-9)
    way = bad_way(kind)
    if way:
        z = np.maximum(way * z, 0.0)
    z = np.abs(z)
    over = z > _DEVIATES
    if not over.any():
        return None
    single = nats(z)
    best = int(np.argmax(single))
    pair = np.minimum(single[1:], single[:-1]).max() if len(single) > 1 else 0.0
    return Deviation(
        entity=each.entity,
        kind=_KINDS[kind],
        signal=each.name,
        surprise=min(float(0.7 * single[best] + 0.3 * pair) * min(1.0, normal.points / 8.0 + 0.25), CAP),
        onset=float(times[over][0]),
        before=float(middle[best]),
        now=float(values[best]),
        excess=float((values[over] - middle[over]).sum()),
        unit=each.unit,
        instance=each.instance,
        count=int(over.sum()),
        end=float(times[over][-1]),
        attributes=each.attributes,
        counters=each.counters,
    )
