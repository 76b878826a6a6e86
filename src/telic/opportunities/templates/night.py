"""Night and day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telic.errors import UsageError
from telic.opportunities.model import Family, Prepared
from telic.opportunities.plan import DAY, HOUR, at_least, both, choice, negated, plus, remainder, start, whole_part
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_column import Cut, one
from telic.opportunities.templates.phrases import plain_number


@template("night", example={"begins": 22, "ends": 9})
@dataclass(frozen=True)
class Night:
    """Does it happen at night?

    A group is of the night where it begins at night, by one clock for all users. From outside one sees what nightly
    jobs, backups and thin crews do.

    Parameters
    ----------
    begins, ends
        Hours of the day at which night begins and ends.
    zone
        Hours that the clock is ahead of UTC.

    References
    ----------
    "Surfacing Opportunities for Improvement", section 3: ``night = hour(e) < 9 or hour(e) > 21``.
    """

    begins: int = 22
    ends: int = 6
    zone: float = 0

    def __post_init__(self) -> None:
        if not (0 <= self.begins < 24 and 0 <= self.ends <= 24 and self.begins != self.ends):
            raise UsageError(f"night: no night from {self.begins} to {self.ends} o'clock", hint="hours are 0 to 23")

    def cut(self) -> Cut:
        """Return how groups are cut into cohorts."""
        hour = whole_part(remainder(plus(start(), int(self.zone * HOUR)), DAY), HOUR)
        late, early = at_least(hour, self.begins), negated(at_least(hour, self.ends))
        night = negated(both(negated(late), negated(early))) if self.begins > self.ends else both(late, early)
        zone = f"UTC{plain_number(self.zone, sign=True)}" if self.zone else "UTC"
        hours = {"at night": f"{self.begins} to {self.ends}", "by day": f"{self.ends} to {self.begins}"}
        return Cut(
            choice(night, "at night", "by day"),
            params=lambda label: {"when": label, "begins": self.begins, "ends": self.ends, "zone": self.zone},
            clause=lambda label: f"that begin {label} ({hours[label]} o'clock {zone})",
        )

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield night and day."""
        yield from one("night", self.cut(), prepared, asking)
