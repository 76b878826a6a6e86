"""Other ways to end: what says no more than that a group did not come to the KPI's own event."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from telic.opportunities.model import Hypothesis, Ints, Prepared
from telic.opportunities.statistics.candidates import said

MOSTLY = 0.95  # of groups: nearly all [1]
LACKS = "then-no"  # the template whose last event is one that does not come


@dataclass(frozen=True)
class Endings:
    """Events that end groups without the KPI's own event, and steps that nearly all groups with it have."""

    ends: frozenset[str]
    steps: frozenset[str]

    def tell(self, hypothesis: Hypothesis) -> bool:
        """Return whether a hypothesis says that groups end otherwise, or lack a step on the way."""
        events = hypothesis.params.get("events")
        lacks = hypothesis.template == LACKS and isinstance(events, tuple) and events[-1] in self.steps
        return lacks or bool(said(hypothesis) & self.ends)


def endings(prepared: Prepared, touches: Collection[str]) -> Endings:
    """Return other ways to end than with an event of `touches`.

    An application that is rejected is not granted: true of nearly every such case, and no cause. It may be news all the
    same (a crash ends groups too), so hypotheses made of these events are asked, and told after all others.
    """
    labels, codes, offsets = prepared.names.labels, np.asarray(prepared.names.codes), np.asarray(prepared.offsets)
    own = np.array([label in touches for label in labels], dtype=np.bool_)
    if not own.any():
        return Endings(frozenset(), frozenset())
    touched = np.logical_or.reduceat(own[codes], offsets[:-1])
    groups = np.repeat(np.arange(len(touched), dtype=np.int64), np.diff(offsets))
    pairs = np.unique(groups * len(labels) + codes)

    def having(pairs: Ints) -> Ints:
        return np.bincount(pairs % len(labels), minlength=len(labels)).astype(np.int64)

    last = np.bincount(codes[offsets[1:] - 1][~touched], minlength=len(labels))
    of_others = having(pairs[~touched[pairs // len(labels)]])
    of_touched = having(pairs) - of_others
    ends = (last > 0) & (last >= MOSTLY * of_others) & ~own
    steps = (of_touched >= MOSTLY * touched.sum()) & ~own
    told = [frozenset(labels[code] for code in np.flatnonzero(each).tolist()) for each in (ends, steps)]
    return Endings(*told)
