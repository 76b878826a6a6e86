"""Random questions and random events, and answers of a reader that does everything the slow and plain way."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import strategies as st

from telic.opportunities.language import algebra, tree
from telic.opportunities.model import Column, Prepared

History = list[list[tuple[str, float]]]
link: st.SearchStrategy[tree.Link] = st.sampled_from([">", ".."])
NAMES = ("a", "b", "it's", "p|q")
texts = st.sampled_from([*NAMES, "", "über", '"', "x\ny"])
words = st.sampled_from(["os", "price", "count", "is", "a b", "`", "of", "true", "a.b", "case:protected", "session"])
times = st.integers(1, 5_000_000_000) | st.sampled_from([10**9, 60 * 10**9, 86_400 * 10**9])


def event_values() -> st.SearchStrategy[Any]:
    attribute = st.builds(algebra.Attribute, words)
    leaf = st.one_of(
        st.builds(algebra.Compare, st.sampled_from(["=", "!="]), attribute, st.builds(algebra.Text, texts)),
        st.builds(algebra.Compare, st.sampled_from(["<", ">="]), attribute, numbers),
        st.builds(algebra.Missing, words),
        st.builds(algebra.OneOf, attribute, st.lists(texts, min_size=1, max_size=3, unique=True).map(tuple)),
    )
    return logic(leaf)


numbers = st.builds(
    algebra.Number,
    st.floats(allow_nan=False, allow_infinity=False, width=32) | st.integers(-99, 99).map(float),
) | st.builds(algebra.Duration, st.integers(-(10**12), 10**12))


def logic(leaf: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    def several(kind: Callable[..., Any], inside: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        many = st.lists(inside.filter(lambda each: not isinstance(each, kind)), min_size=2, max_size=3)  # type: ignore[arg-type]
        return many.map(lambda found: kind(tuple(found)))

    return st.recursive(
        leaf,
        lambda inside: st.one_of(inside.map(algebra.Not), several(algebra.And, inside), several(algebra.Or, inside)),
        max_leaves=4,
    )


_conditions = event_values()
_selectors = st.builds(tree.Selector, st.lists(texts, max_size=3, unique=True).map(tuple), st.none() | _conditions)


@st.composite
def _a_selector(draw: st.DrawFn) -> tree.Selector:
    return draw(_selectors)


selectors = _a_selector()  # a strategy of a short name: hypothesis writes out those of others


@st.composite
def sequences(draw: st.DrawFn) -> tree.Sequence:
    steps = draw(st.lists(selectors, min_size=1, max_size=4).map(tuple))
    links = tuple(draw(link) for _ in steps[1:])
    return tree.Sequence(steps, links, draw(st.none() | times) if links else None)


_patterns: st.SearchStrategy[tree.Pattern] = st.one_of(
    sequences(),
    st.builds(tree.Near, selectors, st.sampled_from(["after", "before"]), selectors, st.none() | times),
    st.builds(tree.Until, selectors, selectors),
    st.builds(tree.ThenNo, selectors, selectors, st.none() | times),
    st.builds(tree.Repeated, selectors, st.integers(2, 99)),
    st.builds(tree.Retried, selectors, st.integers(2, 99), selectors),
)


@st.composite
def _a_pattern(draw: st.DrawFn) -> tree.Pattern:
    return draw(_patterns)


patterns = _a_pattern()


def measures() -> st.SearchStrategy[Any]:
    return st.one_of(
        st.builds(tree.Count, selectors),
        st.builds(tree.Rate, selectors, selectors),
        st.builds(tree.Rate, selectors, st.none(), st.none() | times),
        st.builds(tree.Span, words),
        st.builds(tree.Between, selectors, selectors),
        st.builds(tree.Dwell, selectors),
        st.builds(tree.Aggregate, st.sampled_from(["sum", "mean", "first"]), words, st.none() | selectors),
        st.builds(algebra.Attribute, words),
        numbers,
    )


def amounts() -> st.SearchStrategy[Any]:
    return st.recursive(
        measures(),
        lambda inside: st.builds(algebra.Arithmetic, st.sampled_from(["+", "-", "*", "/"]), inside, inside),
        max_leaves=4,
    )


def questions() -> st.SearchStrategy[Any]:
    leaf = st.one_of(
        st.builds(tree.Has, words, patterns, st.none() | selectors),
        st.builds(tree.Edge, words, st.sampled_from(["starts", "ends"]), selectors),
        st.builds(algebra.Compare, st.sampled_from(["=", "<", ">="]), amounts(), amounts()),
        st.builds(algebra.Missing, words),
        st.builds(algebra.Truth, st.booleans()),
    )
    return logic(leaf) | amounts()


_questions = questions()


@st.composite
def values(draw: st.DrawFn) -> Any:
    return draw(_questions)


kpis = st.builds(
    tree.Kpi, st.sampled_from(["", "kpi", "a name"]), values(), st.none() | values(), st.sampled_from([-1, 0, 1])
)


def prepared(groups: History, **more: Any) -> Prepared:
    """Return prepared events from (name, second) by group."""
    labels = tuple(dict.fromkeys([*NAMES[:3], *(name for group in groups for name, _ in group)]))
    events = [each for group in groups for each in group]
    return Prepared(
        names=Column("event", np.array([labels.index(name) for name, _ in events], dtype=np.int32), labels),
        at=np.array([round(second * 1e9) for _, second in events], dtype=np.int64),
        offsets=np.cumsum([0, *map(len, groups)]).astype(np.int64),
        groups=[f"s{index}" for index in range(len(groups))],
        users=np.arange(len(groups), dtype=np.int32),
        **more,
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Groups of events at whole seconds, some at the same time."""
    group = st.lists(st.tuples(st.sampled_from(NAMES[:3]), st.integers(0, 3)), min_size=1, max_size=9)
    made: History = []
    for each in draw(st.lists(group, min_size=1, max_size=5)):
        second = 0
        made.append([(name, float(second := second + gap)) for name, gap in each])
    return made


