"""The database refuses what the design grants."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism
from telic.tools.actions.privileges import all_missing

INSUFFICIENT = "42501"  # SQLSTATE insufficient_privilege


@mechanism("permission-revoked", example={"service": "booking", "table": "booking.bookings", "sqlstate": "42501"})
def permission_revoked(findings: Findings) -> Sequence[Proposal]:
    """Services whose role lacks designed privileges, or whose statements fail with 42501."""
    lacking = all_missing(findings.state)
    denied = {each.service: each for each in findings.current.statements if each.by_state.get(INSUFFICIENT, 0) > 0}
    proposals = []
    for service in sorted({name for name, _ in lacking} | set(denied)):
        tables = {table: privileges for (name, table), privileges in lacking.items() if name == service}
        clues = []
        if service in denied:
            count = denied[service].by_state[INSUFFICIENT]
            words = f"{denied[service].statement} failed {count} times with SQLSTATE {INSUFFICIENT}"
            clues.append(Clue(3.5, words, ("statements",)))
        else:
            clues.append(Clue(-1.0, "no statement of it was refused", ("statements",)))
        for table, privileges in tables.items():
            clues.append(
                Clue(2.0, f"{service} lacks {', '.join(privileges)} on {table}, which the design grants", ("state",))
            )
        share = findings.share(
            lambda each, service=service: each.kind == "statement" and each.entity.startswith(f"{service}->")  # type: ignore[misc]
        )
        clues.append(harm_clue(findings, share, f"in statements of {service}"))
        proposals.append(
            Proposal(
                "permission-revoked",
                service,
                clues,
                f"SQLSTATE {INSUFFICIENT}",
                findings.onset,
                None,
                tuple(
                    Action(
                        "grant",
                        service,
                        {"table": table, "privileges": ", ".join(privileges)},
                        "the design grants it and the store does not",
                    )
                    for table, privileges in tables.items()
                ),
            )
        )
    return proposals
