"""Drained records to OTLP requests; runs in the export thread."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from telic.runtime.telemetry import wire
from telic.runtime.telemetry.recorder import LogRecord, SpanRecord
from telic.runtime.telemetry.shapes import SCOPE, key_values

BREATH = 64  # spans between two pauses in which the event loop may run; 0.2 ms [1]


def resource(attributes: Mapping[str, object]) -> bytes:
    """Serialise a resource as the first field of ResourceSpans, ResourceMetrics or ResourceLogs."""
    return wire.delimited(1, Resource(attributes=key_values(attributes)).SerializeToString())


def request(resource_field: bytes, scopes: bytes) -> bytes:
    """Wrap ``scope_x`` fields as an export request of spans, metrics or logs; the three look alike."""
    return wire.delimited(1, resource_field + scopes)


def scoped(items: bytes, scope: str = SCOPE) -> bytes:
    """Wrap what one library recorded (spans, metrics or log records) as a ``scope_x`` field."""
    name = wire.delimited(1, InstrumentationScope(name=scope).SerializeToString())
    return wire.delimited(2, name + items)


def spans(records: Sequence[SpanRecord]) -> bytes:
    """Serialise spans as ``scope_spans`` fields, and count their durations in their histograms."""
    scopes: dict[str, list[bytes]] = {}
    for index, (shape, trace_id, span_id, parent_id, start, end, events) in enumerate(records, 1):
        if shape.series is not None:
            shape.series.add((end - start) * 1e-9)
        body = wire.span_head(trace_id, span_id, parent_id, start, end) + shape.encoded + events
        scopes.setdefault(shape.scope, []).append(b"\x12" + wire.varint(len(body)) + body)
        if not index % BREATH:
            time.sleep(0)
    return b"".join(scoped(b"".join(parts), scope) for scope, parts in scopes.items())


def logs(records: Iterable[LogRecord]) -> bytes:
    """Serialise log records as a ``scope_logs`` field."""
    return scoped(b"".join(wire.delimited(2, _log(each)) for each in records))


def _log(record: LogRecord) -> bytes:
    return logs_pb2.LogRecord(
        time_unix_nano=record.time,
        observed_time_unix_nano=record.time,
        severity_number=record.severity,  # type: ignore[arg-type]
        severity_text=record.text,
        body=AnyValue(string_value=record.body),
        trace_id=bytes.fromhex(record.trace_id),
        span_id=bytes.fromhex(record.span_id),
        flags=1 if record.trace_id else 0,
        attributes=key_values(record.attributes),
    ).SerializeToString()
