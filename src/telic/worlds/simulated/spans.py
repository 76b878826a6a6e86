"""Client spans of simulated stores: those of the live ones, with times that were computed."""

from __future__ import annotations

from typing import NamedTuple

from telic.runtime.context import parent_span
from telic.runtime.statements import Statement
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.shapes import SpanShape
from telic.runtime.telemetry.store_spans import StoreSpans
from telic.worlds.simulated.statements import BEGIN_TIME, Charge, Plan


class Pace(NamedTuple):
    """How fast a plan's statements were."""

    factor: float
    share: float  # of a CPU [1]
    late: float  # for the link, each statement [s]

    @property
    def begin(self) -> int:
        """How long BEGIN took [ns]."""
        return round((BEGIN_TIME * self.factor + self.late) * 1e9)

    def of(self, charge: Charge) -> int:
        """Return how long a statement took [ns]."""
        return round(((charge.travel + charge.cpu / self.share) * self.factor + self.late) * 1e9)


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

    def all_of(self, plan: Plan, start: int, pace: Pace, count: int) -> None:
        """Record the first `count` statements, each ending where the next begins, the last one now."""
        end, times = self.begin(), []
        for each in reversed(plan.charges):
            begin = max(start, end - pace.of(each))
            times.append((begin, end, each))
            end = begin
        for begin, end, each in reversed(times[len(times) - count :]):
            self.between(begin, end, each.statement)

    def until_now(self, plan: Plan, start: int, begun: int, pace: Pace, kind: str) -> Charge:
        """Record what was done when it ended early, and return the statement that was not."""
        now = self.begin()
        end = begun + pace.begin * plan.transaction
        for each in plan.charges[:-1]:
            begin, end = end, end + pace.of(each)
            if end > now:
                self.end(min(start if each is plan.charges[0] else begin, now), each.statement, "", kind)
                return each
            self.between(begin, end, each.statement)
        last = plan.charges[-1]
        self.end(min(end if len(plan.charges) > 1 else start, now), last.statement, "", kind)
        return last
