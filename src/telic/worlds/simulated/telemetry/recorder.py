"""The recorder of a simulated instance: ids from a seed, virtual time, and everything taken at once."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Sequence

from telic.runtime.telemetry.recorder import LIMIT, LogRecord, Recorder, SpanRecord
from telic.worlds.simulated.telemetry.metrics import SimulatedMetrics


class SimulatedRecorder(Recorder):
    """Collects spans, logs and measurements of one simulated instance.

    Parameters
    ----------
    rng
        Where ids come from; it belongs to this recorder alone.
    now_ns
        Virtual wall clock [ns since the epoch].
    limit
        How many spans, and how many logs, may wait for the next export [1].
    """

    metrics: SimulatedMetrics

    def __init__(self, rng: random.Random, now_ns: Callable[[], int], *, limit: int = LIMIT) -> None:
        super().__init__(limit=limit, now=now_ns)
        self._bits = rng.getrandbits
        self.metrics = SimulatedMetrics()
        self.dropped = self.metrics.counter("telic.telemetry.dropped")

    def take(self) -> tuple[Sequence[SpanRecord], Sequence[LogRecord]]:
        """Return the spans and logs that wait, and begin anew."""
        spans, logs = self.spans, self.logs
        if spans:
            self.spans = deque()
        if logs:
            self.logs = deque()
        return spans or (), logs or ()
