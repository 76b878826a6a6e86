"""Drained records to OTLP requests; runs in the export thread."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

from telic.runtime.telemetry import wire
from telic.runtime.telemetry.recorder import LogRecord, SpanRecord
from telic.runtime.telemetry.shapes import key_values

_SCOPE = wire.delimited(1, InstrumentationScope(name="telic.runtime").SerializeToString())


def resource(attributes: Mapping[str, object]) -> bytes:
    """Serialise a resource as the first field of ResourceSpans, ResourceMetrics or ResourceLogs."""
    return wire.delimited(1, Resource(attributes=key_values(attributes)).SerializeToString())


def request(resource_field: bytes, items: bytes) -> bytes:
    """Wrap spans, metrics or log records (``ScopeX.x`` fields) as an export request; the three look alike."""
    return wire.delimited(1, resource_field + wire.delimited(2, _SCOPE + items))


def spans(records: Iterable[SpanRecord]) -> bytes:
    """Serialise spans as fields of ScopeSpans, and count their durations in their histograms."""
    out = []
    for shape, trace_id, span_id, parent_id, start, end, events in records:
        if shape.series is not None:
            shape.series.add((end - start) * 1e-9)
        body = wire.span_head(trace_id, span_id, parent_id, start, end) + shape.encoded + events
        out.append(b"\x12" + wire.varint(len(body)) + body)
    return b"".join(out)


def logs(records: Iterable[LogRecord]) -> bytes:
    """Serialise log records as fields of ScopeLogs."""
    return b"".join(wire.delimited(2, _log(each)) for each in records)


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
