"""What follows what inside a span, healthy against now: the pair of events at which traces part is where it broke.

After Nezha (Yu et al., FSE 2023, section 3): events of a trace are ordered, patterns of two events are counted in a
fault-free and in the faulty stretch, and a pair that is expected and does not come names the place in the code.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telic.context.deviation import CAP, Deviation
from telic.context.traces.events import ERROR, Event
from telic.context.traces.spans import NANOSECONDS, Spans

_SURPRISING = 3.0  # a pair counts as lost above this [nats]
_PRIOR = 1.0  # observations that "anything may follow" is worth [1]
_MIX = 0.2  # correlation of branches taken in one stretch: requests of one kind come together [1]
_OTHER_BRANCH = 0.4  # weight of a break at which a line came that is no graver than the one expected [1]
_ENDS = 9  # the level of a span's end
_HARMLESS = (_ENDS, ERROR)  # nothing is lost when these do not come: more is done than was, not less
_BETTER = 0.05  # the same, where it is less grave: something works that did not [1]

Pair = tuple[str, str, str, str]  # entity, operation that it serves, event, event that follows
Head = tuple[str, str, str]  # the same without what follows


@dataclass(frozen=True)
class Break:
    """A pair of events that used to follow each other and often does not."""

    deviation: Deviation
    first: str
    second: str
    instead: str  # what follows now, most often
    traces: int  # in which it is missing [1]
    rooted: int  # of these, traces in which nothing broke earlier [1]
    ends: bool  # the span ends instead: what followed never ran
    graver: int  # severity of what comes instead minus that of what was expected; the end is as grave as an error
    over: float  # how sure it is that it had ended before the recording did [nats]

    @property
    def telling(self) -> float:
        """Its surprise, unless another branch was taken that may be as good, or it was over [nats]."""
        grave = 1.0 if self.graver > 0 else _OTHER_BRANCH if self.graver == 0 else _BETTER
        return grave * self.deviation.surprise * math.exp(-self.over)

    @property
    def weight(self) -> float:
        """How telling it is in all traces that part here first [nats]."""
        return self.rooted * self.telling


@dataclass(frozen=True)
class Broken:
    """All breaks, most telling first, and in how many traces there is one."""

    breaks: tuple[Break, ...]
    traces: int  # with at least one break [1]
    seen: int  # traces in the window [1]


def breaks(healthy: Spans, before: Sequence[Sequence[Event]], now: Spans, after: Sequence[Sequence[Event]]) -> Broken:
    """Find the pairs that were lost, and for every trace the one at which it parted first.

    Parameters
    ----------
    healthy, now
        Spans of the baseline and of the window.
    before, after
        Their events, as `sequences` returns them.
    """
    usual, firsts, levels = _count(healthy, before)
    seen, heads, _ = _count(now, after)
    lost = {}
    for pair, count in usual.items():
        if levels[pair] in _HARMLESS:
            continue
        came = heads.get(pair[:3], 0)
        surprise = _lost(seen.get(pair, 0), came, count, firsts[pair[:3]])
        if surprise >= _SURPRISING:
            lost[pair] = surprise
    expected: dict[Head, list[tuple[float, str]]] = {}
    for pair, surprise in lost.items():
        expected.setdefault(pair[:3], []).append((surprise, pair[3]))
    where, held = _departures(now, after, expected)
    roots: Counter[Pair] = Counter()
    missing: Counter[Pair] = Counter()
    for found in where.values():
        roots[min(found, key=lambda each: each[0])[1]] += 1
        missing.update({pair for _, pair, _, _ in found})
    results = [
        _break(
            pair,
            lost[pair],
            usual,
            firsts,
            seen,
            heads,
            where,
            held.get(pair, []),
            now,
            levels[pair],
            missing[pair],
            roots[pair],
        )
        for pair in lost
        if missing[pair]
    ]
    results.sort(key=lambda each: (-each.weight, -each.deviation.surprise))
    return Broken(tuple(results), len(where), len(set(now.traces.tolist())))


Found = list[tuple[int, Pair, Event, int]]  # when, which pair, what came instead, span


def _count(spans: Spans, chains: Sequence[Sequence[Event]]) -> tuple[Counter[Pair], Counter[Head], dict[Pair, int]]:
    """Count pairs and their first events; also return the level of every pair's second event."""
    pairs: Counter[Pair] = Counter()
    firsts: Counter[Head] = Counter()
    levels: dict[Pair, int] = {}
    for (entity, operation), chain in zip(spans.operations, chains, strict=True):
        for first, second in itertools.pairwise(chain):
            pair = (entity, operation, first.name, second.name)
            pairs[pair] += 1
            firsts[pair[:3]] += 1
            levels[pair] = _ENDS if second.end else second.level
    return pairs, firsts, levels


