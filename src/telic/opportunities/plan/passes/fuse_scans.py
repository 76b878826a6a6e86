"""Events are read once, grouped once, and ordered by user once for all questions."""

from __future__ import annotations

from collections.abc import Iterable

from telic.opportunities.plan.expressions import level
from telic.opportunities.plan.node import Node, merge
from telic.opportunities.plan.relations import RELATIONS, columns_of, events_of, relation_of, scan

EXTENDING = frozenset({"window", "derive"})
"""Relations that have the rows of the one below and more columns."""


def fuse_scans(roots: tuple[Node, ...]) -> tuple[Node, ...]:
    """Return a plan in which relations with the same rows are one, with the columns of all.

    Scans of the same events become one scan; groupings of it one grouping; and the windows and derived columns above it
    one chain, windows by the number of windows they are made of, so that every question reads the top of it.
    """
    fusing = _Fusing([each for each in merge(roots) if each.op in RELATIONS])
    return tuple(fusing.fused(root) for root in roots)


class _Fusing:
    def __init__(self, relations: list[Node]) -> None:
        self._relations = relations
        self._made: dict[Node, Node] = {}

    def fused(self, node: Node) -> Node:
        if node not in self._made:
            self._made[node] = self._fuse(node)
        return self._made[node]

    def _fuse(self, node: Node) -> Node:
        if node.op == "scan":
            events = events_of(node)
            same = [each for each in self._relations if each.op == "scan" and events_of(each) == events]
            return scan(events, sorted({str(column) for each in same for column in each.several("columns")}))
        if node.op in EXTENDING:
            return self._chain(self.fused(_base(node)))
        below = self.fused(relation_of(node))
        if node.op == "reduce":
            same = [each for each in self._relations if each.op == "reduce" and self.fused(relation_of(each)) == below]
            return Node("reduce", (below, *_distinct(same)))
        if node.op == "totals" and relation_of(node).op not in EXTENDING:
            below = self._chain(below)
        return Node(node.op, (below, *columns_of(node)), node.params)

    def _chain(self, base: Node) -> Node:
        """Return the top of all that extends the rows of `base`, itself fused."""
        extending = [each for each in self._relations if each.op in EXTENDING and self.fused(_base(each)) == base]
        windows = _distinct(each for each in extending if each.op == "window")
        derived = _distinct(each for each in extending if each.op == "derive")
        top = base
        for step in sorted({level(each) for each in windows}):
            top = Node("window", (top, *(each for each in windows if level(each) == step)))
        return Node("derive", (top, *derived)) if derived else top


def _base(node: Node) -> Node:
    while node.op in EXTENDING:
        node = relation_of(node)
    return node


def _distinct(relations: Iterable[Node]) -> list[Node]:
    return list(dict.fromkeys(column for each in relations for column in columns_of(each)))
