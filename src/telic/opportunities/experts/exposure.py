"""Both views of exposure: a long group has more room for a pattern, and length is partly a result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from telic.opportunities.experts.case import Case, expert
from telic.opportunities.model import Value
from telic.opportunities.statistics.association import effect


@expert("exposure", example={})
@dataclass(frozen=True)
class Exposure:
    """The ratio adjusted for confounders alone, and for exposure as well; which of the two decides, and why.

    Exposure decides where members that were not harmed are longer (or shorter) than others that were not: then length
    belongs to the pattern. Where they are as long as others, length can only be a result, and is not adjusted for.
    """

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Say both ratios of harm."""
        return {
            "ratio_by_confounders": effect(case.study, case.tallies, case.row, "coarse").ratio,
            "ratio_by_confounders_and_length": effect(case.study, case.tallies, case.row, "fine").ratio,
            "length_differs_by": round(float(case.tallies.of("shift")[case.row]), 3),
            "decided_with_length": bool(case.tallies.of("fine")[case.row]),
        }
