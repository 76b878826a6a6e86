"""The two rules of "Surfacing opportunities for improvement" (2025), section 5.1: baselines without any statistics."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from telic.opportunities.experts.case import Case, expert
from telic.opportunities.model import Value


@expert("paper_sequence", example={})
@dataclass(frozen=True)
class PaperSequence:
    """A pattern in at least 10 % of faulty groups whose rate there is at least twice that in normal ones.

    Parameters
    ----------
    share
        Of faulty groups [1].
    times
        Rate in faulty over rate in normal groups.
    """

    share: float = 0.10
    times: float = 2.0

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Say whether the rule holds; it knows binary KPIs alone."""
        if not case.study.outcome.binary:
            return {}
        harmed = float(case.harm.sum())
        normal = case.study.count - harmed
        faulty = float(case.harm[case.members].sum())
        in_faulty, in_normal = faulty / max(harmed, 1), (len(case.members) - faulty) / max(normal, 1)
        return {"paper_sequence": "yes" if in_faulty >= self.share and in_faulty >= self.times * in_normal else "no"}


@expert("paper_cohort", example={})
@dataclass(frozen=True)
class PaperCohort:
    """A cohort that is an outlier in the breakdown of the KPI, or differs from all by more than 25 %.

    Parameters
    ----------
    difference
        Absolute for binary KPIs, relative for numeric ones [1].
    """

    difference: float = 0.25

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Say whether the rule holds."""
        mean, overall = float(np.mean(case.study.values[case.members])), case.study.mean
        scale = 1.0 if case.study.outcome.binary else max(abs(overall), 1e-12)
        outlier = not case.fences[0] <= mean <= case.fences[1]
        return {"paper_cohort": "yes" if outlier or abs(mean - overall) > self.difference * scale else "no"}
