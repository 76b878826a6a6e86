"""Who falls silent: no points, lines or spans any more from an entity that used to send them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from telic.context.seen import Seen
from telic.context.traces.spans import NANOSECONDS
from telic.operate.diagnosis.causes.cause import Reason
from telic.operate.diagnosis.causes.spoken import Support

Floats = NDArray[np.float64]
_MOST = 12.0  # that silence says [nats]
_BURST = 3.0  # things that come together count as one [1]
_FEW = 10  # things in the baseline from which a rate can be told [1]
_LEAST = 4.0  # [nats]
_LONGER = 3.0  # times the longest silence of the baseline [1]
_BRIEF = 15.0  # a silence below this is a pause [s]
_FOLLOWS = 0.2  # weight of who is only silent because nobody calls it [1]
_ALIVE = 0.5  # weight of who goes on to send metrics: it may only have nothing to do [1]
_KINDS = ("metrics", "logs", "spans")


def silence_support(seen: Seen) -> Iterable[Support]:
    """Return a reason for every entity that was silent for far longer than it ever is, while others were heard.

    Who is called by nobody but by those that are silent has nothing to say: that is a consequence, unless even its
    own metrics stop. Whose metrics go on lives, and callers that suffer themselves may have no work for it.
    """
    found: dict[str, dict[str, tuple[float, float, float]]] = {}
    for kind in _KINDS:
        for entity, gap in _gaps(seen, kind).items():
            found.setdefault(entity, {})[kind] = gap
    measured = _names(seen, "metrics")
    callers: dict[str, set[str]] = {}
    for caller, callees in seen.calls.items():
        for each in callees:
            callers.setdefault(each, set()).add(caller)
    for entity, kinds in found.items():
        kind, (nats, since, seconds) = max(kinds.items(), key=lambda each: each[1][0])
        above = callers.get(entity, set())
        weight = 1.0
        if "metrics" not in kinds and (entity in seen.unasked or any(each in found for each in above)):
            weight = _FOLLOWS
        elif "metrics" not in kinds and entity in measured:
            weight = _ALIVE
        says = f"{entity} is silent for {seconds:.0f} s: no {' or '.join(kinds)}"
        yield Support(entity, "crash", f"no {kind}", Reason("silence", weight * nats, says), since)


def _names(seen: Seen, kind: str) -> frozenset[str]:
    """Who sent anything of a kind in the window."""
    _, names, _ = seen.recording.keyed(kind, ("entity",), ("time",), [seen.window])
    return frozenset(entity for (entity,) in names)


def _gaps(seen: Seen, kind: str) -> Mapping[str, tuple[float, float, float]]:
    """The longest silence of each entity that is too long: how surprising [nats], since when, how long [s]."""
    start = "start" if kind == "spans" else "time"
    codes, names, columns = seen.recording.keyed(kind, ("entity",), (start,), [seen.before, seen.window])
    times = columns[start].astype(np.float64) / NANOSECONDS
    if not len(times):
        return {}
    began = seen.before.end
    late = times[times >= began]
    if not len(late):
        return {}
    first, ends = float(late.min()), float(late.max())  # outside, nobody was recorded
    found = {}
    for number, (entity,) in enumerate(names):
        own = np.unique(times[codes == number])
        gap = _gap(own[own < began], own[own >= began], first, ends)
        if gap is not None:
            found[entity] = gap
    return found


def _gap(before: Floats, now: Floats, began: float, ends: float) -> tuple[float, float, float] | None:
    if len(before) < _FEW:
        return None
    usual = np.diff(before)
    edges = np.concatenate([[began], now, [ends]])
    gaps = np.diff(edges)
    worst = int(np.argmax(gaps))
    seconds = float(gaps[worst])
    expected = seconds * len(usual) / float(before[-1] - before[0])
    nats = min(expected / _BURST, _MOST)
    if nats < _LEAST or seconds < max(_LONGER * float(usual.max()), _BRIEF):
        return None
    return nats, float(edges[worst]), seconds
