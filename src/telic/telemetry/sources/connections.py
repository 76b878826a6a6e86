"""Services, instances and who calls whom, as far as telemetry itself shows them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec
import pyarrow

from telic.telemetry.sources.card import SCHEMAS, Columns, Signal

pa: Any = pyarrow
Pair = tuple[str, str]


class _Said(msgspec.Struct):
    """The attributes of a span that say what kind of thing its peer is."""

    db: object = msgspec.field(name="db.system.name", default="")
    old_db: object = msgspec.field(name="db.system", default="")
    messaging: object = msgspec.field(name="messaging.system", default="")
    server: object = msgspec.field(name="server.address", default="")


def connect(tables: Mapping[Signal, Columns]) -> dict[Signal, Columns]:
    """Return `tables` with entities and edges completed from what the other signals show."""
    kinds: dict[str, str] = {}
    instances: dict[str, str] = {}
    measured: tuple[Signal, ...] = ("spans", "logs", "metrics")
    noted: tuple[Signal, ...] = ("events", "changes", "alerts")
    for signal in measured:
        pairs = tables[signal].select(["service", "instance"]).group_by(["service", "instance"]).aggregate([])
        for service, instance in zip(*(column.to_pylist() for column in pairs.columns), strict=True):
            if service:
                kinds[service] = "service"
                if instance and instance != service:
                    instances.setdefault(instance, service)
    for signal in noted:
        kinds |= {
            each: "service" for each in tables[signal]["entity"].unique().to_pylist() if each and each not in kinds
        }
    calls, peers = calls_of(tables["spans"])
    return {
        **tables,
        "entities": _entities(tables["entities"], {**peers, **kinds}, instances, tables["edges"]),
        "edges": _edges(tables["edges"], calls, peers),
    }


def calls_of(spans: Columns) -> tuple[Counter[Pair], dict[str, str]]:
    """Return how often each service called another, and the kinds of the peers that sent no spans themselves.

    A call counts where a span's parent belongs to another service; a client span whose callee is not traced counts
    by the peer that it names.
    """
    names = ("trace_id", "span_id", "parent_span_id", "service", "kind", "peer", "attributes")
    columns = [spans[name].to_pylist() for name in names]
    owner = dict(zip(zip(columns[0], columns[1], strict=True), columns[3], strict=True))
    calls: Counter[Pair] = Counter()
    answered = set()
    for trace, parent, service in zip(columns[0], columns[2], columns[3], strict=True):
        caller = owner.get((trace, parent), "")
        if caller and service and caller != service:
            calls[caller, service] += 1
            answered.add((trace, parent))
    peers: dict[str, str] = {}
    for trace, span, _, service, kind, peer, attributes in zip(*columns, strict=True):
        if kind not in ("client", "producer") or not service or (trace, span) in answered:
            continue
        name, sort = _peer(peer, attributes)
        if name and name != service:
            calls[service, name] += 1
            peers.setdefault(name, sort)
    return calls, peers


def _peer(peer: str, attributes: str) -> Pair:
    try:
        said = msgspec.json.decode(attributes or "{}", type=_Said)
    except msgspec.MsgspecError:
        said = _Said()
    store = said.db or said.old_db
    kind = "store" if store else "queue" if said.messaging else "external"
    for name in (peer, said.server, store, said.messaging):
        if isinstance(name, str) and name:
            return name, kind
    return "", kind


def _entities(known: Columns, kinds: Mapping[str, str], instances: Mapping[str, str], edges: Columns) -> Columns:
    rows = {row["name"]: row for row in known.to_pylist()}
    ends = dict.fromkeys([*edges["caller"].to_pylist(), *edges["callee"].to_pylist()], "service")
    for name, kind in {**ends, **kinds}.items():
        rows.setdefault(name, {"name": name, "kind": kind, "of": "", "on": "", "attributes": "{}"})
    for name, service in instances.items():
        rows.setdefault(name, {"name": name, "kind": "instance", "of": service, "on": "", "attributes": "{}"})
    return pa.Table.from_pylist([rows[name] for name in sorted(rows)], schema=SCHEMAS["entities"])


def _edges(known: Columns, calls: Mapping[Pair, int], peers: Mapping[str, str]) -> Columns:
    rows = {(row["caller"], row["callee"], row["kind"]): row for row in known.to_pylist()}
    for (caller, callee), count in calls.items():
        kind = "uses" if peers.get(callee) in ("store", "queue") else "calls"
        row = {"caller": caller, "callee": callee, "kind": kind, "calls": count}
        known_row = rows.setdefault((caller, callee, kind), row)
        if (known_row["calls"] or 0) < count:
            rows[caller, callee, kind] = row
    return pa.Table.from_pylist([rows[key] for key in sorted(rows)], schema=SCHEMAS["edges"])
