"""What only the person can decide: asked, never assumed; generation stops while anything is open."""

from __future__ import annotations

from telic.errors import InvalidIntent
from telic.model.intent import Intent, Question


def missing(intent: Intent) -> tuple[Question, ...]:
    """Return questions about what an intent leaves out and no default may stand for."""
    found = []
    if not intent.workloads:
        found.append(
            Question("Q.workload", "operational.workload", "What do users do, how often, and how does that vary?")
        )
    if not intent.objectives:
        found.append(
            Question(
                "Q.slos", "operational.slos", "Which share of requests must be right, and how fast, at which service?"
            )
        )
    known = " or ".join(each.id for each in intent.workloads) or "which workload"
    for each in intent.objectives:
        if not each.under:
            found.append(Question(f"Q.{each.id}.under", each.id, f"Under which load must {each.id} hold: {known}?"))
    return tuple(found)


def require_complete(intent: Intent) -> Intent:
    """Return `intent` when no question is open.

    Raises
    ------
    InvalidIntent
        With every open question.
    """
    if not intent.open:
        return intent
    count = "1 question is" if len(intent.open) == 1 else f"{len(intent.open)} questions are"
    lines = "".join(f"\n  {each.id} ({each.about}): {each.question}" for each in intent.open)
    raise InvalidIntent(
        f"{intent.system}: {count} open{lines}",
        hint="answer in the intent: write what is asked for, and take answered questions out of open",
        questions=[{"id": each.id, "about": each.about, "question": each.question} for each in intent.open],
    )
