"""Cohorts of users crossed with values of attributes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telic.errors import UsageError
from telic.opportunities.model import Family, Prepared
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.attributes import chosen, cut
from telic.opportunities.templates.by_column import Cut, two
from telic.opportunities.templates.lifecycle import has_users

OF_USERS = frozenset({"lifecycle", "since-last", "frequency"})


@template("crosses", example={"by": "lifecycle", "columns": ("os",)})
@dataclass(frozen=True)
class Crosses:
    """Does it happen to one kind of user with one value of an attribute: the second session on this system?

    Crosses that hold the same groups as one of their sides alone are not asked again. From outside one sees that new
    users fail on one platform only: each side alone looks well.

    Parameters
    ----------
    by
        The template that tells the users apart, with its own defaults: lifecycle, since-last, frequency, night,
        weekend.
    columns
        Attributes to cross it with; none: all that are constant within a group.
    """

    by: str = "lifecycle"
    columns: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._cut()

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield a family for each attribute."""
        if self.by in OF_USERS and not has_users(prepared, asking, f"crosses by {self.by}"):
            return
        constant = tuple(each for each in self.columns if each not in prepared.of_events)
        for column in chosen(constant, prepared, asking) if constant or not self.columns else []:
            yield from two("crosses", self._cut(), cut(column), prepared, asking)

    def _cut(self) -> Cut:
        made = getattr(template.create(self.by), "cut", None)
        if made is None:
            raise UsageError(f"crosses: {self.by!r} does not cut all groups into cohorts", hint="by lifecycle, for one")
        found: Cut = made()
        return found
