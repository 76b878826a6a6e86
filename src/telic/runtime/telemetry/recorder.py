"""The hot path of telemetry: append a tuple, never wait, never grow without bound."""

from __future__ import annotations

import random
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from itertools import chain
from typing import NamedTuple

from telic.runtime.context import SpanContext
from telic.runtime.telemetry.metrics import Metrics
from telic.runtime.telemetry.shapes import SpanShape

SpanRecord = tuple[SpanShape, str, str, str, int, int, bytes]  # shape, trace, span, parent, start, end [ns], events
LIMIT = 20_000  # spans and as many logs that may wait for the next export [1]
_NO_ID, _NO_TRACE = "0" * 16, "0" * 32
_DIGITS = "0123456789abcdef-"  # of a header
_new = tuple.__new__  # half the time of a named tuple's own constructor
_AT_ONCE = 128  # ids, which takes a fourth of the time each [1]
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?"
).fullmatch


class LogRecord(NamedTuple):
    """One log line on its way out."""

    time: int  # [ns since the epoch]
    severity: int  # OTLP's number
    text: str  # INFO
    body: str
    trace_id: str  # hexadecimal, "" outside a request
    span_id: str
    attributes: Mapping[str, object]


class Recorder:
    """Collects spans and logs of this process until the export thread takes them.

    Parameters
    ----------
    enabled
        False: nothing is kept, ids are empty.
    limit
        How many spans, and how many logs, may wait [1]; the rest is dropped and counted.
    now
        Wall clock [ns since the epoch].

    Attributes
    ----------
    span_id
        Gives a new span id, 16 hexadecimal digits.
    """

    def __init__(self, *, enabled: bool = True, limit: int = LIMIT, now: Callable[[], int] = time.time_ns) -> None:
        self.enabled, self.limit, self.now = enabled, limit, now
        self.spans: deque[SpanRecord] = deque()
        self.logs: deque[LogRecord] = deque()
        self.metrics = Metrics()
        self.dropped = self.metrics.counter("telic.telemetry.dropped")
        self._bits = random.Random().getrandbits
        self.span_id = chain.from_iterable(iter(self._some_ids, None)).__next__

    def _some_ids(self) -> list[str]:
        return _ids(self._bits(64 * _AT_ONCE))

    def trace_id(self) -> str:
        """Return a new trace id, 32 hexadecimal digits."""
        return f"{self._bits(128) or 1:032x}"

    def span(
        self, shape: SpanShape, trace_id: str, span_id: str, parent_id: str, start: int, end: int, events: bytes = b""
    ) -> None:
        """Keep a finished span; ids in hexadecimal, times in ns since the epoch."""
        if len(self.spans) < self.limit:
            self.spans.append((shape, trace_id, span_id, parent_id, start, end, events))
        else:
            self.dropped.value += 1

    def log(self, record: LogRecord) -> None:
        """Keep a log record."""
        if not self.enabled:
            return
        if len(self.logs) < self.limit:
            self.logs.append(record)
        else:
            self.dropped.value += 1


def parse_traceparent(header: str) -> SpanContext | None:
    """Read a W3C ``traceparent``; None where it is none (a new trace begins).

    Examples
    --------
    >>> parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01").span_id
    'b7ad6b7169203331'
    """
    if len(header) == 55 and header[:3] == "00-" and header[35] == header[52] == "-" and header.count("-") == 3:
        trace_id, span_id = header[3:35], header[36:52]
        if not header.strip(_DIGITS) and trace_id != _NO_TRACE and span_id != _NO_ID:  # as nearly all are
            return _new(SpanContext, (trace_id, span_id))
    found = _TRACEPARENT(header)
    return SpanContext(*found.groups()) if found else None


def format_traceparent(trace_id: str, span_id: str) -> str:
    """Write a W3C ``traceparent`` of a sampled span."""
    return f"00-{trace_id}-{span_id}-01"


def _ids(bits: int) -> list[str]:
    """Return span ids made of so many random bits; none is all zeros."""
    digits = f"{bits:0{16 * _AT_ONCE}x}"
    found = [digits[at : at + 16] for at in range(len(digits) - 16, -1, -16)]
    return [each if each != _NO_ID else f"{1:016x}" for each in found] if _NO_ID in found else found
