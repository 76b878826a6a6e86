"""Plans as a picture: a box for each relation, those that read below those that are read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from telic.opportunities.plan.node import Node, merge
from telic.opportunities.plan.relations import RELATIONS, columns_of, events_of, relation_of
from telic.opportunities.plan.text import expression
from telic.report.charts.svg import tag

LETTER, LINE, PAD, GAP, RISE = 6.7, 15, 9, 24, 34
"""Width of a letter, height of a line, and distances in and between boxes [px]."""
LONGEST, MOST = 60, 10
"""Letters of a line, and lines of a box."""


@dataclass(frozen=True)
class Box:
    """One relation: its title, its lines, and where it stands [px]."""

    lines: tuple[str, ...]
    x: float
    y: float

    @property
    def width(self) -> float:
        """From the left to the right edge."""
        return max(len(each) for each in self.lines) * LETTER + 2 * PAD

    @property
    def height(self) -> float:
        """From the upper to the lower edge."""
        return len(self.lines) * LINE + 2 * PAD - 4


def picture(roots: Iterable[Node], *, title: str = "Plan") -> str:
    """Return a plan as SVG, in the colour of the text around it.

    Examples
    --------
    >>> from telic.opportunities.plan import Table, attribute, totals
    >>> drawn = picture([totals(Table(), [attribute("os")])])
    >>> drawn.count("<rect"), drawn.count("<path")
    (3, 2)
    """
    relations = [each for each in merge(roots) if each.op in RELATIONS and each.op != "pick"]
    boxes = _placed(_layers(relations))
    width = max((box.x + box.width for box in boxes.values()), default=0.0) + PAD
    height = max((box.y + box.height for box in boxes.values()), default=0.0) + PAD
    parts = [_edge(boxes[relation_of(each)], boxes[each]) for each in relations if each.op != "scan"]
    parts += [_drawn(boxes[each]) for each in relations]
    summary = f"{title}: {len(relations)} steps, {sum(each.op == 'scan' for each in relations)} of them read the events"
    return str(
        tag(
            "svg",
            tag("title", summary),
            *parts,
            xmlns="http://www.w3.org/2000/svg",
            viewBox=f"0 0 {width:.0f} {height:.0f}",
            width=f"{width:.0f}",
            height=f"{height:.0f}",
            role="img",
            font_family="ui-monospace, monospace",
            font_size="11",
            fill="currentColor",
        )
    )


def lines(node: Node) -> tuple[str, ...]:
    """Return what stands in a relation's box: what it does, then its columns."""
    columns = [_cut(expression(each)) for each in columns_of(node)]
    match node.op:
        case "scan":
            given = [_cut(f"scan {events_of(node).relation}"), _cut(", ".join(str(e) for e in node.several("columns")))]
        case "grouping_sets":
            by = node.whole("columns")
            chosen = [" × ".join(columns[int(i)] for i in each) for each in node.several("sets")]  # type: ignore[union-attr, arg-type]
            given = [f"grouping sets: {len(chosen)}", *(_cut(each) for each in chosen), *_sums(columns[by:])]
        case "totals" | "cells":
            by = node.whole("by" if node.op == "totals" else "columns")
            given = [f"{node.op} by", *columns[:by], *_sums(columns[by:])]
        case _:
            given = [node.op, *columns]
    if len(given) > MOST:
        given = [*given[: MOST - 1], f"and {len(given) - MOST + 1} more"]
    return tuple(each for each in given if each)


def _sums(measures: Sequence[str]) -> list[str]:
    return ["sum groups", *(f"sum {each}" for each in measures)]


def _layers(relations: Sequence[Node]) -> list[list[Node]]:
    depth: dict[Node, int] = {}
    found: list[list[Node]] = []
    for each in relations:
        depth[each] = 0 if each.op == "scan" else depth[relation_of(each)] + 1
        if depth[each] == len(found):
            found.append([])
        found[depth[each]].append(each)
    return found


def _placed(layers: Sequence[Sequence[Node]]) -> Mapping[Node, Box]:
    placed: dict[Node, Box] = {}
    y = float(PAD)
    for layer in layers:
        x = float(PAD)
        for each in layer:
            below = placed.get(relation_of(each)) if each.op != "scan" else None
            placed[each] = Box(lines(each), max(x, below.x if below else x), y)
            x = placed[each].x + placed[each].width + GAP
        y += max(placed[each].height for each in layer) + RISE
    return placed


def _drawn(box: Box) -> Markup:
    frame = tag("rect", x=box.x, y=box.y, width=box.width, height=box.height, rx=4, fill="none", stroke="currentColor")
    texts = [
        tag("text", line, x=box.x + PAD, y=box.y + PAD + 7 + row * LINE, font_weight="bold" if row == 0 else None)
        for row, line in enumerate(box.lines)
    ]
    return tag("g", frame, *texts)


def _edge(read: Box, reader: Box) -> Markup:
    x, y = reader.x + min(reader.width, read.width) / 2, reader.y
    start = min(max(x, read.x), read.x + read.width)
    way = f"M{start:.1f} {read.y + read.height:.1f}L{x:.1f} {y:.1f}"
    head = f"M{x - 4:.1f} {y - 7:.1f}L{x:.1f} {y:.1f}L{x + 4:.1f} {y - 7:.1f}"
    return tag("path", d=way + head, fill="none", stroke="currentColor")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
