"""Workloads, pods and nodes, and which pod runs where."""

from __future__ import annotations

from telic.telemetry.sources.card import Question
from telic.telemetry.sources.kubernetes.objects import Thing, listed, workload
from telic.telemetry.sources.rows import Row, Rows, text_of
from telic.telemetry.sources.visit import Visit


def entities(visit: Visit, question: Question, scope: str) -> Rows:
    """Yield workloads as services, pods as their instances, nodes."""
    services: dict[str, Row] = {}
    nodes: dict[str, None] = {}
    for pod in listed(visit, f"/api/v1{scope}/pods", Thing, question.query):
        kind, owner = workload(pod.metadata)
        node, status = str((pod.spec or {}).get("nodeName") or ""), pod.status or {}
        said = {"kind": kind, "namespace": pod.metadata.namespace}
        services.setdefault(owner, {"name": owner, "kind": "service", "of": "", "on": "", "attributes": text_of(said)})
        nodes.setdefault(node)
        if question.entities and owner not in question.entities:
            continue
        if pod.metadata.name != owner:
            more = {"phase": status.get("phase"), "restarts": _restarts(status), "ip": status.get("podIP")}
            attributes = text_of({**said, **more})
            yield {"name": pod.metadata.name, "kind": "instance", "of": owner, "on": node, "attributes": attributes}
    yield from services.values()
    for name in nodes:
        if name:
            yield {"name": name, "kind": "node", "of": "", "on": "", "attributes": "{}"}


def edges(visit: Visit, question: Question, scope: str) -> Rows:
    """Yield on which node each pod runs."""
    for pod in listed(visit, f"/api/v1{scope}/pods", Thing, question.query):
        node, (_, owner) = (pod.spec or {}).get("nodeName"), workload(pod.metadata)
        if node and (not question.entities or owner in question.entities):
            yield {"caller": pod.metadata.name, "callee": str(node), "kind": "runs_on", "calls": None}


def _restarts(status: dict[str, object]) -> int:
    found = status.get("containerStatuses")
    counts = [each.get("restartCount") for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    return sum(each for each in counts if isinstance(each, int))
