"""Asks a model about the episodes of a run that it has not judged yet."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from telic.lab.grading import grade
from telic.lab.judge.checklist import question, version
from telic.lab.judge.verdict import Verdict, keep, kept, understood
from telic.lab.runs import folder as runs
from telic.llm import Chat, Message


def judge(
    run: Path,
    chat: Chat,
    model: str,
    *,
    again: bool = False,
    tell: Callable[[Verdict], None] = lambda verdict: None,
) -> list[Verdict]:
    """Return what a model says about every episode of a run that says something about its actor.

    Parameters
    ----------
    run
        Its folder; verdicts are kept in it.
    chat, model
        Who is asked, and what it is called in the verdicts.
    again
        Whether episodes are asked about that were judged already.
    tell
        Called with each new verdict.

    Raises
    ------
    SourceFailed
        The model's server does not answer; what was judged is kept.
    InvalidRecord
        A verdict that is there cannot be read.
    """
    found = []
    for episode in runs.episodes(run)[0]:
        grades = grade(episode)
        if grades.void:
            continue
        verdict = None if again else kept(run, model, episode.name)
        if verdict is None:
            reply = chat.ask([Message("user", question(episode, grades))])
            answers, tokens = understood(reply.text), reply.usage.tokens
            verdict = Verdict(episode.name, episode.actor, model, version(), answers, tokens)
            keep(run, verdict)
            tell(verdict)
        found.append(verdict)
    return found
