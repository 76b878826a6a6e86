"""Client spans of stores, one a statement or command."""

from __future__ import annotations

from telic.runtime.context import current_request, parent_span
from telic.runtime.statements import Statement
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status

_LATE = 0.001  # a cancelled statement with less time left was ended by the deadline [s]


class StoreSpans:
    """Spans of one store.

    Attributes
    ----------
    peer
        What the store is called.
    begin
        Gives when a statement begins [ns since the epoch].
    """

    def __init__(self, system: str, peer: str, recorder: Recorder) -> None:
        self._system, self.peer, self._recorder = system, peer, recorder
        self._shapes: dict[tuple[str, str, str], SpanShape] = {}
        self.begin = recorder.now

    def end(self, start: int, statement: Statement, sqlstate: str, error_type: str) -> None:
        """Record the span of `statement`; ``cancelled`` becomes ``deadline_exceeded`` where that was the reason."""
        recorder = self._recorder
        if not recorder.enabled:
            return
        if error_type == "cancelled":
            request = current_request()
            left = None if request is None else request.remaining()
            error_type = "deadline_exceeded" if left is not None and left <= _LATE else error_type
        trace_id, parent_id = parent_span() or (recorder.trace_id(), "")
        shape = self._shape(statement, sqlstate, error_type)
        recorder.span(shape, trace_id, recorder.span_id(), parent_id, start, recorder.now())

    def _shape(self, statement: Statement, sqlstate: str, error_type: str) -> SpanShape:
        key = (statement.name, sqlstate, error_type)
        found = self._shapes.get(key)
        if found is None:
            found = self._shapes[key] = self._make(statement, sqlstate, error_type)
        return found

    def _make(self, statement: Statement, sqlstate: str, error_type: str) -> SpanShape:
        attributes: dict[str, object] = {
            "db.system.name": self._system,
            "peer.service": self.peer,
            "db.query.summary": statement.name,
            "db.query.text": statement.sql if self._system == "postgresql" else None,
            "db.response.status_code": sqlstate or None,
            "error.type": error_type or None,
        }
        labels: dict[str, str | int] = {"db.query.summary": statement.name}
        return SpanShape(
            statement.name,
            Kind.CLIENT,
            attributes,
            status=Status.ERROR if error_type else Status.UNSET,
            series=self._recorder.metrics.series("db.client.operation.duration", labels),
        )
