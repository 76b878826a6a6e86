"""What an engine of SQL is asked, and what its answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from telic.errors import UsageError
from telic.opportunities.model import Floats, Ints
from telic.opportunities.plan.dialects import DUCKDB, Dialect
from telic.opportunities.plan.node import Node
from telic.opportunities.plan.passes import push_down
from telic.opportunities.plan.relations import members, relation_of
from telic.opportunities.plan.sql import sql
from telic.opportunities.plan.table import Table

Query = Callable[[str], Iterable[Sequence[Any]]]
"""Runs a statement and returns its rows."""


@dataclass(frozen=True)
class Cohorts:
    """The answer to one question for totals, cohorts in the order of their labels.

    Parameters
    ----------
    labels
        Of each cohort, one label for each column that it is by; a cohort for which one is missing is not in here.
    groups : shape (H,)
        Its groups.
    sums : shape (M, H)
        The sum of each measure over them; 0 where no group has one.
    """

    labels: tuple[tuple[str, ...], ...]
    groups: Ints
    sums: Floats


def run(roots: Sequence[Node], query: Query, dialect: Dialect = DUCKDB) -> list[Cohorts]:
    """Answer questions for totals, each statement once.

    Parameters
    ----------
    roots
        Of a plan as it was asked, or optimised.
    query
        Of the engine that writes `dialect`.
    """
    answers: dict[Node, list[Sequence[Any]]] = {}
    found = []
    for root in roots:
        if root.op not in ("totals", "pick"):
            raise UsageError(f"{root.op} has no totals", hint="ask with `totals`")
        asked = relation_of(root) if root.op == "pick" else root
        if asked not in answers:
            answers[asked] = list(query(sql(asked, dialect)))
        found.append(_picked(root, answers[asked]) if root.op == "pick" else _whole(root, answers[asked]))
    return found


def members_sql(table: Table, predicate: Node, dialect: Dialect = DUCKDB) -> str:
    """Return the statement that returns the ids of the groups for which `predicate` holds.

    Examples
    --------
    >>> from telic.opportunities.plan import any_of, equals, event_attribute
    >>> print(members_sql(Table(group="session"), any_of(equals(event_attribute("page"), "pay"))))
    SELECT "session" AS group_id
    FROM events
    WHERE coalesce(CAST("page" AS VARCHAR) = 'pay', false)
    GROUP BY "session"
    """
    (asked,) = push_down((members(table, predicate),))
    return sql(asked, dialect)


def _whole(root: Node, rows: list[Sequence[Any]]) -> Cohorts:
    by = root.whole("by")
    return _cohorts([(row[:by], row[by], row[by + 1 :]) for row in rows], len(root.inputs) - 1 - by)


def _picked(root: Node, rows: list[Sequence[Any]]) -> Cohorts:
    grouped = relation_of(root)
    size = grouped.whole("columns")
    chosen: tuple[int, ...] = grouped.several("sets")[root.whole("set")]  # type: ignore[assignment]
    measures = [int(each) for each in root.several("measures")]  # type: ignore[arg-type]
    mask = sum(1 << (size - 1 - place) for place in range(size) if place not in chosen)
    mine = [row for row in rows if row[-1] == mask]
    return _cohorts(
        [([row[place] for place in chosen], row[size], [row[size + 1 + i] for i in measures]) for row in mine],
        len(measures),
    )


def _cohorts(rows: list[tuple[Sequence[Any], Any, Sequence[Any]]], measures: int) -> Cohorts:
    known = sorted(
        ((tuple(str(label) for label in labels), groups, sums) for labels, groups, sums in rows if None not in labels),
        key=lambda row: row[0],
    )
    sums = np.array([[float(each or 0) for each in row[2]] for row in known], dtype=np.float64).reshape(-1, measures)
    return Cohorts(tuple(row[0] for row in known), np.array([row[1] for row in known], dtype=np.int64), sums.T)
