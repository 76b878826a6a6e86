"""Two graphs of the same system, one healthy and one not: what is new, what is gone, what is stronger."""

from __future__ import annotations

from dataclasses import dataclass

from telic.context.graph.event import Node
from telic.context.graph.gather import event_graph
from telic.context.graph.graph import EventGraph
from telic.context.graph.words import clock, said
from telic.context.seen import Seen

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


def compare_earlier(seen: Seen, now: EventGraph) -> Comparison:
    """Compare `now`, the graph of what was seen, with the graph of the time in which all was well."""
    return compare(event_graph(seen.earlier), now)


def differences(seen: Seen, now: EventGraph, most: int = 40) -> list[str]:
    """Return what differs from the time before in words, at most `most` events of each sort: new, stronger, gone."""
    found = compare_earlier(seen, now)
    start, end = clock(seen.earlier.window.start), clock(seen.earlier.window.end)
    lines = [f"compared with {start} to {end}, when all was well"]
    for how, nodes in (("new", found.appeared), ("stronger", found.stronger), ("gone", found.vanished)):
        lines += [f"  {how}: {said(each)}" for each in nodes[:most]]
        lines += [f"  {how}: {len(nodes) - most} more"] if len(nodes) > most else []
    return lines if len(lines) > 1 else [f"{lines[0]}: nothing differs"]


def _sorted(nodes: list[Node]) -> tuple[Node, ...]:
    return tuple(sorted(nodes, key=lambda each: (-each.surprise, each.time)))
