"""The event graph as one SVG file: time from left to right, a lane for each entity."""

from __future__ import annotations

from datetime import UTC, datetime
from html import escape

from telic.context.graph.event import Node
from telic.context.graph.graph import EventGraph

_COLOURS = {
    "anomaly": "#b45309",
    "log pattern": "#6d28d9",
    "span": "#0369a1",
    "sequence": "#be123c",
    "alert": "#dc2626",
    "change": "#15803d",
    "event": "#475569",
    "symptom": "#000000",
}
_LEFT, _TOP, _LANE, _WIDTH, _RIGHT = 230, 46, 34, 1000, 40  # [px]
_NAME = 32  # characters of an entity's name that fit [1]
_MARKS = 6  # times along the top [1]


def picture(graph: EventGraph, title: str = "") -> str:
    """Return the graph as SVG; every dot says what it is when one points at it."""
    nodes = graph.nodes
    first: dict[str, float] = {}
    for each in nodes:
        first[each.entity] = min(first.get(each.entity, each.time), each.time)
    lanes = {entity: number for number, entity in enumerate(sorted(first, key=lambda each: first[each]))}
    start = min((each.time for each in nodes), default=0.0)
    end = max((max(each.time, each.end) for each in nodes), default=1.0)
    length = max(end - start, 1.0)

    def x(time: float) -> float:
        return round(_LEFT + (time - start) / length * (_WIDTH - _LEFT - _RIGHT), 1)

    def y(entity: str) -> float:
        return _TOP + 20 + lanes[entity] * _LANE

    height = _TOP + 20 + max(len(lanes), 1) * _LANE + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" '
        f'font-size="12" role="img"><title>{escape(title or "Event graph")}</title>',
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="10" y="20" font-size="14" font-weight="bold">{escape(title)}</text>',
    ]
    for number in range(_MARKS + 1):
        time = start + length * number / _MARKS
        parts.append(
            f'<line x1="{x(time)}" y1="{_TOP}" x2="{x(time)}" y2="{height - 24}" stroke="#e2e8f0"/>'
            f'<text x="{x(time)}" y="{_TOP - 6}" text-anchor="middle" fill="#64748b">{_clock(time)}</text>'
        )
    for entity in lanes:
        name = entity if len(entity) <= _NAME else f"{entity[: _NAME - 1]}…"
        parts.append(
            f'<text x="{_LEFT - 12}" y="{y(entity) + 4}" text-anchor="end">{escape(name or "-")}</text>'
            f'<line x1="{_LEFT}" y1="{y(entity)}" x2="{_WIDTH - _RIGHT}" y2="{y(entity)}" stroke="#f1f5f9"/>'
        )
    for edge in graph.edges:
        before, after = nodes[edge.before], nodes[edge.after]
        if edge.kind != "same entity" and before.entity != after.entity:
            parts.append(
                f'<line x1="{x(before.time)}" y1="{y(before.entity)}" x2="{x(after.time)}" y2="{y(after.entity)}" '
                f'stroke="#94a3b8" stroke-opacity="0.35"/>'
            )
    parts += [_dot(each, x(each.time), x(max(each.end, each.time)), y(each.entity)) for each in nodes]
    parts.append(_legend({each.kind for each in nodes}, height))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _dot(node: Node, x: float, until: float, y: float) -> str:
    colour = _COLOURS[node.kind]
    size = round(3.0 + min(node.surprise, 50.0) / 10.0, 1)
    printed = f" [{node.source}]" if node.source else ""
    says = escape(f"{_clock(node.time)} {node.entity} {node.kind}: {node.says or node.what}{printed}")
    lasts = f'<line x1="{x}" y1="{y}" x2="{until}" y2="{y}" stroke="{colour}" stroke-opacity="0.5" stroke-width="2"/>'
    circle = f'<circle cx="{x}" cy="{y}" r="{size}" fill="{colour}" fill-opacity="0.85">'
    return f"{lasts}{circle}<title>{says}</title></circle>"


def _legend(kinds: set[str], height: int) -> str:
    parts = []
    for number, kind in enumerate(each for each in _COLOURS if each in kinds):
        left = _LEFT + number * 95
        parts.append(
            f'<circle cx="{left}" cy="{height - 10}" r="4" fill="{_COLOURS[kind]}"/>'
            f'<text x="{left + 8}" y="{height - 6}" fill="#334155">{kind}</text>'
        )
    return "".join(parts)


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%H:%M:%S")
