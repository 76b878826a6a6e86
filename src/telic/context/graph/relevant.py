"""The part of the graph that matters to a symptom: what is near it, early and surprising."""

from __future__ import annotations

import heapq

from telic.context.graph.event import EdgeKind
from telic.context.graph.graph import EventGraph

_PASSES: dict[EdgeKind, float] = {"same entity": 0.9, "call": 0.8, "precedes": 0.9, "shares": 0.5}
"""How much of a node's relevance goes on over an edge [1]."""
_TELLING = 10.0  # nats with which a node counts half of what it could [nats]
_OF_ITSELF = 0.1  # relevance of something that hardly deviates, but lies on the way [1]


def relevant(graph: EventGraph, entity: str, *, most: int = 40) -> EventGraph:
    """Return the nodes that matter most to what is wrong with `entity`, and the edges among them.

    Relevance starts at 1 at the nodes of `entity`, loses some over every edge, and is weighed with surprise.

    Parameters
    ----------
    most
        Nodes that are kept [1].
    """
    reached: dict[int, float] = {}
    waiting = [(-1.0, index) for index in graph.of(entity)] or [(-1.0, index) for index in range(len(graph))]
    heapq.heapify(waiting)
    while waiting:
        negative, index = heapq.heappop(waiting)
        if index in reached:
            continue
        reached[index] = -negative
        for other, edge in graph.around(index):
            if other not in reached:
                heapq.heappush(waiting, (negative * _PASSES[edge.kind], other))
    nodes = graph.nodes
    scores = {
        index: near * (_OF_ITSELF + nodes[index].surprise / (nodes[index].surprise + _TELLING))
        for index, near in reached.items()
    }
    return graph.part(sorted(sorted(scores, key=lambda each: -scores[each])[:most]))
