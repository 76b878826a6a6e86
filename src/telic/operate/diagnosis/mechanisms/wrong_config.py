"""A configured value, such as a port, is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from telic.model import Action, Change, Scalar
from telic.operate.diagnosis.blame import CONNECTION
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.proposal import Clue, Proposal, change_clue, harm_clue, mechanism
from telic.operate.diagnosis.wayback import changed_settings, take_back


@mechanism("wrong-config", example={"service": "search", "key": "upstream.hotel.port", "error": "connection_refused"})
def wrong_config(findings: Findings) -> Sequence[Proposal]:
    """Edges that take a port which is no link of theirs, or on which connections are refused."""
    proposals = []
    for edge in findings.topology.edges:
        link = findings.state.links.get(edge.name)
        seen = findings.current.edges.get(edge.name)
        refused = sum(seen.by_type.get(each, 0) for each in CONNECTION) if seen else 0
        astray = link is not None and link.active not in link.ports
        if not astray and not (seen and refused >= 2 and refused >= 0.5 * seen.calls):
            continue
        proposals.append(_proposal(findings, edge.caller, edge.callee, astray=astray, refused=refused))
    return proposals


def _proposal(findings: Findings, caller: str, callee: str, *, astray: bool, refused: int) -> Proposal:
    name = f"{caller}->{callee}"
    change = _pushed(findings, caller, callee)
    clues = [
        Clue(4.0, f"{caller} calls {callee} at a port that is no link of {name}", ("state",))
        if astray
        else Clue(-3.0, f"{caller} calls {callee} at a link of {name}", ("state",))
    ]
    if refused:
        clues.append(Clue(1.5, f"{refused} calls on {name} were refused or reset", ("edges",)))
    if callee in findings.state.services:
        if findings.ready(callee):
            clues.append(Clue(1.0, f"{callee} is ready", ("state",)))
        else:
            clues.append(Clue(-2.5, f"{callee} is not ready", ("state",)))
    share = findings.share(lambda each: each.kind in ("edge", "statement") and each.entity == name)
    clues.append(harm_clue(findings, share, f"on {name}"))
    clues.append(change_clue(findings, change, 2.0, -1.0))
    return Proposal(
        "wrong-config",
        caller,
        clues,
        f"connections on {name}",
        findings.onset,
        change,
        tuple(_mitigations(findings, caller, callee, change)),
    )


def _pushed(findings: Findings, caller: str, callee: str) -> Change | None:
    """Return the newest push that changed how `caller` reaches `callee`, else the newest push to it."""
    pushes = findings.changes_of(caller, "config")
    about = [each for each in pushes if any(f".{callee}." in key for key in changed_settings(each))]
    return next(iter(about or pushes), None)


def _mitigations(findings: Findings, caller: str, callee: str, change: Change | None) -> list[Action]:
    actions = take_back(findings, change) if change is not None else []
    link = findings.state.links.get(f"{caller}->{callee}")
    if link is not None and link.active not in link.ports:
        key = next(
            (key for key in findings.state.services[caller].config if key.endswith(f".{callee}.port")),
            f"upstream.{callee}.port",
        )
        known: dict[str, Scalar] = {"key": key, "value": link.ports.get("a", 0)}
        if not any(dict(each.params) == known for each in actions):
            actions.append(Action("set_config", caller, known, "the primary link of this edge"))
    return actions
