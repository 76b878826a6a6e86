"""Many grouping sets read the distinct combinations of their columns, not every group."""

from __future__ import annotations

from telic.opportunities.plan.node import Node, rewrite
from telic.opportunities.plan.relations import columns_of, relation_of

FEWEST = 4
"""Sets from which on it pays: to find the combinations costs about as much as two sets do."""

MOST = 8
"""Columns up to which it pays: more have almost as many combinations as there are groups."""


def pre_aggregate(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return a plan in which an aggregation with many grouping sets reads combinations, each with its groups and sums.

    Of a million groups the columns of cohorts have thousands of combinations, and each set then looks at thousands of
    rows.
    """
    return rewrite(roots, _over_cells)


def _over_cells(node: Node) -> Node:
    if node.op != "grouping_sets" or relation_of(node).op == "cells":
        return node
    if len(node.several("sets")) < FEWEST or node.whole("columns") > MOST:
        return node
    cells = Node("cells", (relation_of(node), *columns_of(node)), (("columns", node.param("columns")),))
    return Node("grouping_sets", (cells, *columns_of(node)), node.params)
