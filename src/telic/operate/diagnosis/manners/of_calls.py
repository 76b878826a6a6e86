"""What requests, calls and load show."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from telic.operate import declines
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.manners.feature import CLEAR, MORE, SHARE, Feature, place
from telic.telemetry.queries import EdgeCalls

FEWER = 0.3  # times as many calls for a request [1]
LOAD = 1.25  # times as many requests [1]
SPREAD = 4.0  # the 95th percentile over the median where times vary [1]
EVEN, UNEVEN = 1.15, 1.25  # the same where all take about as long, and where each takes its own time [1]
ALL = 0.9  # of the calls [1]
MOST = 0.7  # of the failed calls [1]
LATE, SKEWED = 0.2, 20.0  # share of a call until its callee began: late, and no more than clocks that differ [1]


def _harmed(*manners: str) -> Feature:
    def feature(findings: Findings, entity: str) -> bool:
        share = findings.share(
            lambda each: each.how in manners and (each.entity == entity or each.touches(place(entity)))
        )
        return share is not None and share >= SHARE

    return feature


def _alone(findings: Findings, entity: str) -> bool:
    """Requests are harmed by the service itself, not in what it asks others for."""
    share = findings.share(lambda each: each.kind == "service" and each.entity == entity)
    return share is not None and share >= 1.0 - SHARE


def _one_operation(findings: Findings, entity: str) -> bool:
    served = {each.operation for each in findings.current.operations if each.service == entity}
    harmed = {each.what for each in findings.blames if each.entity == entity and each.kind == "service"}
    return len(harmed) == 1 and len(served) > 1


def _more_load(findings: Findings, entity: str) -> bool:
    grown = _times(findings, lambda picture: picture.rate(place(entity)))
    return grown is not None and grown >= LOAD


def _users_more(findings: Findings, entity: str) -> bool:
    storm = findings.storm
    return storm is not None and storm.load is not None and storm.surely >= LOAD


def _all_alike(findings: Findings, entity: str) -> bool:
    """No operation of the entry grew much more than the others: more of the same."""
    grown = _by_operation(findings)
    return len(grown) > 1 and max(grown) <= 2.0 * max(min(grown), 0.5)


def _by_operation(findings: Findings) -> list[float]:
    if findings.baseline is None:
        return []
    entry = findings.topology.entry
    now, before = (
        {each.operation: each.count / max(1.0, picture.covered) for each in picture.operations if each.service == entry}
        for picture in (findings.current, findings.baseline)
    )
    return [now.get(name, 0.0) / rate for name, rate in before.items() if rate >= 1.0]


def _times(findings: Findings, of: Callable[[Picture], float]) -> float | None:
    if findings.baseline is None:
        return None
    before, now = of(findings.baseline), of(findings.current)
    return now / before if before > 0 else None


def _calls(*, more: bool) -> Feature:
    """More, or fewer, calls to somebody for each request that the service serves."""

    def feature(findings: Findings, entity: str) -> bool:
        ratios = _call_ratios(findings, place(entity))
        return any(each >= MORE for each in ratios) if more else any(each <= FEWER for each in ratios)

    return feature


def _call_ratios(findings: Findings, service: str) -> list[float]:
    if findings.baseline is None:
        return []
    served = [findings.baseline.rate(service), findings.current.rate(service)]
    if min(served) <= 0.0:
        return []
    before, now = (_outgoing(picture, service) for picture in (findings.baseline, findings.current))
    return [(now.get(callee, 0.0) / served[1]) / (rate / served[0]) for callee, rate in before.items() if rate >= SHARE]


def _outgoing(picture: Picture, service: str) -> dict[str, float]:
    return {
        each.callee: (each.calls - each.resends) / max(1.0, picture.covered)
        for each in picture.edges.values()
        if each.caller == service
    }


def _resends(findings: Findings, entity: str) -> bool:
    mine = [each for each in findings.current.edges.values() if entity in (each.caller, each.name)]
    return sum(each.resends for each in mine) >= MORE * max(1, sum(each.calls - each.resends for each in mine))


def _edge(findings: Findings, entity: str) -> EdgeCalls | None:
    return findings.current.edges.get(entity)


def _varies(findings: Findings, entity: str) -> bool:
    edge = _edge(findings, entity)
    return edge is not None and edge.gap_p95 >= SPREAD * max(edge.gap_p50, CLEAR)


def _constant_gap(findings: Findings, entity: str) -> bool:
    """All calls are late by about as much; where the caller gave all of them up, its patience is all that is known."""
    edge = _edge(findings, entity)
    return (
        edge is not None
        and edge.gap_p50 > CLEAR
        and edge.gap_p95 <= EVEN * edge.gap_p50
        and not _all_fail(findings, entity)
    )


def _uneven_gap(findings: Findings, entity: str) -> bool:
    """Each call is late by its own time, half of them by much."""
    edge = _edge(findings, entity)
    return edge is not None and edge.gap_p50 > CLEAR and UNEVEN <= edge.gap_p95 / edge.gap_p50 < SPREAD


def _arrived(edge: EdgeCalls | None) -> float:
    """Return the share of the calls that the caller gave up which the callee served all the same [1]."""
    if edge is None or not edge.errors:
        return 0.0
    return max(0, edge.matched - (edge.calls - edge.errors)) / edge.errors


def _arrives(findings: Findings, entity: str) -> bool:
    """Calls that the caller gave up were served by the callee."""
    return _arrived(_edge(findings, entity)) > SHARE


def _few_arrive(findings: Findings, entity: str) -> bool:
    """Of the calls that the caller gave up, some were served and most were not."""
    edge = _edge(findings, entity)
    share = _arrived(edge)
    return edge is not None and 1.0 - ALL <= share <= MOST and share * edge.errors >= 2.0


def _begins_late(findings: Findings, entity: str) -> bool:
    """Calls are on their way for long before the callee begins; not only their answers are late, or lost."""
    shares = [each.ahead for each in findings.blames if each.entity == entity and each.ahead is not None]
    return bool(shares) and LATE <= median(shares) < SKEWED


def _all_fail(findings: Findings, entity: str) -> bool:
    edge = _edge(findings, entity)
    return edge is not None and edge.calls > 0 and edge.errors >= ALL * edge.calls


def _some_fail(findings: Findings, entity: str) -> bool:
    edge = _edge(findings, entity)
    return edge is not None and (1.0 - ALL) * edge.calls < edge.errors < ALL * edge.calls


def _silent(findings: Findings, entity: str) -> bool:
    edge = _edge(findings, entity)
    return edge is not None and edge.unmatched >= (1.0 - SHARE) * edge.calls


def _wrong_answers(findings: Findings, entity: str) -> bool:
    return any(each.signal == "answers" for each in findings.symptoms)


def _none_declined(findings: Findings, entity: str) -> bool:
    return any(each.objective == declines.NAME for each in findings.symptoms)


FEATURES: dict[str, Feature] = {
    "none declined": _none_declined,
    "wrong answers": _wrong_answers,
    "slow": _harmed("slow", "gap"),
    "raised": _harmed("raised", "failed"),
    "refused": _harmed("refused"),
    "connection": _harmed("connection"),
    "unanswered": _harmed("unanswered"),
    "alone": _alone,
    "one operation": _one_operation,
    "more load": _more_load,
    "users ask more": _users_more,
    "all operations alike": _all_alike,
    "more calls": _calls(more=True),
    "fewer calls": _calls(more=False),
    "resends": _resends,
    "gap varies": _varies,
    "gap constant": _constant_gap,
    "gap uneven": _uneven_gap,
    "arrives": _arrives,
    "few arrive": _few_arrive,
    "begins late": _begins_late,
    "all fail": _all_fail,
    "some fail": _some_fail,
    "silent": _silent,
}
