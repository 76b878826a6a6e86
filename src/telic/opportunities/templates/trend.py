"""What grows on a new version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from telic.errors import UnknownName
from telic.opportunities.model import Column, Exclusion, Family, Hypothesis, Ints, Prepared
from telic.opportunities.plan import DAY, at_least, attribute, both, equals, index, members_sql, negated, start
from telic.opportunities.template import Asking, apart, hypothesis, template
from telic.opportunities.templates.by_column import Params
from telic.opportunities.templates.cohorts import Cohorts, cohorts
from telic.opportunities.templates.lifecycle import has_users
from telic.opportunities.templates.phrases import plain_number, shown, whom
from telic.registry import near_names

LIKELY = ("version", "release", "build", "experiment", "variant", "deployment")


@template("trend", example={"columns": ("version",), "days": (1, 3)})
@dataclass(frozen=True)
class Trend:
    """Does it grow on a new version: worse from some day after its first use?

    Of each version its groups from so many days after its first use on are a cohort, once of all users and once of
    those who are new. From outside one sees an error rate that rises so slowly that no day looks worse than the one
    before.

    Parameters
    ----------
    columns
        Attributes that are versions; none: those whose name says so.
    days
        Days after the first use of a version.
    new
        Uses of a user that count as new.

    References
    ----------
    "Surfacing Opportunities for Improvement", table 2: a gradual increase in error rate for first-time users on a new
    version.
    """

    columns: tuple[str, ...] = ()
    days: tuple[float, ...] = (3, 7, 14)
    new: int = 1

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield a family for each attribute that is a version."""
        columns = self.columns or tuple(
            each for each in sorted(prepared.of_groups) if any(word in each.lower() for word in LIKELY)
        )
        if not columns:
            asking.leave_out(Exclusion("hypotheses", 0, "trend: no attribute looks like a version"))
        newcomers = has_users(prepared, asking, "trend of new users") if columns else False
        for column in columns:
            if column not in prepared.of_groups:
                hint = near_names(column, prepared.of_groups) if prepared.of_groups else "none is known"
                raise UnknownName(f"no attribute {column!r}", hint=hint)
            for days in self.days:
                yield from self._since(column, days, prepared, asking, new=False)
                if newcomers:
                    yield from self._since(column, days, prepared, asking, new=True)

    @apart
    def _since(self, column: str, days: float, prepared: Prepared, asking: Asking, *, new: bool) -> Iterator[Cohorts]:
        """Yield the family of all versions from a day after their first use on."""
        on = asking.evaluation(prepared)
        versions, begins = prepared.of_groups[column], on.series(start()).values
        first = asking.whole.earliest(_first_uses(versions, begins)) + int(days * DAY)
        late = (versions.codes >= 0) & (begins >= first[versions.codes])
        if new:
            late &= on.series(index()).values <= self.new

        def describe(row: int) -> Hypothesis:
            label = versions.labels[row]
            predicate = both(equals(attribute(column), label), at_least(start(), int(first[row])))
            params: Params = {"attribute": column, "value": label, "after_days": days}
            clauses = [
                f"with {shown(column)} = {shown(label)}",
                f"that begin {plain_number(days)} or more days after its first use",
            ]
            if new:
                predicate = both(predicate, negated(at_least(index(), self.new + 1)))
                params = {**params, "uses": self.new}
                clauses.append(f"that are among their user's first {self.new}" if self.new > 1 else FIRST)
            return hypothesis("trend", params, whom(prepared, clauses), members_sql(asking.table, predicate))

        codes = np.where(late, versions.codes, -1).astype(np.int32)
        yield from cohorts("trend", codes, len(versions.labels), describe, prepared, asking)


def _first_uses(versions: Column, begins: Ints) -> Ints:
    """Return when each version was first used [ns], shape (V + 1,); the last stands for none."""
    first = np.full(len(versions.labels) + 1, np.iinfo(np.int64).max >> 1)
    np.minimum.at(first, versions.codes, begins)
    return first


FIRST = "that are their user's first"
