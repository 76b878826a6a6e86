"""Values of attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from telic.errors import UnknownName
from telic.opportunities.model import Column, Exclusion, Family, Hypothesis, Ints, Prepared
from telic.opportunities.plan import any_of, attribute, equals, event_attribute, members_sql, missing
from telic.opportunities.template import Asking, apart, hypothesis, template
from telic.opportunities.templates.by_column import Cut, one
from telic.opportunities.templates.by_predicate import Question, several
from telic.opportunities.templates.cohorts import Cohorts, cohorts
from telic.opportunities.templates.phrases import plural, shown, whom
from telic.registry import near_names

DENSE, PASSES = 1 << 26, 32
"""Size of a table of truths by value and group [bytes], and tables from which on sorting is faster than they are."""


@template("attributes", example={"columns": ("os", "page")})
@dataclass(frozen=True)
class Attributes:
    """Does it happen for one value of an attribute: one country, one device, one version, or where it has none?

    A group is in the cohort of the value that its attribute has, or of those that have none. Of an attribute that
    changes within a group, it is in the cohort of each value that one of its events has. From outside one sees one
    platform or region failing while the whole looks well.

    Parameters
    ----------
    columns
        Attributes that are asked about; none: all of them.
    """

    columns: tuple[str, ...] = ()

    def families(self, prepared: Prepared, asking: Asking) -> Iterator[Family]:
        """Yield a family for each attribute."""
        columns = chosen(self.columns, prepared, asking)
        for column in columns:
            yield from one("attributes", cut(column), prepared, asking)
        yield from _missing(columns, prepared, asking)
        for column in self.columns or sorted(prepared.of_events):
            if column in prepared.of_events:
                yield from _of_events(column, prepared.of_events[column], prepared, asking)


def cut(column: str) -> Cut:
    """Return how groups are cut by an attribute that is constant within each."""
    return Cut(
        attribute(column),
        params=lambda label: {"attribute": column, "value": label},
        clause=lambda label: f"with {shown(column)} = {shown(label)}",
    )


def chosen(columns: tuple[str, ...], prepared: Prepared, asking: Asking) -> list[str]:
    """Return the attributes of groups to ask about; those that say nothing are told and left out."""
    unknown = [each for each in columns if each not in prepared.of_groups and each not in prepared.of_events]
    if unknown:
        known = [*prepared.of_groups, *prepared.of_events]
        raise UnknownName(
            f"no attribute {unknown[0]!r}", hint=near_names(unknown[0], known) if known else "none is known"
        )
    found, groups = [], asking.whole.groups(prepared)
    asked = [each for each in columns or sorted(prepared.of_groups) if each in prepared.of_groups]
    here = [np.count_nonzero(prepared.of_groups[each].codes >= 0) for each in asked]
    (there,) = asking.whole.added(np.array(here, dtype=np.int64))
    for column, known in zip(asked, there.tolist(), strict=True):
        if not known:
            asking.leave_out(Exclusion("column", 1, f"attribute {column!r} is missing everywhere"))
        elif len(prepared.of_groups[column].labels) > 1 or known < groups:
            found.append(column)
        else:
            why = f"attribute {column!r} is the same for all {plural(prepared.grouping)}"
            asking.leave_out(Exclusion("column", 1, why, tuple(prepared.of_groups[column].labels[:1])))
    return found


@apart
def _missing(columns: Sequence[str], prepared: Prepared, asking: Asking) -> Iterator[Cohorts]:
    """Yield the family of groups without a value; where one has several it counts as missing too, and is not asked."""
    plain = [each for each in columns if each not in prepared.of_events]
    here = [np.count_nonzero(prepared.of_groups[each].codes < 0) for each in plain]
    (lacking,) = asking.whole.added(np.array(here, dtype=np.int64))
    questions = [
        Question(missing(attribute(each)), {"attribute": each, "value": None}, (f"with no {shown(each)}",))
        for each, count in zip(plain, lacking.tolist(), strict=True)
        if count >= max(1, asking.least)
    ]
    yield from several("attributes", questions, prepared, asking)


@apart
def _of_events(name: str, column: Column, prepared: Prepared, asking: Asking) -> Iterator[Cohorts]:
    (events,) = asking.whole.added(np.bincount(column.codes[column.codes >= 0], minlength=len(column.labels)))
    rows = np.flatnonzero(events >= max(1, asking.least))  # the others have not even enough events
    place = np.full(len(column.labels) + 1, -1, dtype=np.int64)  # the last one stands for -1
    place[rows] = np.arange(len(rows))
    marks = _marks(place[column.codes], len(rows), prepared)

    def describe(row: int) -> Hypothesis:
        label = column.labels[rows[row]]
        text = members_sql(asking.table, any_of(equals(event_attribute(name), label)))
        words = whom(prepared, [f"with some {shown(name)} = {shown(label)}"])
        return hypothesis("attributes", {"attribute": name, "some": label}, words, text)

    codes, groups = (marks // prepared.size).astype(np.int32), (marks % prepared.size).astype(np.int32)
    yield from cohorts("attributes", codes, len(rows), describe, prepared, asking, groups=groups)


def _marks(codes: Ints, size: int, prepared: Prepared) -> Ints:
    """Return each code times the number of groups plus each group that has an event with it, once and ascending."""
    there = codes >= 0
    group_of_event = np.repeat(np.arange(prepared.size, dtype=np.int64), np.diff(prepared.offsets))
    marks = codes[there] * prepared.size + group_of_event[there]
    width = max(1, DENSE // prepared.size)  # codes whose table is made at once
    if size > PASSES * width:
        return np.unique(marks)
    found = []
    for first in range(0, size, width):
        held = np.zeros(min(width, size - first) * prepared.size, dtype=np.bool_)
        shifted = marks - first * prepared.size
        held[shifted[(shifted >= 0) & (shifted < len(held))]] = True
        found.append(np.flatnonzero(held) + first * prepared.size)
    return np.concatenate(found) if found else marks
