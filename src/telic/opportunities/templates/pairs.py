"""Values of two attributes at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from telic.opportunities.model import Family, Prepared
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.attributes import chosen, cut
from telic.opportunities.templates.by_column import two


@template("pairs", example={"columns": ("os", "country")})
@dataclass(frozen=True)
class Pairs:
    """Does it happen for one value of an attribute together with one of another: this version on that system?

    Pairs of values that hold the same groups as one of the two alone are not asked again. From outside one sees that
    neither the version nor the system fails as a whole, only both together.

    Parameters
    ----------
    columns
        Attributes that are paired with each other; none: all that are constant within a group.
    """

    columns: tuple[str, ...] = ()

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield a family for each pair of attributes."""
        constant = tuple(each for each in self.columns if each not in prepared.of_events)
        columns = sorted(chosen(constant, prepared, asking)) if constant or not self.columns else []
        for left, right in combinations(columns, 2):
            yield from two("pairs", cut(left), cut(right), prepared, asking)
