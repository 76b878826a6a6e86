"""A new version that raises in one operation."""

from __future__ import annotations

from collections.abc import Sequence

from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, harm_clue, mechanism
from telic.operate.diagnosis.wayback import roll_back
from telic.telemetry.queries import ExceptionGroup


@mechanism("exception", example={"service": "hotel", "operation": "near", "type": "KeyError"})
def exception(findings: Findings) -> Sequence[Proposal]:
    """Exceptions of a type that the service did not raise before, in operations that fail by themselves."""
    before = {
        (each.service, each.operation, each.type)
        for each in (findings.baseline.exceptions if findings.baseline else ())
    }
    worst: dict[str, ExceptionGroup] = {}
    for each in findings.current.exceptions:
        new = (each.service, each.operation, each.type) not in before
        if new and each.count >= 2 and each.count > getattr(worst.get(each.service), "count", 0):
            worst[each.service] = each
    return [_proposal(findings, service, group) for service, group in worst.items()]


def _proposal(findings: Findings, service: str, group: ExceptionGroup) -> Proposal:
    where = f"{service}.{group.operation}" if group.operation else service
    clues = [
        Clue(2.0, f"{group.type} {group.count} times in {where}, never before: {group.message[:120]}", ("exceptions",)),
        harm_clue(
            findings,
            findings.share(lambda each: each.entity == service and each.how == "raised"),
            f"by {where} itself",
        ),
    ]
    deploys = findings.changes_of(service, "deploy")
    clues.append(change_clue(findings, deploys[0] if deploys else None, 2.5, -2.0))
    running = findings.state.services[service].version if service in findings.state.services else ""
    if group.version and group.version == running and deploys and deploys[0].after == running:
        clues.append(Clue(0.5, f"raised by version {running}, which that deploy brought", ("exceptions", "changes")))
    return Proposal(
        "exception",
        service,
        clues,
        f"{group.type} in {where}",
        group.first,
        deploys[0] if deploys else None,
        tuple(roll_back(findings, service, deploys[0] if deploys else None)),
    )
