"""Events of a supervisor as an OTLP logs request."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ResourceLogs, ScopeLogs, SeverityNumber
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from telic.worlds.local.events import Event

_WARNINGS = ("instance.unready", "instance.exited", "instance.backoff", "instance.killed")


def encode(system: str, events: Sequence[Event]) -> bytes:
    """Return events as an OTLP logs request, under the service that each is about."""
    by_service: dict[str, list[Event]] = defaultdict(list)
    for each in events:
        by_service[each.service].append(each)
    request = ExportLogsServiceRequest(resource_logs=[_resource(system, *item) for item in by_service.items()])
    return request.SerializeToString()


def _resource(system: str, service: str, events: Sequence[Event]) -> ResourceLogs:
    attributes = {"service.namespace": system, "service.name": service}
    scope = InstrumentationScope(name="telic.supervisor")
    return ResourceLogs(
        resource=Resource(attributes=_pairs(attributes)),
        scope_logs=[ScopeLogs(scope=scope, log_records=[_record(each) for each in events])],
    )


def _record(event: Event) -> LogRecord:
    warning = event.name in _WARNINGS
    time = int(event.time * 1e9)
    return LogRecord(
        time_unix_nano=time,
        observed_time_unix_nano=time,
        severity_number=SeverityNumber.SEVERITY_NUMBER_WARN if warning else SeverityNumber.SEVERITY_NUMBER_INFO,
        severity_text="WARN" if warning else "INFO",
        event_name=event.name,
        body=AnyValue(string_value=f"{event.name} {event.entity}" + (f": {event.reason}" if event.reason else "")),
        attributes=_pairs({"event.name": event.name, "entity": event.entity, "reason": event.reason}),
    )


def _pairs(attributes: dict[str, str]) -> list[KeyValue]:
    return [KeyValue(key=key, value=AnyValue(string_value=value)) for key, value in attributes.items()]
