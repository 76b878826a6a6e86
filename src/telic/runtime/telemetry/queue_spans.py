"""Spans of messages, sent and handled, after OpenTelemetry's semantic conventions for messaging."""

from __future__ import annotations

from telic.runtime.context import SpanContext, parent_span
from telic.runtime.telemetry.recorder import Recorder, format_traceparent
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status

SYSTEM = PEER = "nats"


class OpenMessage:
    """A span of a message that has begun."""

    __slots__ = ("parent_id", "span_id", "start", "trace_id", "traceparent")

    def __init__(self, recorder: Recorder, parent: SpanContext | None) -> None:
        self.trace_id, self.parent_id = parent or (recorder.trace_id(), "")
        self.span_id, self.start = recorder.span_id(), recorder.now()
        self.traceparent = format_traceparent(self.trace_id, self.span_id)


class QueueSpans:
    """Spans and durations of what one service sends to the queue and takes from it."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._shapes: dict[tuple[str, str, str], SpanShape] = {}

    def send(self) -> OpenMessage:
        """Begin the span of a message that is sent now."""
        return OpenMessage(self._recorder, parent_span())

    def sent(self, span: OpenMessage, subject: str, error_type: str) -> None:
        """End it; ``""`` is a message that is kept."""
        self._end(span, "send", subject, error_type)

    def take(self, parent: SpanContext | None) -> OpenMessage:
        """Begin the span of a message that is handled now; `parent` is the one of its sending."""
        return OpenMessage(self._recorder, parent)

    def taken(self, span: OpenMessage, subject: str, error_type: str) -> None:
        """End it."""
        self._end(span, "process", subject, error_type)

    def _end(self, span: OpenMessage, what: str, subject: str, error_type: str) -> None:
        recorder = self._recorder
        if not recorder.enabled:
            return
        key = (what, subject, error_type)
        shape = self._shapes.get(key)
        if shape is None:
            shape = self._shapes[key] = self._shape(*key)
        recorder.span(shape, span.trace_id, span.span_id, span.parent_id, span.start, recorder.now())

    def _shape(self, what: str, subject: str, error_type: str) -> SpanShape:
        sends = what == "send"
        attributes: dict[str, object] = {
            "messaging.system": SYSTEM,
            "messaging.operation.name": "publish" if sends else "process",
            "messaging.operation.type": what,
            "messaging.destination.name": subject,
            "peer.service": PEER if sends else None,
            "error.type": error_type or None,
        }
        labels: dict[str, str | int] = {"messaging.system": SYSTEM, "messaging.destination.name": subject}
        if error_type:
            labels["error.type"] = error_type
        return SpanShape(
            f"{what} {subject}",
            Kind.PRODUCER if sends else Kind.CONSUMER,
            attributes,
            status=Status.ERROR if error_type else Status.UNSET,
            series=self._recorder.metrics.series(
                "messaging.client.operation.duration" if sends else "messaging.process.duration", labels
            ),
        )
