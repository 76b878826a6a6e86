"""Where failed requests begin: spans that fail though no call below them does, and calls that nobody answers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from telic.context.deviation import CAP, Deviation
from telic.context.traces.calls import counted, outermost, silent
from telic.context.traces.spans import NANOSECONDS, Spans

_PRIOR, _USUAL = 20.0, 0.002  # requests that "this share fails" is worth; it is the least that is believed [1]
_SURPRISING = 3.0  # [nats]
_TOLD = 5  # calling spans in the baseline that their callee is known by [1]
_ALWAYS = 0.8  # of them reach it [1]
_OFTEN = 0.3  # calls each time from which one is expected [1]


@dataclass(frozen=True)
class Where:
    """Where failures begin: an entity, the span that failed, and who called in vain if it gave no answer."""

    entity: str
    name: str
    caller: str = ""


def failure_deviations(healthy: Spans, now: Spans) -> list[Deviation]:
    """Compare where failures begin with the baseline, most surprising first.

    A span that fails while a span below it fails is a consequence. A calling span that fails and reached nobody is
    the fault of whom it usually reaches; so is an operation that fails without its call to an entity that has gone
    silent.
    """
    if not now.failed.any():
        return []
    reaches = usual_callees(healthy)
    before = {where: len(rows) for where, rows in _begin(healthy, reaches, {}).items()}
    known, came = _ran(healthy), _ran(now)
    found = []
    for where, rows in _begin(now, reaches, _expected(healthy, now)).items():
        at = where.caller or where.entity, where.name
        usual, count = known.get(at, 0), came[at]
        surprise = _more(len(rows), count, before.get(where, 0), usual)
        if surprise >= _SURPRISING:
            found.append(_deviation(where, now, rows, surprise, before.get(where, 0) / max(usual, 1), count))
    return sorted(found, key=lambda each: -each.surprise)


def origins(spans: Spans) -> NDArray[np.bool_]:
    """Return for every span whether it fails though none of its children does."""
    below = np.zeros(len(spans), dtype=np.bool_)
    below[spans.parent[np.flatnonzero(spans.failed & (spans.parent >= 0))]] = True
    return np.asarray(spans.failed & ~below, dtype=np.bool_)


def _deviation(where: Where, now: Spans, rows: list[int], surprise: float, before: float, count: int) -> Deviation:
    times = now.end[rows]
    return Deviation(
        entity=where.entity,
        kind="errors",
        signal=where.name,
        surprise=surprise,
        onset=float(times.min()) / NANOSECONDS,
        before=before,
        now=len(rows) / count,
        excess=len(rows) - before * count,
        unit="failed each time",
        instance="" if where.caller else now.instances[now.instance[rows[0]]],
        count=len(rows),
        end=float(times.max()) / NANOSECONDS,
        of_spans=True,
        pair=(where.caller,) if where.caller else (),
    )


def _begin(
    spans: Spans, reaches: Mapping[tuple[str, str], str], expected: Mapping[tuple[str, str], tuple[str, bool]]
) -> dict[Where, list[int]]:
    """Failures by where they begin, each with the indices of its spans."""
    outer = outermost(spans)
    called = _called(spans, outer) if expected else {}
    found: dict[Where, list[int]] = {}
    for index in np.flatnonzero(origins(spans)).tolist():
        entity, name = spans.entities[spans.entity[index]], spans.names[spans.name[index]]
        callee = reaches.get((entity, name), "")
        lacks, alone = expected.get((entity, spans.names[spans.name[outer[index]]]), ("", True))
        where = Where(entity, name)
        if callee and spans.callee[index] < 0:
            where = Where(callee, name, entity)
        elif lacks and lacks not in called.get(outer[index], set()):
            if alone:  # it may as well have stopped before its only call
                found.setdefault(where, []).append(index)
            where = Where(lacks, name, entity)
        found.setdefault(where, []).append(index)
    return found


def _expected(healthy: Spans, now: Spans) -> dict[tuple[str, str], tuple[str, bool]]:
    """The silent entity that an operation usually calls, and whether it calls nobody else.

    None where several are silent: then it stopped before its calls. Nor where attempts to call leave spans of their
    own: those that nobody answers are counted as such, and where there is none it did not get so far.
    """
    gone, calls, tried = silent(healthy, now), counted(healthy), attempted(healthy)
    usual: dict[tuple[str, str], set[str]] = {}
    for (caller, operation, callee), count in calls.edges.items():
        if (caller, callee) not in tried and count >= _OFTEN * calls.operations[caller, operation]:
            usual.setdefault((caller, operation), set()).add(callee)
    found = {}
    for key, callees in usual.items():
        lacks = callees & gone.keys() if gone else set()
        if len(lacks) == 1:
            found[key] = (lacks.pop(), len(callees) == 1)
    return found


def attempted(spans: Spans) -> frozenset[tuple[str, str]]:
    """Return the callers and callees between whom nearly every call has a span on the calling side."""
    calls = np.flatnonzero(spans.remote)
    above = spans.parent[calls]
    total: Counter[tuple[int, int]] = Counter()
    told: Counter[tuple[int, int]] = Counter()
    rows = zip(spans.entity[above].tolist(), spans.entity[calls].tolist(), spans.calling[above].tolist(), strict=True)
    for caller, callee, calling in rows:
        total[caller, callee] += 1
        told[caller, callee] += calling
    names = spans.entities
    return frozenset((names[e], names[c]) for (e, c), count in total.items() if told[e, c] >= _ALWAYS * count)


def unasked(healthy: Spans, now: Spans) -> frozenset[str]:
    """Return the silent entities that nobody tried to reach, where attempts would leave spans of their own."""
    gone, tried = silent(healthy, now), attempted(healthy)
    reaches = usual_callees(healthy)
    in_vain = {
        reaches.get((now.entities[now.entity[index]], now.names[now.name[index]]), "")
        for index in np.flatnonzero(now.callee < 0).tolist()
    }
    callers: dict[str, set[bool]] = {}
    for caller, _, callee in counted(healthy).edges:
        callers.setdefault(callee, set()).add((caller, callee) in tried)
    return frozenset(each for each in gone if each not in in_vain and callers.get(each) == {True})


def _called(spans: Spans, outer: list[int]) -> dict[int, set[str]]:
    """Whom each operation called, by the index of its outermost span."""
    parent = spans.parent.tolist()
    found: dict[int, set[str]] = {}
    for index in np.flatnonzero(spans.remote).tolist():
        found.setdefault(outer[parent[index]], set()).add(spans.entities[spans.entity[index]])
    return found


def usual_callees(spans: Spans) -> dict[tuple[str, str], str]:
    """Return calling spans, by entity and name, to whom they nearly always reach."""
    reached: dict[tuple[int, int], Counter[int]] = {}
    entity, callee = spans.entity.tolist(), spans.callee.tolist()
    leaf = _single(spans)
    for index, name in enumerate(spans.name.tolist()):
        if leaf[index]:
            other = entity[callee[index]] if callee[index] >= 0 else -1
            reached.setdefault((entity[index], name), Counter())[other] += 1
    found = {}
    for (code, name), counts in reached.items():
        (other, most), total = counts.most_common(1)[0], sum(counts.values())
        if other >= 0 and total >= _TOLD and most >= _ALWAYS * total:
            found[spans.entities[code], spans.names[name]] = spans.entities[other]
    return found


def _single(spans: Spans) -> list[bool]:
    """Whether a span was made inside its entity and has at most one child: a call, not an operation."""
    children = np.bincount(spans.parent[spans.parent >= 0], minlength=len(spans))
    inner = (spans.parent >= 0) & ~spans.remote
    return [bool(each) for each in inner & (children <= 1)]


def _ran(spans: Spans) -> dict[tuple[str, str], int]:
    counts = Counter(zip(spans.entity.tolist(), spans.name.tolist(), strict=True))
    return {(spans.entities[entity], spans.names[name]): count for (entity, name), count in counts.items()}


def _more(failed: int, count: int, before: int, usual: int) -> float:
    """Binomial log likelihood ratio of more failures than there were [nats]."""
    expected = max((before + _PRIOR * _USUAL) / (usual + _PRIOR), _USUAL)
    share = failed / count
    if share <= expected:
        return 0.0
    rest = (count - failed) * math.log((1.0 - share) / (1.0 - expected)) if failed < count else 0.0
    return min(failed * math.log(share / expected) + rest, CAP)
