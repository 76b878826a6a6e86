"""Client spans of simulated stores: those of the live ones, with times that were computed."""

from __future__ import annotations

from telic.runtime.context import parent_span
from telic.runtime.statements import Statement
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.shapes import SpanShape
from telic.runtime.telemetry.store_spans import StoreSpans


class ComputedSpans(StoreSpans):
    """Spans whose end is given where several statements were waited for at once."""

    def __init__(self, system: str, peer: str, recorder: Recorder) -> None:
        super().__init__(system, peer, recorder)
        self._plain: dict[str, SpanShape] = {}

    def between(self, start: int, end: int, statement: Statement) -> None:
        """Record the span of a statement that went well; times in ns since the epoch."""
        recorder = self._recorder
        if recorder.enabled:
            trace_id, parent_id = parent_span() or (recorder.trace_id(), "")
            shape = self._plain.get(statement.name) or self._remember(statement)
            recorder.span(shape, trace_id, recorder.span_id(), parent_id, start, end)

    def _remember(self, statement: Statement) -> SpanShape:
        shape = self._plain[statement.name] = self._shape(statement, "", "")
        return shape
