"""The critical path of a request: for every moment the one span that everybody waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.context.traces.spans import NANOSECONDS, Spans

Children = Mapping[int, Sequence[int]]


def children_of(spans: Spans) -> dict[int, list[int]]:
    """Return for every span that has some its children, the one that ends last first."""
    found: dict[int, list[int]] = {}
    for index, parent in enumerate(spans.parent.tolist()):
        if parent >= 0:
            found.setdefault(parent, []).append(index)
    for each in found.values():
        each.sort(key=lambda index: -int(spans.end[index]))
    return found


def critical_path(spans: Spans, root: int, children: Children) -> dict[int, float]:
    """Return the spans on the critical path below `root` and how long each of them alone is waited for [s].

    From the end of a span one goes back to the child that ended last before it; what no child covers is the span's
    own. The parts sum to the root's duration. Children that outlive their parent are cut.

    References
    ----------
    .. [1] Z. Zhang et al., "CRISP: Critical Path Analysis of Large-Scale Microservice Architectures", USENIX ATC
       2022, section 3.2.
    """
    start, end = spans.start, spans.end
    found: dict[int, float] = {}
    waiting = [(root, int(start[root]), max(int(end[root]), int(start[root])))]
    seen: set[int] = set()
    while waiting:
        index, first, last = waiting.pop()
        if index in seen:  # parents that go round in a circle
            continue
        seen.add(index)
        own, now = 0, last
        for child in children.get(index, ()):
            begins, ends = max(int(start[child]), first), min(int(end[child]), now)
            if ends <= begins:
                continue
            own += now - ends
            waiting.append((child, begins, ends))
            now = begins
        found[index] = (own + now - first) / NANOSECONDS
    return found
