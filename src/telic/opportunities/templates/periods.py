"""Weeks of the calendar, alone and with one value of an attribute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from telic.errors import UsageError
from telic.opportunities.model import Exclusion, Family, Prepared
from telic.opportunities.plan import DAY, bins, start
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.attributes import chosen
from telic.opportunities.templates.attributes import cut as valued
from telic.opportunities.templates.by_column import Cut, one, two

MONDAY = -3 * DAY  # a Monday: 1 January 1970 was a Thursday [ns]
MOST = 400  # periods that are told apart [1]


@template("periods", example={"days": 7})
@dataclass(frozen=True)
class Periods:
    """Did it happen for some weeks only, to all or to those with one value of an attribute?

    Groups are cut by the week in which they begin, from Monday to Monday, UTC. From outside one sees what came and
    went: a provider that was down for days, a campaign that brought others than usual, a release that was taken back.

    Parameters
    ----------
    days
        Length of a period; periods of other lengths than a week begin with one on 29 December 1969.
    crossed
        Whether periods are crossed with attributes.
    columns
        Attributes to cross them with; none: all that are constant within a group.
    """

    days: int = 7
    crossed: bool = True
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.days < 1:
            raise UsageError(f"periods: {self.days} days are no period", hint="days: 7")

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield the periods, then a family for each attribute."""
        begin = np.asarray(prepared.at)[np.asarray(prepared.offsets[:-1])]
        length = self.days * DAY
        ends = asking.whole.earliest(np.array([begin.min(), -begin.max()]))
        first, last = ((int(each) - MONDAY) // length for each in (ends[0], -ends[1]))
        if last == first or last - first >= MOST:
            many = "one period" if last == first else f"{last - first + 1:,} periods"
            why = f"periods: the events are of {many} of {self.days} days"
            asking.leave_out(Exclusion("hypotheses", 0, why))
            return
        cut = self._cut([MONDAY + each * length for each in range(first, last + 1)])
        yield from one("periods", cut, prepared, asking)
        if self.crossed:
            constant = tuple(each for each in self.columns if each not in prepared.of_events)
            for column in chosen(constant, prepared, asking) if constant or not self.columns else []:
                yield from two("periods", cut, valued(column), prepared, asking)

    def _cut(self, starts: list[int]) -> Cut:
        labels = [str(np.datetime64(each, "ns").astype("datetime64[D]")) for each in starts]
        return Cut(
            bins(start(), starts[1:], labels),
            params=lambda label: {"from": label, "days": self.days},
            clause=lambda label: f"that begin in the {self._noun()} from {label}",
        )

    def _noun(self) -> str:
        return "week" if self.days == 7 else f"{self.days} days"
