"""Spans to a call graph, exclusive times, network times and the order of events; healthy against now."""

from telic.context.traces.sequence import Break, Broken, breaks
from telic.context.traces.spans import Spans, read_spans
from telic.context.traces.timing import Timing, timing, timing_deviations

__all__ = ["Break", "Broken", "Spans", "Timing", "breaks", "read_spans", "timing", "timing_deviations"]
