"""Nodes in layers, long edges led around the nodes between: a small Sugiyama drawing, the same every time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from telic.model import Topology

_SWEEPS = 6  # passes that pull nodes towards their neighbours [1]; more change nothing in graphs of this size


@dataclass(frozen=True)
class Bend:
    """Where a long edge passes a layer that it does not end in."""

    caller: str
    callee: str
    layer: int


Item = str | Bend


def layered(topology: Topology) -> list[list[str]]:
    """Return the nodes by their longest way from the entry; stores are last, each layer in the topology's order."""
    stores = list(topology.of_kind("store"))
    services = [each for each in topology.of_kind("service") if each not in stores]
    depth = dict.fromkeys(services, 0)
    for _ in services:  # a longest way has at most so many steps, also if there is a cycle
        for edge in topology.edges:
            if edge.caller in depth and edge.callee in depth and edge.callee != topology.entry:
                depth[edge.callee] = min(len(services), max(depth[edge.callee], depth[edge.caller] + 1))
    levels = sorted(set(depth.values()))
    found = [[name for name in services if depth[name] == level] for level in levels]
    return [*found, stores] if stores else found


def ordered(layers: Sequence[Sequence[str]], edges: Sequence[tuple[str, str]]) -> list[list[Item]]:
    """Return the layers with bends for `edges` that pass several, each ordered so that few edges cross."""
    where = {name: index for index, names in enumerate(layers) for name in names}
    items: list[list[Item]] = [list(names) for names in layers]
    links: list[tuple[Item, Item]] = []
    for caller, callee in edges:
        if caller in where and callee in where:
            bends = [Bend(caller, callee, layer) for layer in range(where[caller] + 1, where[callee])]
            for bend in bends:
                items[bend.layer].append(bend)
            chain: list[Item] = [caller, *bends, callee]
            links += pairwise(chain)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        for index in range(len(items)) if forward else range(len(items) - 1, -1, -1):
            _pull(items, index, links, forward)
    return items


def _pull(items: list[list[Item]], index: int, links: Sequence[tuple[Item, Item]], forward: bool) -> None:
    fixed = items[index - 1 if forward else index + 1] if 0 <= index + (-1 if forward else 1) < len(items) else []
    place: Mapping[Item, float] = {each: (row + 0.5) / len(fixed) for row, each in enumerate(fixed)}
    if not place:
        return

    def middle(pair: tuple[int, Item]) -> tuple[float, int]:
        row, item = pair
        ends = [(a, b) if forward else (b, a) for a, b in links]
        near = [place[a] for a, b in ends if b == item and a in place]
        return (sum(near) / len(near) if near else (row + 0.5) / len(items[index]), row)

    items[index] = [item for _, item in sorted(enumerate(items[index]), key=middle)]
