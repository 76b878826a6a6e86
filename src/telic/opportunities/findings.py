"""From a judged association to a finding: effects, what could be won, examples, and what the experts say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from telic.opportunities.experts import Case, Expert
from telic.opportunities.experts.case import DAY, WEEK
from telic.opportunities.model import Codes, Effect, Family, Finding, Prepared, Value
from telic.opportunities.statistics import association
from telic.opportunities.statistics.candidates import Place
from telic.opportunities.statistics.study import Study
from telic.opportunities.statistics.tallying import Tallies

EXAMPLES = 5
LEAST = 6 * DAY  # from the first to the last start that a rate a week can be said of: a week, its last day not full


@dataclass(frozen=True)
class Opinion:
    """A lead on its way to a finding: `tallies` has one row, `alike` are the hypotheses it explains."""

    study: Study
    place: Place
    members: Codes
    tallies: Tallies
    fences: tuple[float, float]
    alike: tuple[Place, ...]
    p: float
    q: float = float("nan")
    p_family: float = float("nan")
    rounds: int = 0
    ending: bool = False
    """Whether it is made of another way to end than the KPI's own event, which says little."""

    @property
    def adjusted(self) -> Effect:
        """The effect over the strata that decide."""
        fine = bool(self.tallies.of("fine")[0])
        return association.effect(self.study, self.tallies, 0, "fine" if fine else "coarse")

    @property
    def weight(self) -> float:
        """Users affected times effect; numeric effects in standard deviations."""
        scale = 1.0 if self.study.outcome.binary else max(self.study.variance**0.5, 1e-300)
        return float(self.tallies.of("users")[0]) * abs(self.adjusted.difference) / scale


def ranked(opinions: Sequence[Opinion]) -> list[Opinion]:
    """Return opinions by users affected times effect, the largest first, and other ways to end after all others."""
    return sorted(opinions, key=lambda opinion: (opinion.ending, -opinion.weight, opinion.place))


def finding(
    prepared: Prepared, opinion: Opinion, place: int, families: Sequence[Family], experts: Sequence[Expert], seed: int
) -> Finding:
    """Make the finding of an opinion; `place` is its rank."""
    study, adjusted = opinion.study, opinion.adjusted
    hypothesis = families[opinion.place[0]].hypothesis(opinion.place[1])
    members = opinion.members[study.defined[opinion.members]]
    shared = study.room
    case = Case(prepared, study, hypothesis, members, opinion.tallies, 0, opinion.fences, place, seed, shared)
    said: dict[str, Value] = {}
    for each in experts:
        said.update(each(case))
    if opinion.rounds:
        said["permutations"] = opinion.rounds
    harmed = members[case.harm[members] > 0] if study.outcome.binary else _worst(study, members)
    return Finding(
        hypothesis=hypothesis,
        outcome=study.outcome.name,
        support=len(members),
        share=len(members) / study.count,
        users=int(opinion.tallies.of("users")[0]),
        crude=association.crude(study, opinion.tallies, 0),
        adjusted=adjusted,
        p=opinion.p,
        q=opinion.q,
        p_family=opinion.p_family,
        bound=bound(study, members, case, adjusted),
        weekly=_span(study) >= LEAST,
        experts=said,
        alike=tuple(families[family].hypothesis(row) for family, row in opinion.alike),
        examples=tuple(str(prepared.groups[int(group)]) for group in spread(harmed, EXAMPLES)),
        place=opinion.place,
    )


def bound(study: Study, members: Codes, case: Case, adjusted: Effect) -> float:
    """Return what could be won at most: harm of members in excess of the adjusted expectation.

    Of a numeric KPI it is the sum of the adjusted differences, or NaN where it has no sum. It is a week, or in all the
    data where groups begin within less than about a week: what happened in an hour does not happen every hour.
    """
    span = _span(study)
    weeks = span / WEEK if span >= LEAST else 1.0
    if not study.outcome.binary:
        if not study.outcome.sums:
            return float("nan")
        return len(members) * abs(adjusted.difference) / weeks
    excess = 1 - 1 / adjusted.ratio if adjusted.ratio > 0 else 0.0
    return float(case.harm[members].sum()) * excess / weeks


def _span(study: Study) -> int:
    """Return the time from the first start of a group to the last [ns]."""
    return int(study.design.start.max() - study.design.start.min())


def spread(groups: Codes, count: int) -> Codes:
    """Return up to `count` of the groups, evenly over time as they are."""
    if len(groups) <= count:
        return groups
    return np.asarray(groups[np.linspace(0, len(groups) - 1, count).astype(int)])


def _worst(study: Study, members: Codes) -> Codes:
    """Return the tenth of members whose numeric KPI is worst, ascending."""
    worst = np.argsort(-study.toward * study.values[members], kind="stable")[: max(len(members) // 10, 1)]
    return np.sort(members[worst])
