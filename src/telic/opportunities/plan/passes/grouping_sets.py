"""Totals over the same rows are one aggregation with a grouping set for each."""

from __future__ import annotations

from collections import defaultdict

from telic.opportunities.plan.node import Node, merge, node
from telic.opportunities.plan.relations import columns_of, relation_of

WIDEST = 60
"""Cohort columns of one aggregation: their mask has to fit into 64 bits."""


def grouping_sets(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return a plan in which totals over one relation are picked from one aggregation over it.

    A list of conditions, one for each cohort, would look at every row for every cohort; grouping sets do so for every
    column.
    """
    together: dict[Node, list[Node]] = defaultdict(list)
    for each in merge(roots):
        if each.op == "totals":
            together[relation_of(each)].append(each)
    picked: dict[Node, Node] = {}
    for asked in together.values():
        for part in _parts(asked):
            if len(part) > 1:
                picked.update(_grouped(part))
    return tuple(picked.get(root, root) for root in roots)


def _parts(asked: list[Node]) -> list[list[Node]]:
    """Return `asked` in parts that have few enough cohort columns."""
    parts: list[list[Node]] = [[]]
    columns: set[Node] = set()
    for each in asked:
        mine = set(_by(each))
        if parts[-1] and len(columns | mine) > WIDEST:
            parts.append([])
            columns = set()
        parts[-1].append(each)
        columns |= mine
    return parts


def _grouped(asked: list[Node]) -> dict[Node, Node]:
    columns = list(dict.fromkeys(column for each in asked for column in _by(each)))
    measures = list(dict.fromkeys(measure for each in asked for measure in _measures(each)))
    sets = list(dict.fromkeys(tuple(columns.index(column) for column in _by(each)) for each in asked))
    grouped = node("grouping_sets", relation_of(asked[0]), *columns, *measures, columns=len(columns), sets=tuple(sets))
    return {
        each: node(
            "pick",
            grouped,
            set=sets.index(tuple(columns.index(column) for column in _by(each))),
            measures=tuple(measures.index(measure) for measure in _measures(each)),
        )
        for each in asked
    }


def _by(totals: Node) -> tuple[Node, ...]:
    return columns_of(totals)[: totals.whole("by")]


def _measures(totals: Node) -> tuple[Node, ...]:
    return columns_of(totals)[totals.whole("by") :]
