"""Days since last use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telic.opportunities.model import Family, Prepared
from telic.opportunities.plan import DAY, bins, minus, previous, start
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_column import Cut, one
from telic.opportunities.templates.lifecycle import has_users
from telic.opportunities.templates.phrases import between


@template("since-last", example={"days": (0.5, 2)})
@dataclass(frozen=True)
class SinceLast:
    """How long ago did the user last come?

    Groups are cut by the time between the start of the user's group before and their own; a user's first is in none.
    From outside one sees that whoever returns after a month fails (an expired token, an old client), or that quick
    returns do (a retry after a failure).

    Parameters
    ----------
    days
        Where the ranges are cut [days].
    """

    days: tuple[float, ...] = (1, 7, 30)

    def cut(self) -> Cut:
        """Return how groups are cut into cohorts."""
        gap = minus(start(), previous(start()))
        return Cut(
            bins(gap, [int(each * DAY) for each in self.days], between(self.days)),
            params=lambda label: {"days_since_last": label},
            clause=lambda label: f"that come {label} days after their user's last",
        )

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield the ranges of days."""
        if has_users(prepared, asking, "since-last"):
            yield from one("since-last", self.cut(), prepared, asking)
