"""Hypotheses that somebody stated, as a family like those of templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from telic.opportunities.language.events import Events
from telic.opportunities.language.kpi import attributes, touches
from telic.opportunities.language.kpi import hypothesis as asked
from telic.opportunities.language.place import Written
from telic.opportunities.language.printer import value
from telic.opportunities.language.sql import sql
from telic.opportunities.language.tree import Stated
from telic.opportunities.language.words import clause
from telic.opportunities.model import Exclusion, Family, Hypothesis, Prepared, Value
from telic.opportunities.template import Asking, hypothesis
from telic.opportunities.templates.cohorts import Cohorts
from telic.opportunities.templates.phrases import whom

NAME = "stated"


def families(
    questions: Sequence[tuple[Stated, Written]], prepared: Prepared | Events, asking: Asking
) -> Iterator[Family]:
    """Yield the family of stated hypotheses; those with too few groups, or all, are told and left out.

    Raises
    ------
    InvalidQuestion
        One cannot be asked of these events; the error has its place.
    """
    events = prepared if isinstance(prepared, Events) else Events(prepared)
    found: list[np.ndarray] = []
    kept: list[Hypothesis] = []
    for question, written in questions:
        groups = np.flatnonzero(asked(written, events)).astype(np.int32)
        if max(1, asking.least) <= len(groups) < events.prepared.size:
            found.append(groups)
            kept.append(described(question, events.prepared, asking))
        else:
            why = f"it holds for {len(groups):,} of {events.prepared.size:,}, and the least support is {asking.least:,}"
            asking.leave_out(Exclusion("hypotheses", 1, f"{question.name or value(question.value)}: {why}"))
    if kept:
        codes = np.repeat(np.arange(len(kept), dtype=np.int32), [len(each) for each in found])
        yield Cohorts(NAME, codes, np.concatenate(found), len(kept), kept.__getitem__)


def described(question: Stated, prepared: Prepared, asking: Asking) -> Hypothesis:
    """Return a stated hypothesis in words, with its query."""
    params: dict[str, Value | tuple[str, ...]] = {
        "is": value(question.value),
        "events": tuple(sorted(set(touches(question.value)))),
        "attributes": tuple(sorted(set(attributes(question.value)))),
    }
    return hypothesis(NAME, params, whom(prepared, [clause(question.value)]), sql(question.value, asking.table))
