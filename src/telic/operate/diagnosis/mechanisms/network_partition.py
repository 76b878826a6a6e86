"""Messages on one edge do not arrive."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.operate.diagnosis.edges import callee_clues, failover
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism
from telic.telemetry.queries import EdgeCalls

TIMED_OUT = ("timeout", "deadline_exceeded", "connection_reset", "cancelled", "malformed_reply")
LOST = 0.2  # of the calls of an edge [1]
DAMAGED = ("connection_reset", "malformed_reply")  # the callee may well have served what did not come back whole


@mechanism("network-partition", example={"edge": "search->hotel", "error": "timeout"})
def network_partition(findings: Findings) -> Sequence[Proposal]:
    """Edges whose calls time out without a trace of them at a callee that is well, or whose answers come damaged."""
    return [_proposal(findings, each) for each in findings.current.edges.values() if _lost(each)]


def _lost(edge: EdgeCalls) -> bool:
    late = sum(edge.by_type.get(each, 0) for each in TIMED_OUT)
    damaged = sum(edge.by_type.get(each, 0) for each in DAMAGED)
    return late >= 2 and late >= LOST * edge.calls and (edge.matched <= 0.5 * edge.calls or damaged >= 0.5 * late)


def _proposal(findings: Findings, edge: EdgeCalls) -> Proposal:
    late = sum(edge.by_type.get(each, 0) for each in TIMED_OUT)
    share = findings.share(
        lambda each: each.entity == edge.name and each.how in ("unanswered", "gap", "connection", "slow", "failed")
    )
    clues = [
        Clue(
            2.0,
            f"{late} of {edge.calls} calls on {edge.name} got no whole answer, {edge.matched} arrived",
            ("edges",),
        ),
        harm_clue(findings, share, f"on {edge.name}"),
        *callee_clues(findings, edge),
    ]
    deploys = [each for end in (edge.caller, edge.callee) for each in findings.changes_of(end, "deploy")]
    if deploys and edge.by_type.get("malformed_reply", 0) >= 0.5 * late:  # both ends have to mean the same
        clues.append(Clue(-4.0, f'deploy of {deploys[0].entity} "{deploys[0].summary}" before it', ("changes",)))
    actions: tuple[Action, ...] = tuple(failover(findings, edge.name))
    return Proposal("network-partition", edge.name, clues, "timeouts", findings.onset, None, actions)
