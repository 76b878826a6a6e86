"""Which groups have a pattern: arithmetic on positions of events, never on all events."""

from __future__ import annotations

import numpy as np

from telic.opportunities.language.events import Events, Flags, View
from telic.opportunities.language.tree import Has, Near, Repeated, Retried, Selector, Sequence, ThenNo, Until
from telic.opportunities.model import Ints


def occurs(events: Events, node: Has) -> tuple[Flags, Flags]:
    """Return which groups have a pattern and for which the question has no answer, each of shape (G,)."""
    view = events.without(node.ignoring)

    def find(selector: Selector) -> Ints:
        return events.positions(selector, node.ignoring)

    never = np.zeros(view.size, dtype=np.bool_)
    match node.pattern:
        case Sequence() as pattern:
            return _sequence(view, [find(each) for each in pattern.steps], pattern.links, pattern.within), never
        case Near() as pattern:
            anchors = find(pattern.anchor)
            return _near(view, find(pattern.what), anchors, pattern), ~view.flags(anchors)
        case Until() as pattern:
            return _until(view, find(pattern.what), find(pattern.end)), never
        case ThenNo() as pattern:
            return _then_no(view, find(pattern.what), find(pattern.lacks), pattern.within), never
        case Repeated() as pattern:
            return _repeated(view, find(pattern.what), pattern.times), never
        case Retried() as pattern:
            return _retried(view, find(pattern.what), find(pattern.success), pattern.times), never


def _sequence(view: View, found: list[Ints], links: tuple[str, ...], within: int | None) -> Flags:
    """Follow the chains that end at each position and began last; of these the shortest is known."""
    ends = starts = found[0]
    for link, step in zip(links, found[1:], strict=True):
        place = np.searchsorted(ends, step, side="left") - 1  # the last chain that ended before
        before = place >= 0
        before[before] = ends[place[before]] >= _least(view, step[before], link)
        starts, ends = starts[place[before]], step[before]
    if within is not None:
        ends = ends[view.at[ends] - view.at[starts] <= within]
    return view.flags(ends)


def _least(view: View, positions: Ints, link: str) -> Ints:
    """Return where the previous step may be at the earliest."""
    begins = view.offsets[view.group(positions)]
    return begins if link == ".." else np.maximum(begins, positions - 1)


def _near(view: View, what: Ints, anchors: Ints, pattern: Near) -> Flags:
    after = pattern.side == "after"
    place = np.searchsorted(anchors, what, side="left") - 1 if after else np.searchsorted(anchors, what, side="right")
    some = (place >= 0) & (place < len(anchors))
    what, anchor = what[some], anchors[place[some]]
    near = view.group(what) == view.group(anchor)
    if pattern.within is not None:
        near &= np.abs(view.at[what] - view.at[anchor]) <= pattern.within
    return view.flags(what[near])


def _until(view: View, what: Ints, end: Ints) -> Flags:
    return _sequence(view, [what, what, end], (">", ">"), None)


def _then_no(view: View, what: Ints, lacks: Ints, within: int | None) -> Flags:
    place = np.searchsorted(lacks, what, side="right")
    follows = place < len(lacks)
    next_one = lacks[place[follows]]
    good = view.group(next_one) == view.group(what[follows])
    if within is not None:
        good &= view.at[next_one] - view.at[what[follows]] <= within
    follows[follows] = good
    return view.flags(what[~follows])


def _repeated(view: View, what: Ints, times: int) -> Flags:
    if len(what) < times:
        return np.zeros(view.size, dtype=np.bool_)
    first, last = what[: len(what) - times + 1], what[times - 1 :]
    good = (last - first == times - 1) & (view.group(first) == view.group(last))
    return view.flags(last[good])


def _retried(view: View, what: Ints, success: Ints, times: int) -> Flags:
    """Count attempts strictly between the success before (or the group's begin) and each success."""
    begins = view.offsets[view.group(success)]
    before = np.concatenate([[-1], success[:-1]]) if len(success) else success
    since = np.maximum(begins, before + 1)
    tries = np.searchsorted(what, success, side="left") - np.searchsorted(what, since, side="left")
    return view.flags(success[tries >= times])
