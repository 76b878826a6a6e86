"""``topology.json``: entities and edges; an edge to something unlisted makes it an external entity."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from telic.errors import InvalidRecord
from telic.model import Edge, Entity, Topology

_KINDS = ("service", "instance", "node", "store", "queue", "external")
_EDGES = ("calls", "uses", "runs_on")


def read_topology(file: Path, system: str, entry: str) -> Topology:
    """Read ``topology.json``; without the file the topology is empty.

    Parameters
    ----------
    system, entry
        Name of the recording, and where users enter as far as anybody knows.

    Raises
    ------
    InvalidRecord
        Not JSON, or an entity or edge that does not fit (the message has its number).
    """
    if not file.exists():
        return Topology(system, (), (), entry)
    try:
        document = msgspec.json.decode(file.read_bytes())
    except msgspec.DecodeError as error:
        raise InvalidRecord(f"{file}: {error}", hint="one JSON object with entities and edges") from error
    if not isinstance(document, dict):
        raise InvalidRecord(f"{file}: not a JSON object", hint="one JSON object with entities and edges")
    nodes = {each["from"]: each["to"] for each in _items(file, document, "edges") if each.get("kind") == "runs_on"}
    entities = {
        each.name: each
        for number, item in enumerate(_items(file, document, "entities"))
        for each in [_entity(item, f"{file}: entities[{number}]", nodes)]
    }
    edges = []
    for number, item in enumerate(_items(file, document, "edges")):
        where = f"{file}: edges[{number}]"
        kind, ends = item.get("kind", "calls"), (item.get("from"), item.get("to"))
        if kind not in _EDGES or not all(isinstance(each, str) and each for each in ends):
            raise InvalidRecord(f"{where}: {item!r} is no edge", hint=f"from, to, and a kind of {', '.join(_EDGES)}")
        for each in ends:
            entities.setdefault(str(each), Entity(str(each), "node" if kind == "runs_on" else "external"))
        if kind != "runs_on":
            calls = item.get("calls")
            counted = float(calls) if isinstance(calls, int | float) else None
            edges.append(Edge(str(ends[0]), str(ends[1]), "uses" if kind == "uses" else "calls", counted))
    return Topology(system, tuple(entities.values()), tuple(edges), entry or _entry(entities.values(), edges))


def _items(file: Path, document: Mapping[str, object], key: str) -> list[dict[str, object]]:
    items = document.get(key, [])
    if not isinstance(items, list) or not all(isinstance(each, dict) for each in items):
        raise InvalidRecord(f"{file}: {key} is not a list of objects", hint='"entities": [{"name", "kind"}], "edges"')
    return items


def _entity(item: Mapping[str, object], where: str, nodes: Mapping[object, object]) -> Entity:
    name, kind = item.get("name"), item.get("kind", "service")
    if not isinstance(name, str) or not name or kind not in _KINDS:
        raise InvalidRecord(f"{where}: {item!r} is no entity", hint=f"a name, and a kind of {', '.join(_KINDS)}")
    on = item.get("on") or nodes.get(name) or ""
    return Entity(name, kind, str(item.get("of") or ""), str(on))  # type: ignore[arg-type]


def _entry(entities: object, edges: list[Edge]) -> str:
    """Who calls and is not called; the first by name, for want of better knowledge."""
    called = {each.callee for each in edges}
    return min((each.caller for each in edges if each.caller not in called), default="")
