"""Sparse and frequent users."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telic.opportunities.model import Family, Prepared
from telic.opportunities.plan import DAY, bins, of_user, plus, recent
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_column import Cut, one
from telic.opportunities.templates.lifecycle import has_users
from telic.opportunities.templates.phrases import counted, plain_number


@template("frequency", example={"days": 2, "edges": (1, 2)})
@dataclass(frozen=True)
class Frequency:
    """Does the user come often or seldom?

    Groups are cut by how many others of the user began in the days before, so that what comes later has no part in it;
    over the whole data where no days are given. From outside one sees that frequent users are hurt by what grows with
    use (a full list, a large history), sparse ones by what is forgotten. Early in the data everybody looks sparse.

    Parameters
    ----------
    days
        How far back [days]; None: all of the data, past and future.
    edges
        Where the numbers of other groups are cut.

    References
    ----------
    "Surfacing Opportunities for Improvement", section 5.1 (occurrences of each user).
    """

    days: float | None = 7
    edges: tuple[int, ...] = (1, 3, 10)

    def cut(self) -> Cut:
        """Return how groups are cut into cohorts."""
        count = plus(of_user(), -1) if self.days is None else recent(int(self.days * DAY))
        when = "in all" if self.days is None else f"in the {plain_number(self.days)} days before"
        return Cut(
            bins(count, self.edges, counted(self.edges)),
            params=lambda label: {"others": label, "days": self.days},
            clause=lambda label: (
                f"whose user has {label if label != '0' else 'no'} other{'' if label == '1' else 's'} {when}"
            ),
        )

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield the ranges of counts."""
        if has_users(prepared, asking, "frequency"):
            yield from one("frequency", self.cut(), prepared, asking)