def _lost(follows: int, came: int, usual: int, usually: int) -> float:
    """Log likelihood ratio of the second event following less often than it did [nats].

    A pair that always held is a rule of the code; of one that held sometimes, a branch on what was asked for, a
    stretch of time counts like a few requests, for its requests resemble each other.
    """
    if not came:
        return 0.0
    expected = (usual + _PRIOR / 2) / (usually + _PRIOR)
    share = follows / came
    if share >= expected:
        return 0.0
    weight = 1.0 if usual == usually else 1.0 / (1.0 + (came - 1) * _MIX)
    ratio = follows * math.log(share / expected) if follows else 0.0
    ratio += (came - follows) * math.log((1.0 - share) / (1.0 - expected))
    return min(weight * ratio, CAP)


def _departures(
    spans: Spans, chains: Sequence[Sequence[Event]], expected: Mapping[Head, list[tuple[float, str]]]
) -> tuple[dict[int, Found], dict[Pair, list[int]]]:
    """By trace: where something else came than what was expected; by pair: when it held after all [ns]."""
    where: dict[int, Found] = {}
    held: dict[Pair, list[int]] = {}
    for index, (trace, (entity, operation), chain) in enumerate(
        zip(spans.traces.tolist(), spans.operations, chains, strict=True)
    ):
        for first, second in itertools.pairwise(chain):
            head = (entity, operation, first.name)
            wanted = expected.get(head)
            if wanted is None:
                continue
            if any(second.name == each for _, each in wanted):
                held.setdefault((*head, second.name), []).append(second.time)
                continue
            where.setdefault(trace, []).append((second.time, (*head, max(wanted)[1]), second, index))
    return where, held


def _break(
    pair: Pair,
    surprise: float,
    usual: Counter[Pair],
    firsts: Counter[Head],
    seen: Counter[Pair],
    heads: Counter[Head],
    where: Mapping[int, Found],
    held: Sequence[int],
    spans: Spans,
    expected: int,
    traces: int,
    rooted: int,
) -> Break:
    own = [each for found in where.values() for each in found if each[1] == pair]
    times = sorted(time for time, _, _, _ in own)
    (instead, level, ends), _ = Counter((each.name, each.level, each.end) for _, _, each, _ in own).most_common(1)[0]
    graver = (ERROR if ends else level) - expected
    instances = Counter(spans.instances[spans.instance[index]] for _, _, _, index in own)
    deviation = Deviation(
        entity=pair[0],
        kind="sequence",
        signal=f"{pair[2]}_{pair[3]}",
        surprise=surprise,
        onset=times[0] / NANOSECONDS,
        before=usual[pair] / firsts[pair[:3]],
        now=seen[pair] / heads[pair[:3]],
        excess=float(len(own)),
        unit="times",
        instance=instances.most_common(1)[0][0],
        count=heads[pair[:3]],
        pair=pair[2:],
        end=times[-1] / NANOSECONDS,
    )
    return Break(deviation, pair[2], pair[3], instead, traces, rooted, ends, graver, _over(times, held))


def _over(times: Sequence[int], held: Sequence[int]) -> float:
    """How surprising it is, if it still went on, that the pair held every time after the last break [nats]."""
    after = sum(each > times[-1] for each in held)
    during = sum(times[0] <= each <= times[-1] for each in held)
    share = len(times) / (len(times) + during + 1.0)
    return min(-after * math.log(1.0 - share), CAP)
