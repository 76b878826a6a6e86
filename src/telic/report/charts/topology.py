"""A system as a graph: callers left, stores right, the blamed place and the way to the symptom marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from markupsafe import Markup

from telic.model import Edge, Topology
from telic.report.charts.layers import Bend, Item, layered, ordered
from telic.report.charts.svg import drawing, tag

_LETTER = 6.6  # width of a letter of a node's name [px]
_BEND = 8.0  # height that an edge takes where it passes a layer [px]


@dataclass(frozen=True)
class Box:
    """An item's place [px]."""

    x: float
    y: float
    width: float
    height: float

    @property
    def middle(self) -> float:
        """Half its height, from the top of the drawing [px]."""
        return self.y + self.height / 2


@dataclass(frozen=True)
class Blame:
    """What is marked in the graph."""

    entity: str = ""  # a service, a store or ``caller->callee``
    path: Sequence[str] = ()  # between the cause and the symptom
    truth: str = ""  # what was really wrong; marked where it is another place

    def classes(self, name: str) -> str:
        """Return the classes of a node or an edge called `name`."""
        chosen = {
            "blamed": name == self.entity,
            "truth": name == self.truth and self.truth != self.entity,
            "path": name != self.entity and (name in self.path or name in self._way()),
        }
        return " ".join(key for key, holds in chosen.items() if holds)

    def _way(self) -> set[str]:
        """Return the edges between neighbours on the way from the cause to the symptom."""
        ends = [each for each in reversed(self.entity.split("->")) if each not in self.path]
        chain = [*ends, *self.path] if self.path else []
        return {f"{caller}->{callee}" for callee, caller in pairwise(chain)}


def topology_chart(topology: Topology, blame: Blame, *, width: int) -> Markup:
    """Draw who calls whom, `width` [px] wide."""
    layers = layered(topology)
    led = [(each.caller, each.callee) for each in topology.edges if each.kind == "calls" or blame.classes(each.name)]
    boxes, height = _boxes(ordered(layers, led), width)
    edges = sorted(topology.edges, key=lambda each: len(blame.classes(each.name)))
    stores = topology.of_kind("store")
    parts = [_edge(each, boxes, layers, blame.classes(each.name)) for each in edges]
    parts += [
        _node(item, box, blame.classes(item), item in stores) for item, box in boxes.items() if isinstance(item, str)
    ]
    says = f"{sum(len(each) for each in layers)} services and stores."
    says += f" Blamed: {blame.entity}." if blame.entity else ""
    return drawing(width, height, *parts, title=f"Who calls whom in {topology.system}", description=says)


def _boxes(layers: Sequence[Sequence[Item]], width: int) -> tuple[Mapping[Item, Box], int]:
    roomy = width > 500
    gap, high, share = (22.0, 34.0, 0.7) if roomy else (14.0, 30.0, 0.84)
    column = (width - 4) / max(1, len(layers))
    wide = min(column * share, 130.0)
    sizes = [[high if isinstance(item, str) else _BEND for item in items] for items in layers]
    full = max((sum(each) + gap * len(each) for each in sizes), default=high) + gap
    boxes: dict[Item, Box] = {}
    for index, items in enumerate(layers):
        left = 2 + index * column + (column - wide) * (index / max(1, len(layers) - 1))
        top = (full - sum(sizes[index]) - gap * (len(items) - 1)) / 2
        for item, size in zip(items, sizes[index], strict=True):
            boxes[item] = Box(left, top, wide, size)
            top += size + gap
    return boxes, int(full)


def _edge(edge: Edge, boxes: Mapping[Item, Box], layers: Sequence[Sequence[str]], classes: str) -> Markup:
    if edge.caller not in boxes or edge.callee not in boxes:
        return Markup("")
    bends = [Bend(edge.caller, edge.callee, layer) for layer in range(len(layers))]
    a, b = boxes[edge.caller], boxes[edge.callee]
    if b.x <= a.x:  # in the same layer, or back
        bow = max(a.x, b.x) + a.width + 26
        d = f"M{a.x + a.width:.1f} {a.middle:.1f}C{bow:.1f} {a.middle:.1f} {bow:.1f} {b.middle:.1f} "
        d += f"{b.x + b.width:.1f} {b.middle:.1f}"
    else:
        d, at = f"M{a.x + a.width:.1f} {a.middle:.1f}", (a.x + a.width, a.middle)
        for box in [*(boxes[each] for each in bends if each in boxes), b]:
            d += _curve(at, (box.x, box.middle)) + (f"H{box.x + box.width:.1f}" if box is not b else "")
            at = (box.x + box.width, box.middle)
    return tag("path", tag("title", edge.name), d=d, class_=f"edge {edge.kind} {classes}".strip())


def _curve(start: tuple[float, float], end: tuple[float, float]) -> str:
    half = (start[0] + end[0]) / 2
    return f"C{half:.1f} {start[1]:.1f} {half:.1f} {end[1]:.1f} {end[0]:.1f} {end[1]:.1f}"


def _node(name: str, box: Box, classes: str, store: bool) -> Markup:
    room = max(4, int((box.width - 6) / _LETTER))
    shown = name if len(name) <= room else f"{name[: room - 1]}…"
    rect = tag(
        "rect",
        tag("title", name),
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        rx=box.height / 2 if store else 6.0,
    )
    text = tag("text", shown, x=box.x + box.width / 2, y=box.middle + 4, text_anchor="middle")
    return tag("g", rect, text, class_=f"node {'store' if store else 'service'} {classes}".strip())
