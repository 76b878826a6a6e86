"""Some hypotheses of a family, as a family."""

from __future__ import annotations

from dataclasses import dataclass

from telic.opportunities.model import Family, Floats, Hypothesis, Incidence, Ints


@dataclass(frozen=True)
class Chosen:
    """Rows of another family.

    Parameters
    ----------
    rows : shape (H,)
        Ascending.
    """

    family: Family
    rows: Ints

    @property
    def template(self) -> str:
        """The template of the family."""
        return self.family.template

    def __len__(self) -> int:
        return len(self.rows)

    def hypothesis(self, row: int) -> Hypothesis:
        """Return the hypothesis of a row."""
        return self.family.hypothesis(int(self.rows[row]))

    def support(self) -> Ints:
        """Return the number of groups of each hypothesis, shape (H,)."""
        return self.family.support()[self.rows]

    def totals(self, values: Floats) -> Floats:
        """Return the sum of `values` over the members of each hypothesis, shape (H,)."""
        return self.family.totals(values)[self.rows]

    def members(self, rows: Ints) -> Incidence:
        """Return the members of some rows, in the order of `rows`."""
        return self.family.members(self.rows[rows])
