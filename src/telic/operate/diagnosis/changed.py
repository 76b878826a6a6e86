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
from telic.operate.diagnosis.proposal import Clue, Proposal, harm_clue
from telic.operate.diagnosis.wayback import take_back

SOON = 20.0  # harm of a change shows within so long [s]
LEAST = 0.3  # of the harmed requests have to be harmed there [1]
IDLE = 0.1  # scope of a change that only documents, comments or tests [1]
PLAIN = 2.5  # weight of a manner that is plain to see in the change and in what it did [nat]
KNOWN = 1.5  # weight of a change that is known to do such harm [nat]
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
    share = findings.share(lambda each: each.touches(service))
    if share is None or share < LEAST:
        return None
    age = max(0.0, findings.onset - change.time)
    says = f'{change.kind} of {change.entity} "{change.summary}" {age:.0f} s before the onset'
    clues = [harm_clue(findings, share, f"at {service}"), Clue(NEAR, says, ("changes",))]
    undo = tuple(take_back(findings, change))
    if (reading := read_effects(change.diff, change.files, change.summary)).scope <= IDLE:
        clues.append(Clue(-2.0, f"it can hardly do anything: {reading.why}", ("changes",)))
    found = Proposal("bad-change", change.entity, clues, f"harm since {change.id}", findings.onset, change, undo)
    manner = narrowed(findings, found)
    if manner is None or not manner.direct or manner.weight < PLAIN:
        return found
    return replace(found, clues=(*clues, Clue(KNOWN, f"it is one that does this: {manner.name}", ("changes",))))
