"""Hypotheses that are the values of one column of a plan, or of two crossed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from telic.opportunities.model import Codes, Column, Hypothesis, Ints, Prepared, Value
from telic.opportunities.plan import Node, both, equals, members_sql
from telic.opportunities.template import Asking, apart, hypothesis
from telic.opportunities.templates.cohorts import Cohorts, cohorts
from telic.opportunities.templates.phrases import whom
from telic.opportunities.whole import Whole

Params = Mapping[str, Value | tuple[str, ...]]


@dataclass(frozen=True)
class Cut:
    """One way to cut groups into cohorts.

    Parameters
    ----------
    column
        A column of text by group.
    params
        The parameters that name a cohort, from its label.
    clause
        What is said of a cohort's groups, from its label: ``"with os = os_7"``, ``"that are the first of their user"``.
    """

    column: Node
    params: Callable[[str], Params]
    clause: Callable[[str], str]


def one(template: str, cut: Cut, prepared: Prepared, asking: Asking) -> Iterator[Cohorts]:
    """Yield the family of a cut's cohorts."""
    column = asking.evaluation(prepared).column(template, cut.column)
    asking.ask(cut.column)

    def describe(row: int) -> Hypothesis:
        label = column.labels[row]
        text = members_sql(asking.table, equals(cut.column, label))
        return hypothesis(template, cut.params(label), whom(prepared, [cut.clause(label)]), text)

    yield from cohorts(template, column.codes, len(column.labels), describe, prepared, asking)


@apart
def two(template: str, left: Cut, right: Cut, prepared: Prepared, asking: Asking) -> Iterator[Cohorts]:
    """Yield the family of the cohorts of two cuts crossed."""
    on = asking.evaluation(prepared)
    first, second = on.column(template, left.column), on.column(template, right.column)
    asking.ask(left.column, right.column)
    there, codes = _asked_once(*pairs(first, second), first, second, asking.whole)

    def describe(row: int) -> Hypothesis:
        one_label, other = (
            first.labels[there[row] // len(second.labels)],
            second.labels[there[row] % len(second.labels)],
        )
        text = members_sql(asking.table, both(equals(left.column, one_label), equals(right.column, other)))
        words = whom(prepared, [left.clause(one_label), right.clause(other)])
        return hypothesis(template, _together(left.params(one_label), right.params(other)), words, text)

    yield from cohorts(template, codes, len(there), describe, prepared, asking)


def _together(left: Params, right: Params) -> Params:
    return {**left, **{(f"other_{key}" if key in left else key): value for key, value in right.items()}}


def _asked_once(here: Ints, codes: Codes, left: Column, right: Column, whole: Whole) -> tuple[Ints, Codes]:
    """Leave out the pairs that hold the same groups as one of their sides alone."""
    counted = np.bincount(codes[codes >= 0], minlength=len(here))
    sides = [np.bincount(each.codes[each.codes >= 0], minlength=len(each.labels)) for each in (left, right)]
    there, count, ones, others = whole.united(here, counted, *sides)
    keep = (count < ones[there // len(right.labels)]) & (count < others[there % len(right.labels)])
    wanted = np.full(len(there), -1, dtype=np.int32)
    wanted[keep] = np.arange(keep.sum())
    place = np.append(wanted[np.searchsorted(there, here)], np.int32(-1))  # the last one stands for -1
    return there[keep], place[codes]


def pairs(left: Column, right: Column) -> tuple[Ints, Codes]:
    """Return the pairs of codes that occur, ascending (left times the right labels, plus right), and each group's pair.

    Returns
    -------
    shapes (P,) and (G,)
        The second is an index into the first; -1 where one of the two is missing.
    """
    size = len(left.labels) * len(right.labels)
    both_known = (left.codes >= 0) & (right.codes >= 0)
    joined = np.where(both_known, left.codes.astype(np.int64) * len(right.labels) + right.codes, -1)
    if size <= 4 * len(joined) + 1024:
        count = np.bincount(joined + 1, minlength=size + 1)[1:]
        there = np.flatnonzero(count)
        place = np.full(size + 1, -1, dtype=np.int32)  # the last one stands for -1
        place[there] = np.arange(len(there))
        return there, place[joined]
    there, codes = np.unique(joined, return_inverse=True)
    missing = int(there[0] < 0) if len(there) else 0
    return there[missing:], (codes - missing).astype(np.int32)
