"""How findings are judged: the settings of a run."""

from __future__ import annotations

from dataclasses import dataclass

from telic.errors import UsageError
from telic.opportunities.model import Prepared


@dataclass(frozen=True)
class Judging:
    """How findings are judged.

    Parameters
    ----------
    alpha
        False discovery rate of the run, and family-wise level of the permutations [1].
    least
        Groups that a hypothesis needs to be asked about; 0 for one in ten thousand, but at least 30.
    least_users
        Users that it needs to be believed.
    least_ratio
        Effects up to this ratio are no news: of the rarer side of a binary KPI, of the mean of a positive numeric one.
    least_shift
        The same for numeric KPIs with negative values, in standard deviations.
    confounders
        Attributes of groups, separated by commas, to adjust for; "" for all that repeat. Calendar time and the
        how many-eth group of its user it is are always adjusted for.
    permutations
        At most, for the family-wise p-value; 0 for none.
    most
        Findings of one outcome.
    experts
        Names, separated by commas; "" for all.
    """

    alpha: float = 0.05
    least: int = 0
    least_users: int = 10
    least_ratio: float = 1.2
    least_shift: float = 0.1
    confounders: str = ""
    permutations: int = 1000
    most: int = 50
    experts: str = ""
    seed: int = 0
    threads: int = 2

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise UsageError(f"alpha is {self.alpha:g}", hint="a level between 0 and 1, such as 0.05")
        if self.least_ratio < 1:
            raise UsageError(f"least_ratio is {self.least_ratio:g}", hint="1 or more: 1.2 asks for 20 % more harm")
        for name in ("least", "least_users", "least_shift", "permutations", "most", "seed"):
            if getattr(self, name) < 0:
                raise UsageError(f"{name} is {getattr(self, name):g}", hint="0 or more")

    def least_groups(self, prepared: Prepared) -> int:
        """Return how many groups a hypothesis needs."""
        return self.least or max(30, prepared.size // 10_000)
