"""The event graph: nodes are added as they happen, edges follow from entities, calls, shared resources and order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import rustworkx as rx

from telic.context.graph.event import Edge, EdgeKind, Node

REACH = 900.0
"""Events further apart than this have nothing to do with one another [s]."""
_MOST = 8  # nodes of one neighbour that a new node is connected with, the most surprising [1]


class EventGraph:
    """Grows by one node at a time; what is there already stays.

    Parameters
    ----------
    calls
        Whom every entity calls or uses.
    shares
        Which resource (a node, a store) an entity has in common with others.
    """

    def __init__(
        self, calls: Mapping[str, Sequence[str]] | None = None, shares: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self._graph: rx.PyDiGraph[Node, tuple[EdgeKind, float]] = rx.PyDiGraph(multigraph=True)
        self._by_key: dict[tuple[str, str, str], int] = {}
        self._by_entity: dict[str, list[int]] = {}
        self._neighbours: dict[str, dict[str, EdgeKind]] = {}
        self._connect(shares or {}, "shares")
        for caller, callees in (calls or {}).items():
            for callee in callees:
                self._neighbours.setdefault(caller, {})[callee] = "call"
                self._neighbours.setdefault(callee, {})[caller] = "call"

    def _connect(self, shares: Mapping[str, Sequence[str]], kind: EdgeKind) -> None:
        users: dict[str, list[str]] = {}
        for entity, resources in shares.items():
            for each in resources:
                users.setdefault(each, []).append(entity)
        for together in users.values():
            for entity in together:
                for other in together:
                    if other != entity:
                        self._neighbours.setdefault(entity, {})[other] = kind

    def __len__(self) -> int:
        return self._graph.num_nodes()

    @property
    def nodes(self) -> Sequence[Node]:
        """All nodes, in the order in which they came."""
        return list(self._graph.nodes())

    @property
    def edges(self) -> Sequence[Edge]:
        """All edges."""
        return [Edge(before, after, *how) for before, after, how in self._graph.weighted_edge_list()]

    def add(self, node: Node) -> int:
        """Add a node, or let the one that is the same last longer; return its index."""
        index = self._by_key.get(node.key)
        if index is not None:
            known = self._graph[index]
            longer = replace(
                known,
                time=min(known.time, node.time),
                end=max(known.end, node.end, node.time),
                surprise=max(known.surprise, node.surprise),
            )
            self._graph[index] = longer
            return index
        index = self._graph.add_node(node)
        self._by_key[node.key] = index
        for other, kind in self._candidates(node):
            self._join(index, other, kind)
        self._by_entity.setdefault(node.entity, []).append(index)
        return index

    def extend(self, nodes: Iterable[Node]) -> None:
        """Add several nodes."""
        for each in nodes:
            self.add(each)

    def of(self, entity: str) -> list[int]:
        """Return the indices of all nodes of one entity."""
        return list(self._by_entity.get(entity, ()))

    def find(self, node: Node) -> int | None:
        """Return the index of the node that is the same, if there is one."""
        return self._by_key.get(node.key)

    def around(self, index: int) -> Iterator[tuple[int, Edge]]:
        """Yield the nodes that are connected with one, and by what."""
        for before, after, how in [*self._graph.in_edges(index), *self._graph.out_edges(index)]:
            yield (before if after == index else after), Edge(before, after, *how)

    def part(self, indices: Sequence[int]) -> EventGraph:
        """Return the graph of some nodes and the edges among them."""
        found = EventGraph()
        found._neighbours = self._neighbours
        found._graph = self._graph.subgraph(sorted(set(indices)))
        for index, node in enumerate(found._graph.nodes()):
            found._by_key[node.key] = index
            found._by_entity.setdefault(node.entity, []).append(index)
        return found

    def _candidates(self, node: Node) -> Iterator[tuple[int, EdgeKind]]:
        for other in self._nearest(node, node.entity):
            yield other, "same entity"
        for entity, kind in self._neighbours.get(node.entity, {}).items():
            for other in self._nearest(node, entity):
                yield other, kind

    def _nearest(self, node: Node, entity: str) -> list[int]:
        close = [each for each in self._by_entity.get(entity, ()) if abs(self._graph[each].time - node.time) <= REACH]
        return sorted(close, key=lambda each: -self._graph[each].surprise)[:_MOST]

    def _join(self, new: int, old: int, kind: EdgeKind) -> None:
        first, second = (new, old) if self._graph[new].time < self._graph[old].time else (old, new)
        lag = self._graph[second].time - self._graph[first].time
        self._graph.add_edge(first, second, (kind, lag))
        if kind != "same entity" and lag > 0.0:
            self._graph.add_edge(first, second, ("precedes", lag))
