"""The last resort: what was changed when harm began, at the very place where requests are harmed.

Asked only where no mechanism carries the symptom, or what it advised did not help. Nobody knows then what of the change
does it, but taking it back is what mends most such incidents: "Generic mitigations", J. Mace, O'Reilly, 2020.
"""

from __future__ import annotations

from dataclasses import replace

from telic.context.changes.effects import read_effects
from telic.model import Change
from telic.operate.diagnosis.findings import CHANGE_AFTER, Findings
from telic.operate.diagnosis.manners import narrowed
from telic.operate.diagnosis.pressed import growth, pressed
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue
from telic.operate.diagnosis.wayback import take_back

SOON = 20.0  # harm of a change shows within so long [s]
LEAST = 0.3  # of the harmed requests have to be harmed there [1]
IDLE = 0.1  # scope of a change that only documents, comments or tests [1]
PLAIN = 2.5  # weight of a manner that is plain to see in the change and in what it did [nat]
KNOWN = 1.5  # weight of a change that is known to do such harm [nat]
ASKED = 1.0  # weight of more calls at a place below than users ask for [nat]
NEAR = 1.2  # weight of a change right before the harm: acted upon where all harm is at its place, but not at once [nat]


def changed(findings: Findings) -> list[Proposal]:
    """Return the changes after which, and where, requests began to be harmed; the newest of each place."""
    newest: dict[str, Change] = {}
    for each in sorted(findings.changes, key=lambda change: change.time):
        if findings.onset - SOON <= each.time <= findings.onset + CHANGE_AFTER:
            newest[each.entity] = each
    return [found for each in newest.values() if (found := _of(findings, each)) is not None]


def _of(findings: Findings, change: Change) -> Proposal | None:
    service = change.entity.partition("->")[0]
    share, below = findings.share(lambda each: each.touches(service)), ""
    if share is not None and share < LEAST:
        share, below = _above(findings, service)
    if share is None or share < LEAST:
        return None
    age = max(0.0, findings.onset - change.time)
    says = f'{change.kind} of {change.entity} "{change.summary}" {age:.0f} s before the onset'
    clues = [harm_clue(findings, share, f"at {below or service}"), Clue(NEAR, says, ("changes",))]
    if below:
        more = f"{growth(findings, below):.1f} times as many calls came to {below}, which {service} leads to"
        clues.append(Clue(ASKED, f"{more}; users ask for no more", ("operations", "load")))
    undo = tuple(take_back(findings, change))
    if (reading := read_effects(change.diff, change.files, change.summary)).scope <= IDLE:
        clues.append(Clue(-2.0, f"it can hardly do anything: {reading.why}", ("changes",)))
    found = Proposal("bad-change", change.entity, clues, f"harm since {change.id}", findings.onset, change, undo)
    manner = narrowed(findings, found)
    if manner is None or not manner.direct or manner.weight < PLAIN:
        return found
    return replace(found, clues=(*clues, Clue(KNOWN, f"it is one that does this: {manner.name}", ("changes",))))


def _above(findings: Findings, service: str) -> tuple[float | None, str]:
    """Return the share of requests that were harmed where more is asked for below `service`, and the place."""
    shares = {
        each: findings.share(lambda blame, place=each: blame.entity == place and service in blame.path[1:])  # type: ignore[misc]
        for each in pressed(findings)
    }
    best = max(shares, key=lambda each: shares[each] or 0.0, default="")
    return shares.get(best), best
