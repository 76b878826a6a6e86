"""Events of the cluster: probes that fail, pods that are killed, images that are not there."""

from __future__ import annotations

import re

from telic.telemetry.sources.card import Question
from telic.telemetry.sources.kubernetes.objects import Event, listed
from telic.telemetry.sources.rows import Rows, text_of
from telic.telemetry.sources.times import ns_of
from telic.telemetry.sources.visit import Visit

_REPLICASET = re.compile(r"^(.+)-[bcdf0-9][bcdfghjklmnpqrstvwxz2456789]{3,9}$")
_POD = re.compile(r"^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5}$")
_MEMBER = re.compile(r"^(.+)-\d+$")


def rows(visit: Visit, question: Question, scope: str) -> Rows:
    """Yield one row an event; one that was seen again and again has its last time."""
    for event in listed(visit, f"/api/v1{scope}/events", Event):
        series = event.series
        last = (series.lastObservedTime if series else None) or event.lastTimestamp or event.eventTime
        try:
            time_ns = ns_of(last or event.firstTimestamp or event.metadata.creationTimestamp)
        except ValueError:
            continue
        about = event.involvedObject
        said = {
            "object": f"{about.kind}/{about.name}",
            "namespace": about.namespace or event.metadata.namespace,
            "type": event.type,
            "count": (series.count if series else 0) or event.count,
            "first": event.firstTimestamp,
            "instance": about.name if about.kind == "Pod" else "",
        }
        yield {
            "time_ns": time_ns,
            "kind": about.kind,
            "entity": entity_of(about.kind, about.name),
            "reason": event.reason or "",
            "text": event.message or "",
            "attributes": text_of(said),
        }


def entity_of(kind: str, name: str) -> str:
    """Return the workload that the object of an event belongs to, told by how names are made.

    Kubernetes makes names of pods and ReplicaSets from 27 letters and digits that spell no words.

    Examples
    --------
    >>> entity_of("Pod", "cart-5d9c8b7f6d-x2x4z"), entity_of("Pod", "db-0"), entity_of("Node", "node-1")
    ('cart', 'db', 'node-1')
    """
    if kind == "Pod":
        if found := _POD.match(name):
            return entity_of("ReplicaSet", found[1])
        found = _MEMBER.match(name)
        return found[1] if found else name
    if kind == "ReplicaSet":
        found = _REPLICASET.match(name)
        return found[1] if found else name
    return name
