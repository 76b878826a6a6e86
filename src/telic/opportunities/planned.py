"""What an engine of SQL would run to count all cohorts of a run, for those who want to read it or run it there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from telic.errors import UsageError
from telic.opportunities.ask import Ask, Progress, unheard
from telic.opportunities.events import events_of
from telic.opportunities.language.file import Document
from telic.opportunities.plan import DIALECTS, Node, merge, picture, printed, sql
from telic.opportunities.plan.relations import RELATIONS
from telic.opportunities.questions import templates
from telic.opportunities.template import Asking
from telic.registry import near_names


@dataclass(frozen=True)
class Planned:
    """One plan of the cohorts that templates ask about; sequences are counted by kernels and are not in it.

    Parameters
    ----------
    questions
        How many totals are asked for.
    alone
        Steps of all questions, each on its own.
    shared
        Steps of the plan.
    text, picture
        The plan, one step a line and as SVG.
    statements
        Its SQL.
    """

    questions: int
    alone: int
    shared: int
    text: str
    picture: str
    statements: tuple[str, ...]


def planned(ask: Ask, *, engine: str = "duckdb", progress: Progress = unheard) -> Planned:
    """Return the plan of what the templates of a run ask about.

    Raises
    ------
    UsageError
        No such engine, or no template asks about cohorts of these events.
    """
    if engine not in DIALECTS:
        raise UsageError(f"no engine {engine!r}", hint=near_names(engine, DIALECTS))
    prepared, read, _ = events_of(ask, progress)
    asking = Asking(least=prepared.size + 1, table=read.table)  # nothing has so many groups: only what is asked counts
    for _, each in templates(ask, Document()):
        for _ in each.families(prepared, asking):
            pass
    alone, ran = asking.questions(), tuple(dict.fromkeys(map(_run, asking.plan())))
    if not alone:
        raise UsageError("no template asks about cohorts of these events", hint="lifecycle and attributes do")
    read.write()
    return Planned(
        questions=len(alone),
        alone=sum(_steps([each]) for each in alone),
        shared=_steps(ran),
        text=printed(ran),
        picture=picture(ran),
        statements=tuple(sql(each, DIALECTS[engine]) for each in ran),
    )


def _run(root: Node) -> Node:
    """Return what is run to answer a question: what it is picked from, or the question itself."""
    return root.inputs[0] if root.op == "pick" else root


def _steps(roots: Iterable[Node]) -> int:
    return sum(each.op in RELATIONS for each in merge(roots))
