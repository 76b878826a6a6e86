"""What a table of unknown make holds: its signal, and which of its columns is which of the store's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telic.telemetry.sources.card import SCHEMAS, TIME, Signal

TIMES = ("time_ns", "time", "timestamp", "@timestamp", "ts", "datetime", "date", "epoch", "unix_time", "created_at")
SERVICES = ("service", "entity", "service.name", "service_name", "servicename", "app", "component", "cmdb_id", "host")
USUAL: dict[str, tuple[str, ...]] = {
    "service": SERVICES,
    "entity": SERVICES,
    "instance": ("instance", "pod", "podname", "pod_name", "service.instance.id", "service_instance_id"),
    "version": ("version", "service.version"),
    "time_ns": TIMES,
    "start_ns": ("start_ns", "start", "starttime", "start_time", "starttimeunixnano", *TIMES),
    "end_ns": ("end_ns", "end", "endtime", "end_time", "endtimeunixnano", "ended_at", "endsat"),
    "duration_ns": ("duration_ns", "duration", "elapsed", "latency", "elapsed_time"),
    "trace_id": ("trace_id", "traceid", "trace.id"),
    "span_id": ("span_id", "spanid", "span.id"),
    "parent_span_id": ("parent_span_id", "parentspanid", "parent_id", "parentid", "parentspan"),
    "name": ("name", "metric", "metric_name", "kpi_name", "operation", "operationname", "operation_name", "alertname"),
    "kind": ("kind", "spankind", "span_kind", "span.kind", "type"),
    "status": ("status", "statuscode", "status_code"),
    "unit": ("unit",),
    "value": ("value",),
    "severity": ("severity", "level", "severity_text", "log_level", "loglevel"),
    "severity_number": ("severity_number",),
    "body": ("body", "message", "msg", "log", "line", "content", "value"),
    "reason": ("reason",),
    "text": ("text", "message", "description"),
    "id": ("id", "sha", "commit", "revision"),
    "summary": ("summary", "title", "subject", "message"),
    "diff": ("diff", "patch"),
    "author": ("author", "user"),
    "attributes": ("attributes",),
    **{name: (name,) for name in ("peer", "statement", "error_type", "http_status", "event_name", "exception_type")},
    **{name: (name,) for name in ("status_message", "bounds", "buckets", "count", "sum")},
}


@dataclass(frozen=True)
class Naming:
    """What the user says of tables: columns with other names, the service, what parts a wide table's names."""

    columns: Mapping[str, str]
    entity: str = ""
    separator: str = ""


def signal_of(stem: str, names: Sequence[str], naming: Naming) -> Signal | None:
    """Return what a table holds, by the name of its file or by its columns; None where that cannot be told."""
    for signal in TIME:
        if stem == signal:
            return signal  # type: ignore[return-value]
    spans, metrics, logs = (mapped(each, names, naming) for each in ("spans", "metrics", "logs"))
    if {"trace_id", "span_id"} <= spans.keys() and ("duration_ns" in spans or "end" in _low(names)):
        return "spans"
    if {"value", "name", "time_ns"} <= metrics.keys():
        return "metrics"
    if "time_ns" in logs and "body" in logs and logs["body"] != "value":
        return "logs"
    return "metrics" if "time_ns" in metrics else None


def mapped(signal: str, names: Sequence[str], naming: Naming) -> dict[str, str]:
    """Return which column of the table is which of the signal's."""
    low, found, taken = _low(names), {}, set()
    for column in [*SCHEMAS[signal].names, *(["end_ns"] if signal == "spans" else [])]:
        wanted = (naming.columns[column].lower(),) if column in naming.columns else USUAL.get(column, ())
        for each in wanted:
            if each in low and low[each] not in taken:
                found[column] = low[each]
                taken.add(low[each])
                break
    return found


def _low(names: Sequence[str]) -> dict[str, str]:
    return {name.lower(): name for name in reversed(names)}
