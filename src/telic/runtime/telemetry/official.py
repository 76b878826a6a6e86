"""Spans made with the official OpenTelemetry API in a service's own code join the service's traces.

Needs the package ``opentelemetry-api``; a process that never imports it pays nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.proto.trace.v1 import trace_pb2
from opentelemetry.trace import Link, SpanKind, Status, StatusCode
from opentelemetry.util._decorator import _agnosticcontextmanager
from opentelemetry.util.types import Attributes, AttributeValue

from telic.runtime.context import SPAN, SpanContext, set_span_lookup
from telic.runtime.telemetry.logs import exception_attributes
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.shapes import Kind, SpanShape, key_values, span_event
from telic.runtime.telemetry.shapes import Status as ShapeStatus

_KINDS = {
    SpanKind.INTERNAL: Kind.INTERNAL,
    SpanKind.SERVER: Kind.SERVER,
    SpanKind.CLIENT: Kind.CLIENT,
    SpanKind.PRODUCER: Kind.PRODUCER,
    SpanKind.CONSUMER: Kind.CONSUMER,
}
_SAMPLED = trace.TraceFlags(trace.TraceFlags.SAMPLED)


def install(recorder: Recorder) -> None:
    """Make the official API record here, and let its current span be the parent of the runtime's own."""
    trace.set_tracer_provider(BridgeProvider(recorder))
    set_span_lookup(current_span)


def current_span() -> SpanContext | None:
    """Return the official API's current span, or else the request's."""
    found = trace.get_current_span().get_span_context()
    if found.is_valid:
        return SpanContext(f"{found.trace_id:032x}", f"{found.span_id:016x}")
    return SPAN.get()


class BridgeProvider(trace.TracerProvider):
    """Gives tracers that feed a recorder."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def get_tracer(
        self,
        instrumenting_module_name: str,
        instrumenting_library_version: str | None = None,
        schema_url: str | None = None,
        attributes: Attributes = None,
    ) -> trace.Tracer:
        """Return a tracer whose spans carry the module's name as their scope."""
        return BridgeTracer(self._recorder, instrumenting_module_name)


class BridgeTracer(trace.Tracer):
    """Starts spans that feed a recorder."""

    def __init__(self, recorder: Recorder, scope: str) -> None:
        self._recorder, self._scope = recorder, scope

    def start_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
    ) -> trace.Span:
        """Start a span under the context's current span, or else under the request's."""
        if not self._recorder.enabled:
            return trace.INVALID_SPAN
        parent = trace.get_current_span(context).get_span_context()
        if parent.is_valid:
            above: SpanContext | None = SpanContext(f"{parent.trace_id:032x}", f"{parent.span_id:016x}")
        else:
            above = SPAN.get()
        span = BridgeSpan(self._recorder, self._scope, name, _KINDS[kind], above, start_time)
        span.set_attributes(attributes or {})
        for link in links or ():
            span.add_link(link.context, link.attributes)
        return span

    @_agnosticcontextmanager
    def start_as_current_span(
        self,
        name: str,
        context: Context | None = None,
        kind: SpanKind = SpanKind.INTERNAL,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        start_time: int | None = None,
        record_exception: bool = True,
        set_status_on_exception: bool = True,
        end_on_exit: bool = True,
    ) -> Iterator[trace.Span]:
        """Start a span that is the current one inside the block."""
        span = self.start_span(name, context, kind, attributes, links, start_time)
        with trace.use_span(span, end_on_exit, record_exception, set_status_on_exception) as current:
            yield current


class BridgeSpan(trace.Span):
    """A span of the official API on its way into the recorder."""

    def __init__(
        self, recorder: Recorder, scope: str, name: str, kind: Kind, parent: SpanContext | None, start: int | None
    ) -> None:
        self._recorder, self._scope, self._name, self._kind = recorder, scope, name, kind
        self._trace_id, self._parent_id = parent or (recorder.trace_id(), "")
        self._span_id, self._start = recorder.span_id(), start or recorder.now()
        self._attributes: dict[str, object] = {}
        self._parts: list[bytes] = []  # events and links, serialised
        self._status, self._message = ShapeStatus.UNSET, ""
        self._open = True

    def get_span_context(self) -> trace.SpanContext:
        """Return the ids."""
        return trace.SpanContext(int(self._trace_id, 16), int(self._span_id, 16), is_remote=False, trace_flags=_SAMPLED)

    def is_recording(self) -> bool:
        """Whether it has not ended yet."""
        return self._open

    def set_attribute(self, key: str, value: AttributeValue) -> None:
        """Set one attribute."""
        self._attributes[key] = value

    def set_attributes(self, attributes: Mapping[str, AttributeValue]) -> None:
        """Set several attributes."""
        self._attributes.update(attributes)

    def add_event(self, name: str, attributes: Attributes = None, timestamp: int | None = None) -> None:
        """Add an event."""
        self._parts.append(span_event(name, timestamp or self._recorder.now(), attributes or {}))

    def add_link(self, context: trace.SpanContext, attributes: Attributes = None) -> None:
        """Add a link to another span."""
        link = trace_pb2.Span.Link(
            trace_id=context.trace_id.to_bytes(16, "big"),
            span_id=context.span_id.to_bytes(8, "big"),
            attributes=key_values(attributes or {}),
        )
        self._parts.append(trace_pb2.Span(links=[link]).SerializeToString())

    def update_name(self, name: str) -> None:
        """Take another name."""
        self._name = name

    def set_status(self, status: Status | StatusCode, description: str | None = None) -> None:
        """Set the status; once it is ok it stays so."""
        code = status.status_code if isinstance(status, Status) else status
        message = (status.description if isinstance(status, Status) else description) or ""
        if self._status is not ShapeStatus.OK and code is not StatusCode.UNSET:
            self._status, self._message = ShapeStatus(code.value), message if code is StatusCode.ERROR else ""

    def record_exception(
        self,
        exception: BaseException,
        attributes: Attributes = None,
        timestamp: int | None = None,
        escaped: bool = False,
    ) -> None:
        """Add the event of an exception."""
        facts = {**exception_attributes(exception), "exception.escaped": str(escaped), **(attributes or {})}
        self._parts.append(span_event("exception", timestamp or self._recorder.now(), facts))

    def end(self, end_time: int | None = None) -> None:
        """Hand it to the recorder, once."""
        if not self._open:
            return
        self._open = False
        shape = SpanShape(
            self._name,
            self._kind,
            self._attributes,
            status=self._status,
            message=self._message,
            scope=self._scope,
        )
        end = end_time or self._recorder.now()
        self._recorder.span(
            shape, self._trace_id, self._span_id, self._parent_id, self._start, end, b"".join(self._parts)
        )
