"""The event graph in words: one line an event, in order, and where documents mention it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from telic.context.graph.event import Node
from telic.context.graph.graph import EventGraph

_LONGEST = 160  # of a line [characters]
_LARGEST = 1 << 20  # of a document that is searched [bytes]
_MENTIONS = 3  # of one term in one document [1]


def words(graph: EventGraph) -> list[str]:
    """Return one line for each event, in order of time, with what came before it at its neighbours.

    Events follow each other in the same entity or from one to another by a call; only the closest is named.
    """
    nodes = graph.nodes
    order = sorted(range(len(nodes)), key=lambda each: nodes[each].time)
    lines = []
    for index in order:
        node = nodes[index]
        lines.append(said(node) + _after(graph, index))
    return lines


def said(node: Node) -> str:
    """Return one line: when, where, what, and which line of code prints it."""
    printed = f"  [{node.source}]" if node.source else ""
    return _cut(f"{clock(node.time)}  {node.entity or '-'}  {node.kind}: {node.says or node.what}") + printed


def mentions(graph: EventGraph, files: Sequence[str], read: Callable[[str], bytes]) -> list[str]:
    """Return where documents and guides mention an entity of the graph: ``docs/cart.md:12 cart: ...``.

    Parameters
    ----------
    files
        Paths as `read` takes them.
    """
    terms = sorted({each.entity for each in graph.nodes if len(each.entity) > 2}, key=len, reverse=True)
    found = []
    for file in files:
        content = read(file)
        if len(content) > _LARGEST or b"\0" in content[:1024]:
            continue
        counts: dict[str, int] = {}
        for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
            term = next((each for each in terms if each in line and counts.get(each, 0) < _MENTIONS), "")
            if term:
                counts[term] = counts.get(term, 0) + 1
                found.append(_cut(f"{file}:{number}  {term}: {line.strip()}"))
    return found


def _after(graph: EventGraph, index: int) -> str:
    """Which event of another entity came closest before it."""
    before = [
        (edge.lag, other)
        for other, edge in graph.around(index)
        if edge.kind == "precedes" and edge.after == index and edge.lag > 0.0
    ]
    if not before:
        return ""
    lag, other = min(before)
    node = graph.nodes[other]
    return f"  ({lag:.0f} s after {node.entity}: {_cut(node.what, 60)})"


def clock(time: float) -> str:
    """Return a moment [s since the Unix epoch] as the time of its day in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%H:%M:%S")


def _cut(text: str, longest: int = _LONGEST) -> str:
    line = " ".join(text.split())
    return line if len(line) <= longest else line[: longest - 1] + "…"
