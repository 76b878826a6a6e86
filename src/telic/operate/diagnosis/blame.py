"""Follows one harmed request down to the place that harmed it.

From the entry's span downwards: at every service, the call that failed last, else the one whose time grew most over
what is normal, else the service itself. At every call, the callee where it answered (or took the time), else the edge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from telic.operate.diagnosis.traces import BUSINESS, Span

SOFT = frozenset({"deadline_exceeded", "timeout", "cancelled", "504", "499"})  # time ran out: somebody was slow
CONNECTION = frozenset(
    {"connection_refused", "connection_reset", "certificate_expired", "certificate_refused", "tls_failed"}
)
NOT_TRIED = "breaker_open"

How = Literal["answered", "raised", "refused", "slow", "unanswered", "connection", "gap", "failed", "not-tried"]


@dataclass(frozen=True)
class Blame:
    """Where one request was harmed, and how."""

    kind: Literal["service", "edge", "statement", "trace"]
    entity: str  # service, or caller->callee; "" of a whole trace, which says only who took part
    how: How
    what: str = ""  # operation or statement
    detail: str = ""  # error type
    path: tuple[str, ...] = ()  # services from the blamed place up to the entry
    among: frozenset[str] = frozenset()  # others who may have done it: who asked, or took part in a wrong answer
    ahead: float | None = None  # of an edge's gap: share of the call until the callee began [1]

    @property
    def place(self) -> tuple[str, str, str]:
        """Kind, entity and manner, for counting."""
        return self.kind, self.entity, self.how

    def touches(self, service: str) -> bool:
        """Whether it may be the doing of `service`: itself, or either end of a call that takes long or fails."""
        return (
            self.entity == service
            or service in self.among
            or (self.kind != "service" and service in self.entity.split("->"))
        )


@dataclass
class Normals:
    """How long spans usually take [s]; what is not known takes no time."""

    seconds: Mapping[tuple[str, str, str, str], float] = field(default_factory=dict)
    gaps: Mapping[tuple[str, str], float] = field(default_factory=dict)  # caller, callee

    def excess(self, span: Span) -> float:
        """Return how much longer than usual a span took [s]."""
        return span.seconds - self.seconds.get(span.key, 0.0)


def blame(spans: Sequence[Span], entry: str, normals: Normals) -> Blame | None:
    """Return the place that harmed the request whose trace these spans are; None without its entry span."""
    children: dict[str, list[Span]] = {}
    for span in spans:
        children.setdefault(span.parent, []).append(span)
    roots = [each for each in spans if each.service == entry and each.kind == "server"]
    return _Walk(children, normals).service(roots[0], ()) if roots else None


def tally(blames: Iterable[Blame]) -> Counter[tuple[str, str, str]]:
    """Count requests by blamed place."""
    return Counter(each.place for each in blames)


class _Walk:
    """One descent; every trace is a tree, so it ends."""

    def __init__(self, children: Mapping[str, Sequence[Span]], normals: Normals) -> None:
        self._children, self._normals = children, normals

    def service(self, span: Span, path: tuple[str, ...]) -> Blame:
        path = (span.service, *path)
        calls = [each for each in self._children.get(span.id, ()) if each.kind == "client"]
        if span.failed:
            tried = [each for each in calls if each.failed and each.error not in SOFT]
            late = [each for each in calls if each.failed and each.error in SOFT]
            hard = span.error not in SOFT and span.status != 504
            failing = [each for each in tried if each.error != NOT_TRIED] or late or tried
            if failing:
                return self._call(failing[-1], path)
            if hard:
                how: How = "refused" if span.status == 429 else "raised"
                asked_by = frozenset(path[1:2]) if span.status == BUSINESS else frozenset()  # perhaps in a wrong way
                return Blame("service", span.service, how, span.name, span.error, path, asked_by)
        return self._slowest(span, calls, path)

    def _slowest(self, span: Span, calls: Sequence[Span], path: tuple[str, ...]) -> Blame:
        own = span.seconds - _covered(calls, span)
        usual = self._normals.seconds.get(span.key, 0.0) - sum(
            self._normals.seconds.get(each.key, 0.0) for each in calls
        )
        worst = max(calls, key=self._normals.excess, default=None)
        if worst is None or own - max(0.0, usual) >= self._normals.excess(worst):
            return Blame("service", span.service, "slow", span.name, span.error, path)
        return self._call(worst, path)

    def _call(self, span: Span, path: tuple[str, ...]) -> Blame:
        edge = f"{span.service}->{span.peer}"
        if span.statement:
            how: How = "failed" if span.failed and span.error not in SOFT else "slow"
            return Blame("statement", edge, how, span.statement, span.error, path)
        served = [each for each in self._children.get(span.id, ()) if each.kind == "server"]
        if span.failed and span.error in CONNECTION:
            return Blame("edge", edge, "connection", span.name, span.error, path)
        if span.failed and span.error == NOT_TRIED:
            return Blame("edge", edge, "not-tried", span.name, span.error, path)
        if not served:
            if span.failed and span.error.isdigit() and span.error not in SOFT:
                how = "refused" if span.error == "429" else "raised"
                return Blame("service", span.peer, how, span.name, span.error, (span.peer, *path))
            return Blame("edge", edge, "unanswered" if span.failed else "gap", span.name, span.error, path)
        callee = served[-1]
        if span.failed and span.error.isdigit():
            return self.service(callee, path)
        gap = span.seconds - callee.seconds
        more = gap - self._normals.gaps.get((span.service, span.peer), 0.0)
        if more > self._normals.excess(callee):
            ahead = (callee.start - span.start) / span.seconds if span.seconds > 0 else 0.0
            return Blame("edge", edge, "gap", span.name, span.error, path, ahead=ahead)
        return self.service(callee, path)


def _covered(calls: Sequence[Span], within: Span) -> float:
    """Return how much of a span's time its calls cover [s]; calls side by side count once."""
    covered, reached = 0.0, within.start
    for each in sorted(calls, key=lambda call: call.start):
        end = min(each.start + each.seconds, within.start + within.seconds)
        covered += max(0.0, end - max(each.start, reached))
        reached = max(reached, end)
    return covered