def plain_has(events: list[tuple[str, float]], pattern: tree.Pattern) -> float:
    """Answer by trying every way; names only."""
    at = [second for _, second in events]

    def where(selector: tree.Selector) -> list[int]:
        return [place for place, (name, _) in enumerate(events) if name in selector.names or not selector.names]

    def soon(first: int, last: int, ns: int | None) -> bool:
        return ns is None or round((at[last] - at[first]) * 1e9) <= ns

    match pattern:
        case tree.Sequence():
            chains = [(place, place) for place in where(pattern.steps[0])]
            for link, step in zip(pattern.links, pattern.steps[1:], strict=True):
                chains = [
                    (begin, place)
                    for begin, end in chains
                    for place in where(step)
                    if (place == end + 1 if link == ">" else place > end)
                ]
            return float(any(soon(begin, end, pattern.within) for begin, end in chains))
        case tree.Near():
            if not where(pattern.anchor):
                return math.nan
            pairs = [(a, w) for a in where(pattern.anchor) for w in where(pattern.what)]
            if pattern.side == "after":
                return float(any(w > a and soon(a, w, pattern.within) for a, w in pairs))
            return float(any(w < a and soon(w, a, pattern.within) for a, w in pairs))
        case tree.Until():
            what = set(where(pattern.what))
            return float(any(e - 1 in what and e - 2 in what for e in where(pattern.end)))
        case tree.ThenNo():
            lacks = where(pattern.lacks)
            return float(any(not any(b > a and soon(a, b, pattern.within) for b in lacks) for a in where(pattern.what)))
        case tree.Repeated():
            what = set(where(pattern.what))
            return float(any(all(place + more in what for more in range(pattern.times)) for place in what))
        case tree.Retried():
            tries, done = set(where(pattern.what)), where(pattern.success)
            before = [-1, *done]
            counts = [sum(p in tries for p in range(b + 1, d)) for b, d in zip(before, done, strict=False)]
            return float(any(count >= pattern.times for count in counts))
