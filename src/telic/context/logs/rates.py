"""Templates whose rate is not what it was, and templates never seen before, in nats like every other signal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telic.context.deviation import CAP, Deviation
from telic.model import Window

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]

BINS = 24
"""Parts of the window and of the baseline in which lines are counted."""
LEAST = 4.0
"""Surprise below which nothing is said [nats]."""
_LOAD = (0.5, 3.0)
"""How far the load of an entity may have moved all its rates before that is a finding itself."""
_TOLD = 10
"""Lines in the baseline that a template needs to tell about the load."""
_PAIRS = 4096
"""Rows of a table of counts that are looked at together."""


@dataclass(frozen=True)
class Lines:
    """Log lines as columns of one length.

    Parameters
    ----------
    templates
        Ids, as `Miner.add_many` returns them.
    times
        [s since the Unix epoch].
    entities
        Who logged each.
    """

    templates: Ids
    times: Floats
    entities: Sequence[str] | NDArray[np.str_]


@dataclass(frozen=True)
class FirstSeen:
    """A template that an entity logs in the window and did not log in the baseline."""

    entity: str
    template: int
    time: float
    count: int
    elsewhere: bool
    """Whether another entity logged it in the baseline."""


@dataclass(frozen=True)
class _Counts:
    """Lines by pair of entity and template: before in all, and by part of the baseline and of the window."""

    entities: list[str]
    entity: Ids
    template: Ids
    before: Floats
    now: Floats
    first: Floats


def rate_deviations(lines: Lines, texts: Mapping[int, str], window: Window, baseline: Window) -> list[Deviation]:
    """Compare the rate of each template of each entity with its baseline, most surprising first.

    The surprise is the log-likelihood ratio of two Poisson rates against one, with the stretch of the window that
    tells most, divided by how much more the baseline's counts vary than Poisson's do, less the log of how many
    stretches there were to choose from (a scan statistic; Kulldorff, "A spatial scan statistic", 1997, section 2).
    A moderate change of an entity's load, which moves most of its templates alike, is no deviation of each.

    Parameters
    ----------
    lines
        All lines of the window and of the baseline; others are left out.
    texts
        Of the templates.
    window, baseline
        What is explained, and what it is compared with.
    """
    counts = _counted(lines, window, baseline)
    found: list[Deviation] = []
    load = _load(counts, window.seconds / max(baseline.seconds, 1e-9))
    for start in range(0, len(counts.entity), _PAIRS):
        rows = slice(start, start + _PAIRS)
        surprise, begin, end = _scan(
            counts.before[rows], counts.now[rows], window.seconds, baseline.seconds, load[rows]
        )
        for row in np.flatnonzero(surprise >= LEAST).tolist():
            at = start + row
            found.append(
                _deviation(counts, at, float(surprise[row]), int(begin[row]), int(end[row]), texts, window, baseline)
            )
    return sorted(found, key=lambda each: (-each.surprise, each.entity, each.signal))


def first_seen(lines: Lines, window: Window, baseline: Window) -> list[FirstSeen]:
    """Return what each entity logs in the window and did not log in the baseline, in order of time."""
    counts = _counted(lines, window, baseline)
    totals = counts.before.sum(axis=1)
    known = set(counts.template[totals > 0].tolist())
    new = np.flatnonzero((totals == 0) & (counts.now.sum(axis=1) > 0))
    found = [
        FirstSeen(
            counts.entities[int(counts.entity[at])],
            int(counts.template[at]),
            float(counts.first[at]),
            int(counts.now[at].sum()),
            int(counts.template[at]) in known,
        )
        for at in new.tolist()
    ]
    return sorted(found, key=lambda each: (each.time, each.entity, each.template))


def _counted(lines: Lines, window: Window, baseline: Window) -> _Counts:
    times = np.asarray(lines.times, np.float64)
    inside = (times >= window.start) & (times < window.end)
    earlier = (times >= baseline.start) & (times < baseline.end) & ~inside
    kept = np.flatnonzero(inside | earlier)
    entities, entity = np.unique(np.asarray(lines.entities, dtype=np.str_)[kept], return_inverse=True)
    templates, template = np.unique(np.asarray(lines.templates, np.int64)[kept], return_inverse=True)
    pairs, pair = np.unique(entity * max(len(templates), 1) + template, return_inverse=True)
    here, times = inside[kept], times[kept]
    first = np.full(len(pairs), np.inf)
    np.minimum.at(first, pair[here], times[here])
    return _Counts(
        [str(each) for each in entities],
        pairs // max(len(templates), 1),
        templates[pairs % max(len(templates), 1)] if len(pairs) else np.empty(0, np.int64),
        _binned(pair[~here], times[~here], baseline, len(pairs)),
        _binned(pair[here], times[here], window, len(pairs)),
        first,
    )


def _binned(pair: Ids, times: Floats, stretch: Window, pairs: int) -> Floats:
    at = np.clip((times - stretch.start) / max(stretch.seconds, 1e-9) * BINS, 0, BINS - 1).astype(np.int64)
    return np.bincount(pair * BINS + at, minlength=pairs * BINS).reshape(pairs, BINS).astype(np.float64)


def _load(counts: _Counts, longer: float) -> Floats:
    """Return how much more each pair's entity has to do in the window, by the median over its templates."""
    before, now = counts.before.sum(axis=1), counts.now.sum(axis=1)
    ratio = (now + 0.5) / (before + 0.5) / max(longer, 1e-9)
    load = np.ones(len(counts.entities))
    for entity in range(len(counts.entities)):
        telling = ratio[(counts.entity == entity) & (before >= _TOLD)]
        if len(telling) >= 3 and _LOAD[0] <= (middle := float(np.median(telling))) <= _LOAD[1]:
            load[entity] = middle
    return load[counts.entity]


