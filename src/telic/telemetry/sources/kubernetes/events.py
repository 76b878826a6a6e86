"""Events of the cluster: probes that fail, pods that are killed, images that are not there."""

from __future__ import annotations

from telic.telemetry.sources.card import Question
from telic.telemetry.sources.kubernetes.objects import Event, listed
from telic.telemetry.sources.naming import entity_of
from telic.telemetry.sources.rows import Rows, text_of
from telic.telemetry.sources.times import ns_of
from telic.telemetry.sources.visit import Visit


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
