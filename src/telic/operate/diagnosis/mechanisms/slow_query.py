"""A new version that asks the database in a way that takes far longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, harm_clue, mechanism
from telic.operate.diagnosis.statement_times import Key, grew, key, usual_times
from telic.operate.diagnosis.wayback import roll_back
from telic.telemetry.queries import StatementCalls


@mechanism("slow-query", example={"service": "hotel", "statement": "hotel.hotels_in_box", "seconds": 0.3})
def slow_query(findings: Findings) -> Sequence[Proposal]:
    """Statements that take far longer than before, while other statements of the same service do not."""
    usual = usual_times(findings.baseline.statements if findings.baseline else ())
    found: dict[str, Proposal] = {}
    for service in {each.service for each in findings.current.statements}:
        grown = [each for each in _of(findings, service) if grew(each, usual.get(key(each), 0.0))]
        if grown:
            found[service] = _proposal(findings, service, max(grown, key=lambda each: each.seconds), grown, usual)
    return list(found.values())


def _proposal(
    findings: Findings,
    service: str,
    worst: StatementCalls,
    grown: Sequence[StatementCalls],
    usual: Mapping[Key, float],
) -> Proposal:
    before = usual.get(key(worst), 0.0)
    known = f"usually {before * 1000:.1f} ms" if before else "never seen before"
    clues = [
        Clue(2.5, f"{worst.statement} takes {worst.p50 * 1000:.0f} ms ({known})", ("statements",)),
        harm_clue(
            findings,
            findings.share(
                lambda each: (
                    (each.kind == "statement" and each.what in {item.statement for item in grown})
                    or (each.entity == service and each.how == "slow")
                )
            ),
            f"in {worst.statement} or waiting for a connection behind it",
        ),
    ]
    others = [each for each in _of(findings, service) if each not in grown and each.calls >= 3]
    names = {each.statement for each in grown}
    if others:
        clues.append(Clue(1.5, f"{len(others)} other statement(s) of {service} are as fast as ever", ("statements",)))
    elif len(names) >= 2:
        clues.append(Clue(-2.0, f"all {len(names)} statements of {service} are slow alike", ("statements",)))
    deploys = findings.changes_of(service, "deploy")
    clues.append(change_clue(findings, deploys[0] if deploys else None, 2.5, -2.5))
    return Proposal(
        "slow-query",
        service,
        clues,
        worst.statement,
        findings.onset,
        deploys[0] if deploys else None,
        tuple(roll_back(findings, service, deploys[0] if deploys else None)),
    )


def _of(findings: Findings, service: str) -> list[StatementCalls]:
    running = findings.state.services[service].version if service in findings.state.services else ""
    mine = [each for each in findings.current.statements if each.service == service and each.calls >= 2]
    return [each for each in mine if each.version == running] or mine