def _scan(before: Floats, now: Floats, seconds: float, earlier: float, load: Floats) -> tuple[Floats, Ids, Ids]:
    """Return, of each row, the surprise of its most telling stretch, and the stretch's first and last part + 1."""
    total = before.sum(axis=1)
    excess = before.var(axis=1) / np.maximum(before.mean(axis=1), 1e-9)
    dispersion = np.maximum(np.where(total > 0, excess, 1.0), 1.0)
    sums = np.concatenate([np.zeros((len(now), 1)), np.cumsum(now, axis=1)], axis=1)
    best = np.full(len(now), -np.inf)
    begin, end = np.zeros(len(now), np.int64), np.full(len(now), BINS)
    for first in range(BINS):
        for last in range(first + 1, BINS + 1):
            whole = first == 0 and last == BINS
            choices = 0.0 if whole else math.log(BINS) if last == BINS else math.log(BINS * BINS / 2)
            exposure = seconds * (last - first) / BINS * load
            told = _ratio(sums[:, last] - sums[:, first], exposure, total, earlier) / dispersion - choices
            better = told > best
            best[better], begin[better], end[better] = told[better], first, last
    return np.minimum(np.maximum(best, 0.0), CAP), begin, end


def _ratio(now: Floats, exposure: Floats, before: Floats, earlier: float) -> Floats:
    """Return the log-likelihood ratio of two rates against one [nats]."""
    pooled = (now + before) / np.maximum(exposure + earlier, 1e-9)
    return _term(now, pooled * exposure) + _term(before, pooled * earlier)


def _term(count: Floats, expected: Floats) -> Floats:
    ratio = np.divide(count, expected, out=np.ones_like(count), where=(count > 0) & (expected > 0))
    return np.asarray(count * np.log(ratio))


def _deviation(
    counts: _Counts,
    at: int,
    surprise: float,
    begin: int,
    end: int,
    texts: Mapping[int, str],
    window: Window,
    baseline: Window,
) -> Deviation:
    part = window.seconds / BINS
    now = float(counts.now[at, begin:end].sum()) / max(part * (end - begin), 1e-9)
    before = float(counts.before[at].sum()) / max(baseline.seconds, 1e-9)
    onset = window.start + begin * part
    if counts.now[at, :begin].sum() == 0 and now > before:
        onset = max(onset, float(counts.first[at]))
    template = int(counts.template[at])
    return Deviation(
        entity=counts.entities[int(counts.entity[at])],
        kind="logs",
        signal=texts.get(template, str(template)),
        surprise=surprise,
        onset=onset,
        before=before,
        now=now,
        excess=(now - before) * part * (end - begin),
        unit="lines/s",
        count=int(counts.now[at, begin:end].sum()),
        end=window.start + end * part,
        attributes=str(template),
    )
