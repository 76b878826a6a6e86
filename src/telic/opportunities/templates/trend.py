"""What grows on a new version."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from telic.errors import UnknownName
from telic.opportunities.model import Column, Exclusion, Family, Prepared
from telic.opportunities.plan import DAY, Node, at_least, attribute, both, equals, index, negated, start
from telic.opportunities.template import Asking, template
from telic.opportunities.templates.by_column import Params
from telic.opportunities.templates.by_predicate import Question, several
from telic.opportunities.templates.lifecycle import has_users
from telic.opportunities.templates.phrases import plain_number, shown
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
            questions = list(self._questions(column, prepared.of_groups[column], prepared, newcomers))
            yield from several("trend", questions, prepared, asking)

    def _questions(self, column: str, versions: Column, prepared: Prepared, newcomers: bool) -> Iterator[Question]:
        begins = prepared.at[prepared.offsets[:-1]]
        first = np.full(len(versions.labels), np.iinfo(np.int64).max)
        known = versions.codes >= 0
        np.minimum.at(first, versions.codes[known], begins[known])
        last = int(begins.max())
        for code, label in enumerate(versions.labels):
            for days in self.days:
                since = int(first[code]) + int(days * DAY)
                if first[code] <= last and since <= last:
                    late = both(equals(attribute(column), label), at_least(start(), since))
                    params: Params = {"attribute": column, "value": label, "after_days": days}
                    clauses = (
                        f"with {shown(column)} = {shown(label)}",
                        f"that begin {plain_number(days)} or more days after its first use",
                    )
                    yield Question(late, params, clauses)
                    if newcomers:
                        new = (*clauses, f"that are among their user's first {self.new}" if self.new > 1 else FIRST)
                        yield Question(both(late, self._new()), {**params, "uses": self.new}, new)

    def _new(self) -> Node:
        return negated(at_least(index(), self.new + 1))


FIRST = "that are their user's first"
