"""Two graphs of the same system, one healthy and one not: what is new, what is gone, what is stronger."""

from __future__ import annotations

from dataclasses import dataclass

from telic.context.graph.event import Node
from telic.context.graph.graph import EventGraph

_STRONGER = 3.0  # by this much, a node that is in both is news [nats]


@dataclass(frozen=True)
class Comparison:
    """What differs, most surprising first."""

    appeared: tuple[Node, ...]
    vanished: tuple[Node, ...]
    stronger: tuple[Node, ...]  # as they are in the second graph


def compare(healthy: EventGraph, faulty: EventGraph) -> Comparison:
    """Compare by what makes a node the same: kind, entity and what.

    What also happens when all is well is no part of the trouble (Nezha's comparison of event graphs, section 3.4).
    """
    before = {each.key: each for each in healthy.nodes}
    now = {each.key: each for each in faulty.nodes}
    appeared = [node for key, node in now.items() if key not in before]
    vanished = [node for key, node in before.items() if key not in now]
    stronger = [node for key, node in now.items() if key in before and node.surprise > before[key].surprise + _STRONGER]
    return Comparison(_sorted(appeared), _sorted(vanished), _sorted(stronger))


def _sorted(nodes: list[Node]) -> tuple[Node, ...]:
    return tuple(sorted(nodes, key=lambda each: (-each.surprise, each.time)))
