"""Weekends and weekdays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telic.opportunities.model import Family, Prepared
from telic.opportunities.plan import DAY, HOUR, bins, plus, remainder, start, whole_part
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_column import Cut, one

EPOCH = 3
"""1970-01-01 was a Thursday: day 3 of a week that begins on Monday."""


@template("weekend", example={})
@dataclass(frozen=True)
class Weekend:
    """Does it happen at weekends?

    A group is of the day on which it begins, by one clock for all users. From outside one sees what weekly jobs, other
    users and thin crews do.

    Parameters
    ----------
    days
        Days of the week that are weekend, one after the other, Monday is 0.
    zone
        Hours that the clock is ahead of UTC.
    """

    days: tuple[int, ...] = (5, 6)
    zone: float = 0

    def cut(self) -> Cut:
        """Return how groups are cut into cohorts."""
        day = whole_part(plus(start(), int(self.zone * HOUR)), DAY)
        weekday = remainder(plus(day, EPOCH), 7)
        labels = ["at weekends" if each in self.days else "on weekdays" for each in range(7)]
        return Cut(
            bins(weekday, range(1, 7), labels),
            params=lambda label: {"when": label, "days": ",".join(str(each) for each in self.days), "zone": self.zone},
            clause=lambda label: f"that begin {label}",
        )

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield weekends and weekdays."""
        yield from one("weekend", self.cut(), prepared, asking)
