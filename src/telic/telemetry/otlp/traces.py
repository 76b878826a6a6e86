"""Spans of OTLP into rows of the table ``spans``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from opentelemetry.proto.trace.v1.trace_pb2 import Span as FullSpan

from telic.telemetry.columns import TableRow
from telic.telemetry.otlp.values import Json, Remembered, Said, attributes, origins, text_of

KINDS = ("internal", "internal", "server", "client", "producer", "consumer")
STATUSES = ("unset", "ok", "error")
LATEST = 2**63 - 1  # what a BIGINT holds [ns]
_NO_TRACE, _NO_SPAN = bytes(16), bytes(8)
_COLUMNS = ("peer.service", "error.type", "db.query.summary")
origin_of = origins("service.name", "service.instance.id", "service.version")
_said: Remembered[tuple[bytes, ...], Said] = Remembered(
    lambda data: Said(data, _COLUMNS, "http.response.status_code"), most=4096
)


class Spans:
    """Reads one request; `rejected` counts spans that break the format."""

    def __init__(self, message: Any, received_ns: int) -> None:
        self._message = message
        self._received = received_ns
        self.rejected = 0
        self.reason = ""

    def rows(self) -> Iterator[TableRow]:
        """Yield one row per valid span."""
        for of_resource in self._message.resources:
            origin = origin_of(of_resource.resource)
            columns = tuple(origin.columns)
            for of_scope in of_resource.scopes:
                tail = origin.tail(of_scope.scope)
                for span in of_scope.things:
                    trace, own, parent = span.trace_id, span.span_id, span.parent_span_id
                    start, end = span.start_time_unix_nano, span.end_time_unix_nano
                    if reason := _fault(trace, own, parent, max(start, end)):
                        self.rejected, self.reason = self.rejected + 1, reason
                        continue
                    said = _said(tuple(span.attributes))
                    more = span.events or span.links or span.trace_state
                    peer, error, statement = said.columns
                    kind, status = span.kind, span.status
                    code = status.code
                    yield (
                        trace.hex(),
                        own.hex(),
                        parent.hex() if parent != _NO_SPAN else "",
                        *columns,
                        span.name,
                        KINDS[kind] if 0 <= kind < 6 else "internal",
                        start,
                        end - start if end > start else 0,
                        STATUSES[code] if 0 <= code < 3 else "unset",
                        status.message,
                        peer,
                        said.number,
                        error,
                        statement,
                        text_of(said.found, tail, _extra(span)) if more else said.text(tail),
                        self._received,
                    )


def _fault(trace: bytes, own: bytes, parent: bytes, latest: int) -> str:
    if len(trace) != 16 or trace == _NO_TRACE:
        return "a trace_id has 16 bytes, not all zero"
    if len(own) != 8 or own == _NO_SPAN:
        return "a span_id has 8 bytes, not all zero"
    if parent and len(parent) != 8:
        return "a parent_span_id has 8 bytes or none"
    return "a time lies beyond the year 2262" if latest > LATEST else ""


def _extra(span: Any) -> Json:
    extra: Json = {}
    if span.events:
        extra["events"] = [
            {"name": each.name, "time_ns": each.time_unix_nano, "attributes": attributes(each.attributes)}
            for each in map(FullSpan.Event.FromString, span.events)
        ]
    if span.links:
        extra["links"] = [
            {"trace_id": each.trace_id.hex(), "span_id": each.span_id.hex(), "attributes": attributes(each.attributes)}
            for each in map(FullSpan.Link.FromString, span.links)
        ]
    if span.trace_state:
        extra["trace_state"] = span.trace_state
    return extra
