"""Spans of OTLP into rows of the table ``spans``."""

from __future__ import annotations

from collections.abc import Iterator

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telic.telemetry.columns import TableRow
from telic.telemetry.otlp.values import Json, Origin, Origins, attributes, text_of

KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
LATEST = 2**63 - 1  # what a BIGINT holds [ns]
_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)
_origins = Origins("service.name", "service.instance.id", "service.version")


class Spans:
    """Reads one request; `rejected` counts spans that break the format."""

    def __init__(self, message: ExportTraceServiceRequest, received_ns: int) -> None:
        self._message = message
        self._received = received_ns
        self.rejected = 0
        self.reason = ""

    def rows(self) -> Iterator[TableRow]:
        """Yield one row per valid span."""
        for of_resource in self._message.resource_spans:
            origin = _origins.of(of_resource.resource)
            for of_scope in of_resource.scope_spans:
                tail = origin.tail(of_scope.scope)
                for span in of_scope.spans:
                    if reason := _fault(span):
                        self.rejected, self.reason = self.rejected + 1, reason
                    else:
                        yield self._row(span, origin, tail)

    def _row(self, span: Span, origin: Origin, tail: bytes) -> TableRow:
        found = attributes(span.attributes)
        take = found.pop
        service, instance, version = origin.columns
        start, status = span.start_time_unix_nano, span.status
        peer = take("peer.service") if isinstance(found.get("peer.service"), str) else ""
        error = take("error.type") if isinstance(found.get("error.type"), str) else ""
        statement = take("db.query.summary") if isinstance(found.get("db.query.summary"), str) else ""
        code = found.get("http.response.status_code")
        if code is not None:
            code = take("http.response.status_code") if _is_status(code) else None
        extra = _extra(span) if span.events or span.links or span.trace_state else None
        return (
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex() if span.parent_span_id != _NO_SPAN else "",
            service,
            instance,
            version,
            span.name,
            KINDS[span.kind] if 0 <= span.kind < len(KINDS) else "internal",
            start,
            max(0, span.end_time_unix_nano - start),
            STATUSES[status.code] if 0 <= status.code < len(STATUSES) else "unset",
            status.message,
            peer,
            code,
            error,
            statement,
            text_of(found, tail, extra),
            self._received,
        )


def _fault(span: Span) -> str:
    if len(span.trace_id) != 16 or span.trace_id == _NO_TRACE:
        return "a trace_id has 16 bytes, not all zero"
    if len(span.span_id) != 8 or span.span_id == _NO_SPAN:
        return "a span_id has 8 bytes, not all zero"
    if span.parent_span_id and len(span.parent_span_id) != 8:
        return "a parent_span_id has 8 bytes or none"
    if span.start_time_unix_nano > LATEST or span.end_time_unix_nano > LATEST:
        return "a time lies beyond the year 2262"
    return ""


def _is_status(code: object) -> bool:
    return isinstance(code, int) and not isinstance(code, bool) and 0 <= code < 2**31


def _extra(span: Span) -> Json:
    extra: Json = {}
    if span.events:
        extra["events"] = [
            {"name": each.name, "time_ns": each.time_unix_nano, "attributes": attributes(each.attributes)}
            for each in span.events
        ]
    if span.links:
        extra["links"] = [
            {"trace_id": each.trace_id.hex(), "span_id": each.span_id.hex(), "attributes": attributes(each.attributes)}
            for each in span.links
        ]
    if span.trace_state:
        extra["trace_state"] = span.trace_state
    return extra
