"""What an operator tells while it works: a stream of frozen events, for a screen, a file and the report."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from telic.model import ActionRecord, Diagnosis, Incident

Kind = Literal[
    "watching",  # the loop runs and sees telemetry
    "blind",  # no telemetry arrives; nothing is concluded from that
    "recovered-journal",  # an action that an earlier operator left undecided was finished
    "warning",  # something grows, or runs out, that does not harm users yet
    "detected",  # users are harmed: an incident opens
    "symptom",  # a further symptom joins the open incident
    "diagnosed",  # hypotheses, or an abstention that says what is missing
    "action",  # an action was planned, refused, applied, helped, undone, ...: see `action.outcome`
    "resolved",  # users are well again
    "needs-person",  # nothing that may be done unattended is left
]


@dataclass(frozen=True)
class Event:
    """One thing worth telling."""

    time: float  # [s since the Unix epoch]
    kind: Kind
    text: str  # one sentence for people
    incident: str = ""  # its id
    blamed: str = ""  # entity of the first hypothesis: a service, or ``caller->callee``
    mechanism: str = ""  # of the first hypothesis
    diagnosis: Diagnosis | None = None
    action: ActionRecord | None = None
    record: Incident | None = None  # on opening and closing
