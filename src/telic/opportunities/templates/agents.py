"""How an agent went about it: back and forth, one step over and over, many steps, where it began and ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from telic.errors import UsageError
from telic.opportunities.language.algebra import Compare, Number
from telic.opportunities.language.tree import Count, Edge, Rate, Selector, Sequence
from telic.opportunities.model import Exclusion, Family, Hypothesis, Ints, Prepared
from telic.opportunities.template import Asking, apart, template
from telic.opportunities.templates.cohorts import cohorts
from telic.opportunities.templates.scanned import codes, cuts
from telic.opportunities.templates.tokens import Alphabet, alphabet, several
from telic.opportunities.templates.wording import A, B, Wording

STEPS = (2, 3, 5, 8, 10, 15, 20, 30, 50, 80, 100, 150, 200, 300, 500, 1000)
"""Numbers of steps above which a run is asked about [1]."""
_MARKS = re.compile(r"(^|[._])(gen_ai|agent|tool|llm)([._]|$)|^(agent|tool|model)(_?name)?$", re.IGNORECASE)


@template("agents", example={"always": True})
@dataclass(frozen=True)
class Agents:
    """Did an agent go back and forth, do one thing most of the time, take many steps, begin or end in a certain way?

    Groups are runs of an agent (or of several that talk to each other), events are tool calls or turns. Which calls
    follow each other, are repeated or never answered is asked by the other templates; these are the shapes of runs that
    fail: two agents that hand a task to each other (a, b, a, b), one tool for half of all steps, too many steps, giving
    up in a certain state. Asked where an attribute is named after agents, tools or models.

    Parameters
    ----------
    always
        Ask in any case.
    shares
        About which shares of the runs have more steps than the cuts [1].
    names
        Events that are asked about at most: those that most runs have.

    References
    ----------
    Zhang et al., "Which agent causes task failures and when?" (2025), section 3; "Surfacing Opportunities for
    Improvement", section 6, agentic systems.
    """

    always: bool = False
    shares: tuple[float, ...] = (0.5, 0.25, 0.1)
    names: int = 200

    def __post_init__(self) -> None:
        object.__setattr__(self, "shares", several(self.shares))
        if not self.shares or not all(0 < each < 1 for each in self.shares):
            raise UsageError(f"agents: shares {self.shares} are not between 0 and 1", hint="such as (0.5, 0.1)")

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield hand-overs back and forth, most steps, numbers of steps, first and last steps."""
        if not (self.always or of_agents(prepared)):
            why = "agents asks about runs of agents, and no attribute is named after agents, tools or models"
            asking.leave_out(Exclusion("hypotheses", 0, why))
            return
        tokens = alphabet(prepared, asking, "agents", most=self.names)
        wording = Wording("agents", prepared, asking, tokens)
        yield from self._back_and_forth(prepared, asking, tokens, wording)
        yield from self._most(prepared, asking, tokens, wording)
        yield from self._steps(prepared, asking, wording)
        yield from self._edges(prepared, asking, tokens, wording)

    def _back_and_forth(
        self, prepared: Prepared, asking: Asking, tokens: Alphabet, wording: Wording
    ) -> Iterator[Family]:
        from telic.opportunities.kernels import sequence
        from telic.opportunities.kernels.sequence_scan import Scan

        question = Sequence((A, B, A, B), (">", ">", ">"))

        def describe(code: int) -> Hypothesis:
            return wording.hypothesis(question, divmod(code, tokens.size), {"shape": "back and forth"})

        scan = Scan(prepared, "adjacent", sequence.BACK_AND_FORTH, tokens.table, tokens.size, threads=asking.threads)
        yield from codes("agents", scan, scan.counts(), asking, describe)

    def _most(self, prepared: Prepared, asking: Asking, tokens: Alphabet, wording: Wording) -> Iterator[Family]:
        from telic.opportunities.kernels import sequence
        from telic.opportunities.kernels.sequence_scan import Scan

        question = Compare(">=", Rate(A), Number(0.5))

        def describe(code: int) -> Hypothesis:
            return wording.hypothesis(question, (code,), {"shape": "half of all"})

        scan = Scan(prepared, "singles", sequence.HALF, tokens.table, tokens.size, threads=asking.threads)
        yield from codes("agents", scan, scan.counts(), asking, describe)

    @apart
    def _steps(self, prepared: Prepared, asking: Asking, wording: Wording) -> Iterator[Family]:
        many = np.diff(np.asarray(prepared.offsets))
        above = np.array([np.count_nonzero(many > step) for step in STEPS], dtype=np.int64)
        (above,) = asking.whole.added(above)
        size = np.array([asking.whole.groups(prepared)])
        chosen = np.flatnonzero(cuts(above[None, :], size, self.shares)[0])

        def describe(row: int) -> Hypothesis:
            step = STEPS[chosen[row]]
            return wording.hypothesis(Compare(">", Count(Selector()), Number(float(step))), (), {"more than": step})

        groups = [np.flatnonzero(many > STEPS[step]).astype(np.int32) for step in chosen]
        if groups:
            marks = np.repeat(np.arange(len(chosen), dtype=np.int32), [len(each) for each in groups])
            marked = np.concatenate(groups)
            yield from cohorts("agents", marks, len(chosen), describe, prepared, asking, groups=marked)

    def _edges(self, prepared: Prepared, asking: Asking, tokens: Alphabet, wording: Wording) -> Iterator[Family]:
        offsets = np.asarray(prepared.offsets)
        sides: tuple[tuple[Literal["starts", "ends"], Ints], ...] = (
            ("starts", offsets[:-1]),
            ("ends", offsets[1:] - 1),
        )
        for side, places in sides:
            question = Edge(prepared.grouping, side, A)
            yield from self._edge(prepared, asking, tokens, wording, question, places)

    def _edge(
        self, prepared: Prepared, asking: Asking, tokens: Alphabet, wording: Wording, question: Edge, places: Ints
    ) -> Iterator[Family]:
        def describe(code: int) -> Hypothesis:
            return wording.hypothesis(question, (code,), {"shape": question.side})

        marks = np.maximum(tokens.table[np.asarray(prepared.names.codes)[places]], -1)
        yield from cohorts("agents", marks, tokens.size, describe, prepared, asking)


def of_agents(prepared: Prepared) -> bool:
    """Whether an attribute is named after agents, tools or models."""
    return any(_MARKS.search(name) for name in (*prepared.of_groups, *prepared.of_events, *prepared.numbers))
