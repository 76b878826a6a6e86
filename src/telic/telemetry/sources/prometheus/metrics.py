"""Metrics: which there are, how finely to ask for them, and their series as points."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from telic.errors import SourceFailed
from telic.telemetry.sources.card import Exhausted, Question
from telic.telemetry.sources.prometheus.api import Family, Series, ask, instant, ranged
from telic.telemetry.sources.prometheus.labels import Labels, quoted, regex
from telic.telemetry.sources.prometheus.points import Kinds, base, points
from telic.telemetry.sources.rows import Rows
from telic.telemetry.sources.visit import Visit

LOOKBACK = 300.0  # a counter's last sample before the window is looked for this far back, as Prometheus does [s]
COARSEST = 20  # points of a series that are worth having [1]
AT_ONCE = 20_000  # samples that one request should bring [1]
NAMES_AT_ONCE = 60
OF_ALERTS = ("ALERTS", "ALERTS_FOR_STATE")  # a signal of their own


@dataclass(frozen=True)
class Plan:
    """What will be asked: metrics in groups, and every how many seconds; step 0 is every sample as it was scraped."""

    groups: tuple[tuple[str, ...], ...]
    step: float
    left_out: tuple[str, ...]


def rows(visit: Visit, question: Question, labels: Labels, step: float) -> Rows:
    """Yield one row a point."""
    window = question.window
    if question.query:
        every = max(step, window.seconds / 240)
        yield from points(ranged(visit, question.query, window.start, window.end, every), Kinds({}), labels)
        return
    times = [("start", f"{window.start:.3f}"), ("end", f"{window.end:.3f}")]
    selectors = labels.selectors(question.entities, ask(visit, "labels", times, list[str]) if question.entities else ())
    matching = [("match[]", f"{{{each}}}") for each in selectors if each]
    if not selectors:
        return  # no label of this server names a service
    names = ask(visit, "label/__name__/values", [*times, *matching], list[str])
    if question.names:
        wanted = {base(each) for each in question.names}
        names = [each for each in names if base(each) in wanted]
    else:
        names = [each for each in names if each not in OF_ALERTS]
    if not names:
        return
    kinds = Kinds(_families(visit))
    counts = _counts(visit, names, selectors, window.end)
    plan = plan_of(counts, window.seconds, question.limit.rows, step)
    if plan.left_out:
        visit.cut.append(f"metrics: left out for their number of series: {', '.join(plan.left_out[:20])}")
    if plan.step:
        visit.cut.append(f"metrics: one point every {plan.step:g} s, for the limit of {question.limit.rows} rows")
    for group in plan.groups:
        for selector in selectors:
            chosen = f"{{__name__=~{quoted(regex(group))}{',' if selector else ''}{selector}}}"
            yield from points(_samples(visit, chosen, question, plan.step), kinds, labels, since=window.start)


def _samples(visit: Visit, selector: str, question: Question, step: float) -> list[Series]:
    window = question.window
    if step:
        return ranged(visit, selector, window.start - step, window.end, step)
    return instant(visit, f"{selector}[{math.ceil(window.seconds + LOOKBACK)}s]", window.end)


def _families(visit: Visit) -> Mapping[str, Family]:
    """Return what is known of every metric; nothing where the server does not tell."""
    try:
        found = ask(visit, "metadata", [], dict[str, list[Family]])
    except Exhausted:
        raise
    except SourceFailed:
        visit.cut.append("metrics: the server tells no types; they were guessed from the names")
        return {}
    return {name: said[0] for name, said in found.items() if said}


def _counts(visit: Visit, names: Sequence[str], selectors: Sequence[str], at: float) -> dict[str, int]:
    """Return how many series every metric had at the end; 1 for those that ended before."""
    found: dict[str, int] = dict.fromkeys(names, 0)
    for some in _chunks(list(found), 4 * NAMES_AT_ONCE):
        for selector in selectors:
            chosen = f"{{__name__=~{quoted(regex(some))}{',' if selector else ''}{selector}}}"
            for series in instant(visit, f"count by (__name__) ({chosen})", at):
                name = series.metric.get("__name__", "")
                if name in found and series.value and math.isfinite(count := float(series.value[1])):
                    found[name] += int(count)
    return {name: max(1, count) for name, count in found.items()}


def plan_of(counts: Mapping[str, int], seconds: float, most: int, step: float) -> Plan:
    """Say how to ask for series so that at most about `most` points come.

    Parameters
    ----------
    counts
        Series of every metric [1].
    seconds
        Length of the window [s].
    most
        Limit of rows [1].
    step
        The scrape interval [s].

    Examples
    --------
    >>> plan_of({"up": 3, "requests": 1000}, 1800, 100_000, 15)
    Plan(groups=(('up',), ('requests',)), step=19.0, left_out=())
    >>> plan_of({"up": 3, "by_user": 9000}, 1800, 100_000, 15).left_out
    ('by_user',)
    """
    sizes: dict[str, int] = defaultdict(int)
    members: dict[str, list[str]] = defaultdict(list)
    for name, count in counts.items():  # parts of a histogram belong together
        sizes[base(name)] += count
        members[base(name)].append(name)
    finest = max(1.0, seconds / step)
    kept: list[str] = []
    total = 0
    for family in sorted(sizes, key=lambda each: (sizes[each], each)):
        if (total + sizes[family]) * min(COARSEST, finest) > most and kept:
            break
        kept.append(family)
        total += sizes[family]
    each = most / max(1, total)
    every = 0.0 if each >= finest else float(math.ceil(seconds / max(1.0, each - 1)))
    groups: list[tuple[str, ...]] = []
    group: list[str] = []
    weight = 0.0
    for family in kept:
        size = sizes[family] * (seconds / every if every else finest)
        if group and (weight + size > AT_ONCE or len(group) + len(members[family]) > NAMES_AT_ONCE):
            groups.append(tuple(group))
            group, weight = [], 0.0
        group += members[family]
        weight += size
    return Plan((*groups, tuple(group)), every, tuple(each for each in sizes if each not in set(kept)))


def _chunks(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
