"""Times that the KPI's own event is a part of: that they are long where it happened is no news."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache

import numpy as np

from telic.opportunities.model import Hypothesis, Prepared

MOSTLY = 0.5  # of the groups with both events and the KPI's own: it lies between them [1]


def containing(prepared: Prepared, touches: Collection[str]) -> Callable[[Hypothesis], bool]:
    """Return what says whether a hypothesis is about a time between two events that an event of `touches` lies in.

    The time is that from the first of one event to the next of the other, as the template `durations` asks about it.
    """
    labels = {label: code for code, label in enumerate(prepared.names.labels)}
    all_codes, offsets = np.asarray(prepared.names.codes), np.asarray(prepared.offsets)
    own = np.isin(all_codes, [labels[each] for each in touches if each in labels])
    sizes = np.diff(offsets)
    touched = np.logical_or.reduceat(own, offsets[:-1]) if own.any() else np.zeros(len(sizes), np.bool_)
    chosen = np.repeat(touched, sizes)
    codes, own = all_codes[chosen], own[chosen]
    ends = np.cumsum(sizes[touched])
    begins = ends - sizes[touched]
    group = np.repeat(np.arange(len(ends)), sizes[touched])
    before = np.r_[0, np.cumsum(own)]  # events of the KPI before each place
    place = np.arange(len(codes))

    @cache
    def lies(start: str, end: str) -> bool:
        if start not in labels or end not in labels or len(codes) == 0:
            return False
        none = len(codes)
        first = np.minimum.reduceat(np.where(codes == labels[start], place, none), begins)
        later = (codes == labels[end]) & (place > first[group])
        last = np.minimum.reduceat(np.where(later, place, none), begins)
        both = last < none
        within = before[last[both]] > before[first[both] + 1]
        return bool(both.any() and within.mean() >= MOSTLY)

    def about(hypothesis: Hypothesis) -> bool:
        events = hypothesis.params.get("events")
        if hypothesis.params.get("in") != "between" or not isinstance(events, tuple) or len(events) != 2:
            return False
        return lies(*events)

    return about
