"""Nodes from everything that was seen of an incident."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from telic.context.deviation import CAP, Deviation, Kind
from telic.context.graph.event import Node, NodeKind
from telic.context.graph.graph import EventGraph
from telic.context.graph.printed import printed
from telic.context.logs.sources import SourceIndex
from telic.context.seen import Seen

_LEAST = 3.0  # surprise that makes a node [nats]
_MOST = 6  # nodes of one kind of one entity [1]
_KINDS: Mapping[Kind, NodeKind] = {"sequence": "sequence", "logs": "log pattern", "network": "span", "calls": "span"}


def event_graph(seen: Seen, code: SourceIndex | None = None) -> EventGraph:
    """Return the graph of all that was seen up to the end of the window.

    Parameters
    ----------
    code
        Where to look for the lines that print log patterns.
    """
    found = EventGraph(seen.calls, _shares(seen))
    nodes = [*_deviations(seen), *_reports(seen)]
    if code is not None:
        nodes = [_located(each, seen, code) for each in nodes]
    found.extend(sorted((each for each in nodes if each.time < seen.window.end), key=lambda each: each.time))
    return found


def _deviations(seen: Seen) -> Iterator[Node]:
    broken = [replace(each.deviation, surprise=min(each.weight, CAP)) for each in seen.broken.breaks]
    for deviations in (seen.metrics, seen.timings, seen.failures, seen.uncalled, seen.logs, broken):
        yield from _strongest(deviations)


def _strongest(deviations: Sequence[Deviation]) -> Iterator[Node]:
    by_entity: dict[str, list[Deviation]] = {}
    for each in deviations:
        if each.surprise >= _LEAST and each.onset:
            by_entity.setdefault(each.entity, []).append(each)
    for found in by_entity.values():
        for each in sorted(found, key=lambda each: -each.surprise)[:_MOST]:
            yield _node(each)


def _node(each: Deviation) -> Node:
    kind: NodeKind = _KINDS.get(each.kind, "span" if each.of_spans else "anomaly")
    place = each.entity.rpartition("->")[2]  # an edge is seen where it ends
    what = each.entity if each.kind in ("network", "calls") else each.signal
    return Node(kind, place, what, each.onset, each.end, each.says, each.surprise, each.instance)


def _located(node: Node, seen: Seen, code: SourceIndex) -> Node:
    """Return a log pattern with the line that prints it, any other node as it is."""
    template = seen.templates.get(node.what) if node.kind == "log pattern" else None
    line = printed(code, node.entity, template) if template else None
    return replace(node, source=line.place) if line else node


def _reports(seen: Seen) -> Iterable[Node]:
    recording, window = seen.recording, seen.window
    first = min(window.start, seen.before.start)
    for change in recording.changes():
        if first <= change.time < window.end:
            yield Node("change", change.entity, change.id or change.summary, change.time, says=change.summary)
    for alert in recording.alerts:
        if first <= alert.time < window.end:
            yield Node("alert", alert.entity, alert.name, alert.time, says=alert.text, surprise=_LEAST)
    for event in recording.events:
        if first <= event.time < window.end:
            what = f"{event.kind} {event.reason}".strip()
            yield Node("event", event.entity, what, event.time, says=event.text, surprise=_LEAST)
    symptom = seen.symptom
    if symptom.entity:
        onset = symptom.onset or seen.detail.start
        says = f"reported: {symptom.signal or 'something is wrong'}"
        yield Node("symptom", symptom.entity, symptom.signal or "symptom", onset, says=says, surprise=_LEAST)


def _shares(seen: Seen) -> dict[str, list[str]]:
    """Which nodes the instances of each service run on."""
    found: dict[str, list[str]] = {}
    for each in seen.topology.entities:
        if each.on:
            found.setdefault(each.of or each.name, []).append(each.on)
    return found
