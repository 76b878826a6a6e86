"""A process that exits again and again."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, harm_clue, mechanism
from telic.operate.diagnosis.wayback import take_back


@mechanism("crash-loop", example={"service": "hotel", "exits": 2, "last_exit": "exit 1"})
def crash_loop(findings: Findings) -> Sequence[Proposal]:
    """Services whose processes ended without being asked, above all those in back-off."""
    return [found for service in findings.state.services if (found := _of(findings, service)) is not None]


def _of(findings: Findings, service: str) -> Proposal | None:
    told = findings.exits(service)
    exits = max(len(told), findings.history.exits(service, findings.onset - 5.0))
    instances = findings.instances(service)
    waiting = [each for each in instances if each.phase in ("backoff", "starting") and each.restarts]
    if not exits and not waiting:
        return None
    last = next((each.last_exit for each in instances if each.last_exit), "")
    clues = [
        Clue(
            4.0 if exits >= 2 else 3.0,
            f"{service} ended {max(1, exits)} time(s) unasked ({last or 'exit'})",
            ("events", "state"),
        )
    ]
    if waiting:
        clues.append(Clue(1.5, f"{service} is in {waiting[0].phase}", ("state",)))
    share = findings.share(
        lambda each: (each.kind == "edge" and each.entity.endswith(f"->{service}")) or each.entity == service
    )
    if service != findings.topology.entry:
        clues.append(harm_clue(findings, share, f"at {service}, which did not answer"))
    changes = findings.changes_of(service)
    clues.append(change_clue(findings, changes[0] if changes else None, 1.5, -0.5))
    actions = [action for change in changes for action in take_back(findings, change)]
    onset = min((each.time for each in told), default=findings.onset)
    return Proposal(
        "crash-loop",
        service,
        clues,
        "instance.exited",
        onset,
        changes[0] if changes else None,
        (*actions, Action("restart", service, {}, "it ended and nothing else explains it")),
    )
