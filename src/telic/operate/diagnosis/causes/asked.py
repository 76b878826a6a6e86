"""How much is asked of every entity, against the baseline."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from telic.context.metrics.semantics import meaning
from telic.context.quantiles import median
from telic.context.seen import Seen
from telic.context.traces.spans import NANOSECONDS, Spans


def asked_more(seen: Seen) -> Mapping[str, float]:
    """Return how many times as much is asked of an entity as before, where metrics or spans tell [1]."""
    return _by_spans(seen) | _by_metrics(seen)


def _by_metrics(seen: Seen) -> dict[str, float]:
    found: dict[str, float] = {}
    for each in seen.series:
        if meaning(each.name, each.unit) != "traffic":
            continue
        before, _, values = each.split(seen.window, seen.baseline)
        usual = median(before) if len(before) else 0.0
        if usual > 0.0 and len(values):
            found[each.entity] = max(median(values) / usual, found.get(each.entity, 0.0))
    return found


def _by_spans(seen: Seen) -> dict[str, float]:
    if not seen.traced:
        return {}
    before, now = _rates(seen.healthy), _rates(seen.now)
    return {entity: rate / before[entity] for entity, rate in now.items() if entity in before}


def _rates(spans: Spans) -> dict[str, float]:
    """Spans a second of each entity, while spans were recorded."""
    lasted = max(float(spans.start.max() - spans.start.min()) / NANOSECONDS, 1.0)
    counts = np.bincount(spans.entity, minlength=len(spans.entities)) / lasted
    return dict(zip(spans.entities, counts.tolist(), strict=True))
