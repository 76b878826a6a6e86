"""Client spans of the edges to other services, one an attempt."""

from __future__ import annotations

import msgspec

from telic.runtime.context import SpanContext
from telic.runtime.telemetry.recorder import Recorder, format_traceparent
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status


class OpenSpan(msgspec.Struct, frozen=True):
    """A span that has begun."""

    trace_id: str
    span_id: str
    parent_id: str
    start: int  # [ns since the epoch]
    traceparent: str


_NONE = OpenSpan("", "", "", 0, "")


class ClientSpans:
    """Spans and retry counts of the calls to one callee."""

    def __init__(self, callee: str, recorder: Recorder) -> None:
        self._callee, self._recorder = callee, recorder
        self._shapes: dict[tuple[str, tuple[str, int], int, str, int], SpanShape] = {}
        self.retries = recorder.metrics.counter("telic.retry.count", attributes={"peer.service": callee})

    def begin(self, parent: SpanContext | None) -> OpenSpan:
        """Begin the span of one attempt."""
        recorder = self._recorder
        if not recorder.enabled:
            return _NONE
        trace_id, parent_id = parent or (recorder.trace_id(), "")
        span_id = recorder.span_id()
        return OpenSpan(trace_id, span_id, parent_id, recorder.now(), format_traceparent(trace_id, span_id))

    def end(
        self, span: OpenSpan, operation: str, address: tuple[str, int], status: int, error_type: str, resend: int
    ) -> None:
        """End it; `status` 0 is no answer, `resend` how many attempts came before [1]."""
        if not span.start:
            return
        key = (operation, address, status, error_type, resend)
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = self._shape(*key)
        recorder = self._recorder
        recorder.span(shape, span.trace_id, span.span_id, span.parent_id, span.start, recorder.now())

    def _shape(self, operation: str, address: tuple[str, int], status: int, error_type: str, resend: int) -> SpanShape:
        attributes: dict[str, object] = {
            "peer.service": self._callee,
            "server.address": address[0],
            "server.port": address[1],
            "http.response.status_code": status or None,
            "error.type": error_type or None,
            "http.request.resend_count": resend or None,
        }
        labels: dict[str, str | int] = {"peer.service": self._callee, "http.route": f"/{operation}"}
        if error_type:
            labels["error.type"] = error_type
        return SpanShape(
            operation,
            Kind.CLIENT,
            attributes,
            status=Status.ERROR if error_type else Status.UNSET,
            series=self._recorder.metrics.series("http.client.request.duration", labels),
        )
