"""Messages on one edge take far longer than the ends need."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from telic.operate.diagnosis.edges import callee_clues, failover
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism
from telic.telemetry.queries import EdgeCalls

MORE = 0.03  # time between the ends beyond what is usual [s]
GROWTH = 4.0  # and over it [1]


@mechanism("network-delay", example={"edge": "search->hotel", "delay": 0.25})
def network_delay(findings: Findings) -> Sequence[Proposal]:
    """Edges on which time passes between caller and callee, in every call and on no other edge of the callee."""
    proposals = []
    for edge in findings.current.edges.values():
        more, usual = _between(findings.current, edge), _usual(findings, edge)
        if more is not None and more >= usual + MORE and more >= GROWTH * usual:
            proposals.append(_proposal(findings, edge, more, usual))
    return proposals


def _proposal(findings: Findings, edge: EdgeCalls, more: float, usual: float) -> Proposal:
    share = findings.share(lambda each: each.entity == edge.name and each.how in ("gap", "unanswered", "slow"))
    clues = [
        Clue(
            2.5,
            f"{more * 1000:.0f} ms pass between the ends of {edge.name} (usually {usual * 1000:.1f} ms)",
            ("edges",),
        ),
        harm_clue(findings, share, f"on {edge.name}"),
        *callee_clues(findings, edge),
    ]
    also = _elsewhere(findings, edge)
    if also >= 0.5:
        clues.append(Clue(-4.0, f"time passes on {also:.0%} of the other edges too: the machine is busy", ("edges",)))
    if edge.callee in findings.state.stores:
        clues.append(_alike(findings, edge))
    elif edge.matched < 0.3 * edge.calls:
        clues.append(Clue(-1.5, f"only {edge.matched} of {edge.calls} calls arrived at all", ("edges",)))
    return Proposal(
        "network-delay",
        edge.name,
        clues,
        "time between the ends",
        findings.onset,
        None,
        tuple(failover(findings, edge.name)),
    )


def _alike(findings: Findings, edge: EdgeCalls) -> Clue:
    """A delayed path to a store slows every statement by about the same; a bad statement slows itself."""
    now = [each.p50 for each in findings.current.statements if _on(each.service, each.store, edge) and each.calls >= 2]
    if len(now) < 2:
        return Clue(-1.0, f"one statement alone on {edge.name} does not tell path from statement", ("statements",))
    if min(now) >= 0.5 * median(now) and min(now) >= MORE:
        return Clue(2.0, f"all {len(now)} statements on {edge.name} are slow alike", ("statements",))
    return Clue(-3.0, f"some statements on {edge.name} are as fast as ever", ("statements",))


def _elsewhere(findings: Findings, edge: EdgeCalls) -> float:
    """Return the share [1] of edges between other ends on which more time passes than usual."""
    ends = {edge.caller, edge.callee}
    grown = known = 0
    for each in findings.current.edges.values():
        more = _between(findings.current, each)
        if more is not None and each.caller not in ends and each.callee not in ends:
            known += 1
            grown += more >= 2.0 * _usual(findings, each) + MORE / 3
    return grown / known if known >= 3 else 0.0


def _between(picture: Picture, edge: EdgeCalls) -> float | None:
    if edge.matched >= 2:
        return edge.gap_p50
    stored = any(_on(each.service, each.store, edge) for each in picture.statements)
    return edge.p50 if stored and edge.calls >= 2 else None


def _usual(findings: Findings, edge: EdgeCalls) -> float:
    before = findings.baseline.edges.get(edge.name) if findings.baseline else None
    if before is None or findings.baseline is None:
        return 0.0
    return _between(findings.baseline, before) or 0.0


def _on(service: str, store: str, edge: EdgeCalls) -> bool:
    return service == edge.caller and store == edge.callee
