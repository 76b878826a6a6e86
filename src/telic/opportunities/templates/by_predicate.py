"""Hypotheses that are predicates over groups, several of them a family; a group may satisfy any number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from telic.opportunities.model import Hypothesis, Prepared
from telic.opportunities.plan import Node, choice, members_sql
from telic.opportunities.template import Asking, hypothesis
from telic.opportunities.templates.by_column import Params
from telic.opportunities.templates.cohorts import Cohorts, cohorts
from telic.opportunities.templates.phrases import whom


@dataclass(frozen=True)
class Question:
    """One set of groups: those for which `predicate` holds."""

    predicate: Node
    params: Params
    clauses: tuple[str, ...]


def several(template: str, questions: Sequence[Question], prepared: Prepared, asking: Asking) -> Iterator[Cohorts]:
    """Yield the family of some predicates."""
    on = asking.evaluation(prepared)
    for each in questions:
        asking.ask(choice(each.predicate, "in it", "not"))
    marked = [np.flatnonzero(on.series(each.predicate, keep=False).values).astype(np.int32) for each in questions]

    def describe(row: int) -> Hypothesis:
        asked = questions[row]
        words = whom(prepared, asked.clauses)
        return hypothesis(template, asked.params, words, members_sql(asking.table, asked.predicate))

    if questions:
        codes = np.repeat(np.arange(len(questions), dtype=np.int32), [len(each) for each in marked])
        groups = np.concatenate(marked)
        yield from cohorts(template, codes, len(questions), describe, prepared, asking, groups=groups)
