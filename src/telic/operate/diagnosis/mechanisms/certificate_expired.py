"""A service that presents a certificate which is past its time."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue, mechanism
from telic.telemetry.queries import EdgeCalls

EXPIRED = "certificate_expired"  # error type of a call
LEAST = 2  # calls that are no accident [1]


@mechanism("certificate-expired", example={"service": "payment", "error": EXPIRED, "ended": 60.0})
def certificate_expired(findings: Findings) -> Sequence[Proposal]:
    """Calls to a service that end in the handshake of TLS, since its certificate is past its time.

    Source: RFC 5280, section 6.1.3 (a): a certificate is valid within its period; https://www.rfc-editor.org/rfc/rfc5280
    """
    refused: dict[str, list[EdgeCalls]] = {}
    for each in findings.current.edges.values():
        if each.by_type.get(EXPIRED, 0) >= LEAST:
            refused.setdefault(each.callee, []).append(each)
    return [_proposal(findings, callee, edges) for callee, edges in refused.items()]


def _proposal(findings: Findings, callee: str, edges: list[EdgeCalls]) -> Proposal:
    number, names = sum(each.by_type[EXPIRED] for each in edges), {each.name for each in edges}
    who = ", ".join(sorted({each.caller for each in edges}))
    share = findings.share(lambda each: each.entity in names and each.how == "connection")
    says = f"{number} calls of {who} did not take the certificate of {callee}, since it has expired"
    clues = [Clue(3.0, says, ("edges",)), harm_clue(findings, share, f"in calls to {callee}")]
    if (clue := _ended(findings, callee)) is not None:
        clues.append(clue)
    renew = Action("renew_certificate", callee, {}, f"the certificate of {callee} has expired")
    actions = (renew,) if callee in findings.state.certificates else ()
    return Proposal("certificate-expired", callee, clues, EXPIRED, findings.onset, None, actions)


def _ended(findings: Findings, callee: str) -> Clue | None:
    """Say what the certificate itself tells."""
    until = findings.state.certificates.get(callee)
    if until is None:
        return None
    ago = findings.state.time - until
    if ago > 0:
        return Clue(2.0, f"the certificate of {callee} ran out {ago:.0f} s ago", ("state",))
    return Clue(-1.0, f"the certificate that {callee} has now is valid", ("state",))
