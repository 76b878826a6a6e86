"""What tells a bad path from a bad callee."""

from __future__ import annotations

from telic.model import Action
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue
from telic.telemetry.queries import EdgeCalls

HELD = 0.2  # share of time a callee is kept from running that explains slow answers [1]
FULL = 0.8  # of its slots taken [1]
LEAST_QUEUE = 3  # calls that wait [1]
LAG = 0.08  # event-loop lag that does [s]


def callee_clues(findings: Findings, edge: EdgeCalls) -> list[Clue]:
    """Return what the callee's own state and its other callers say for or against the path being at fault."""
    callee = edge.callee
    clues = []
    if callee in findings.state.services:
        if findings.ready(callee):
            clues.append(Clue(1.0, f"{callee} answers its readiness probe", ("state",)))
        else:
            clues.append(Clue(-4.0, f"{callee} is not ready itself", ("state",)))
        if findings.exits(callee):
            clues.append(Clue(-3.0, f"processes of {callee} ended", ("events",)))
        clues += _vitals(findings, callee)
        clues += _full(findings, callee)
    clues += _others(findings, edge)
    link = findings.state.links.get(edge.name)
    if link is not None and link.active not in link.ports:
        clues.append(Clue(-4.0, f"{edge.name} takes a port that is no link", ("state",)))
    return clues


def failover(findings: Findings, edge: str) -> list[Action]:
    """Return the failover to the link that the edge does not take, where it has one."""
    link = findings.state.links.get(edge)
    if link is None:
        return []
    other = next((name for name in sorted(link.ports) if name != link.active), "")
    return [Action("failover", edge, {"link": other}, f"link {link.active} loses or delays messages")] if other else []


def _vitals(findings: Findings, callee: str) -> list[Clue]:
    motion = findings.motion(callee)
    lag = findings.current.lag.get(callee, 0.0)
    if (motion and motion.held >= HELD) or lag >= LAG:
        held = motion.held if motion else 0.0
        return [Clue(-4.0, f"{callee} is kept from running ({held:.0%}, lag {lag * 1000:.0f} ms)", ("state", "lag"))]
    heard = findings.heard.get(callee)
    if heard is not None and findings.now - heard < 2.0:
        return [Clue(1.0, f"{callee} sends telemetry and its event loop does not lag", ("heard", "lag"))]
    return []


def _full(findings: Findings, callee: str) -> list[Clue]:
    """Calls that wait in the callee's queue have arrived: the path is well."""
    found = findings.storm.now.full.get(callee) if findings.storm is not None else None
    if found is None or found.mean < FULL or found.queued < LEAST_QUEUE:
        return []
    says = f"{callee} is full and {found.queued:.0f} calls wait there, the first for {found.age:.1f} s"
    return [Clue(-4.0, says, ("full",))]


def _others(findings: Findings, edge: EdgeCalls) -> list[Clue]:
    """Other callers of the same callee: if they are well, the callee is."""
    well = ill = 0
    for each in findings.current.into(edge.callee):
        if each.name == edge.name or each.calls < 3:
            continue
        before = findings.baseline.edges.get(each.name) if findings.baseline else None
        slow = before is not None and each.p50 > 4.0 * before.p50 + 0.03
        ill += slow or each.errors > 0.3 * each.calls
        well += not (slow or each.errors > 0.3 * each.calls)
    if well and not ill:
        return [Clue(1.5, f"{well} other caller(s) of {edge.callee} are served as ever", ("edges",))]
    if ill and not well:
        return [Clue(-2.5, f"{ill} other caller(s) of {edge.callee} suffer too", ("edges",))]
    return []
