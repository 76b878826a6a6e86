"""Cohort similarity: every member beside the most similar group that is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from telic.opportunities.experts.case import Case, expert
from telic.opportunities.model import Value


@expert("matching", example={})
@dataclass(frozen=True)
class Matching:
    """Matches each member with the group next to it in time, of as high a prognosis and as long; one may serve twice.

    Parameters
    ----------
    least
        Share of members that must find a match [1].

    References
    ----------
    Stuart (2010), Matching methods for causal inference, Stat. Sci. 25(1), sections 2 and 3.
    """

    least: float = 0.5

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Say the ratio of harm of members over their matches."""
        strata = case.study.strata(case.without)
        fine = bool(case.tallies.of("fine")[case.row])

        def ordered() -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int32]]:
            codes = strata.codes if fine else np.where(strata.codes < 0, -1, strata.codes // strata.width)
            order = np.lexsort((case.study.design.start, codes))
            order = order[codes[order] >= 0]
            return order, codes[order].astype(np.int32)

        order, codes = case.once(("order", case.without, fine), ordered)
        member = case.inside[order]
        places, others = np.flatnonzero(member), np.flatnonzero(~member)
        if len(places) == 0 or len(others) == 0:
            return {}
        start = case.study.design.start[order]
        after = np.minimum(np.searchsorted(others, places), len(others) - 1)
        before = np.maximum(after - 1, 0)
        far = np.iinfo(np.int64).max
        gaps = [
            np.where(codes[others[at]] == codes[places], np.abs(start[others[at]] - start[places]), far)
            for at in (before, after)
        ]
        match = others[np.where(gaps[0] <= gaps[1], before, after)]
        there = np.minimum(gaps[0], gaps[1]) < far
        if there.mean() < self.least:
            return {"matching": "too few like them"}
        members, matches = case.harm[order[places[there]]].mean(), case.harm[order[match[there]]].mean()
        return {"matching": round(float(members / matches), 3) if matches > 0 else "no harm among matches"}
