"""How far every metric is from its own baseline, on one scale, and since when."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from telic.context.deviation import CAP, Deviation, Kind
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
    split = [each.split(window, baseline) for each in series]
    spreads = [spread(before) for before, _, _ in split]
    pooled: dict[str, list[float]] = {}
    for each, found in zip(series, spreads, strict=True):
        if math.isfinite(found) and found > 0.0:
            pooled.setdefault(each.name, []).append(found)
    usual = {name: median(np.array(found)) for name, found in pooled.items()}
    deviations = []
    for each, (before, times, values), found in zip(series, split, spreads, strict=True):
        if len(before) >= 2 and len(values):
            deviation = _deviation(each, before, times, values, max(found, _POOLED * usual.get(each.name, 0.0)))
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


def _deviation(each: Series, before: Floats, times: Floats, values: Floats, scale: float) -> Deviation | None:
    kind = meaning(each.name, each.unit)
    middle = median(before)
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
        surprise=min(float(0.7 * single[best] + 0.3 * pair) * min(1.0, len(before) / 8.0 + 0.25), CAP),
        onset=float(times[over][0]),
        before=middle,
        now=float(values[best]),
        excess=float((values[over] - middle).sum()),
        unit=each.unit,
        instance=each.instance,
        count=int(over.sum()),
        end=float(times[over][-1]),
        attributes=each.attributes,
        counters=each.counters,
    )
