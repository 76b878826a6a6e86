"""The exporter of a simulated instance: every half second of virtual time it takes what the recorder has."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from telic.runtime.telemetry.recorder import LogRecord, SpanRecord
from telic.worlds.simulated.telemetry.metrics import Numbers, SimulatedMetrics
from telic.worlds.simulated.telemetry.origins import Origin
from telic.worlds.simulated.telemetry.recorder import SimulatedRecorder

INTERVAL = 0.5  # between two exports, as live [s]


@dataclass(frozen=True)
class Export:
    """What one instance sent at once; rows are made of it when somebody asks."""

    visible: float  # from when on queries see it [s on the loop's scale]
    since_ns: int  # when the interval of its metrics began [ns since the epoch]
    received_ns: int
    origin: Origin
    metrics: SimulatedMetrics
    numbers: Numbers
    spans: Sequence[SpanRecord]
    logs: Sequence[LogRecord]

    def measures(self) -> bool:
        """Whether it has data points."""
        numbers = self.numbers
        return bool(numbers.gauges or numbers.counters) or any(each[0].series is not None for each in self.spans)


class SimulatedExporter:
    """Exports one recorder until it is closed or killed.

    Parameters
    ----------
    loop
        Virtual time.
    recorder
        What is exported.
    origin
        Under which resource.
    phase
        When the first export comes [s]; the next ones come every 0.5 s.
    deliver
        Takes an export.
    origin_of
        Makes an origin of resource attributes.
    delay
        Between an export and its visibility [s].
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        recorder: SimulatedRecorder,
        origin: Origin,
        *,
        phase: float,
        deliver: Callable[[Export], None],
        origin_of: Callable[[Mapping[str, object]], Origin],
        delay: float,
    ) -> None:
        self._loop, self._recorder, self._origin = loop, recorder, origin
        self._deliver, self._origin_of, self._delay = deliver, origin_of, delay
        self._since = recorder.now()
        self._due = loop.time() + phase
        self._timer: asyncio.TimerHandle | None = loop.call_at(self._due, self._tick)
        self._paused = self._ended = False

    def retarget(self, resource: Mapping[str, object]) -> None:
        """Send under another resource from now on, what waits included."""
        self._origin = self._origin_of(resource)

    def flush(self) -> None:
        """Export what was recorded."""
        recorder = self._recorder
        if self._ended:
            return
        if not recorder.enabled:
            self._since = recorder.now()
            return
        spans, logs = recorder.take()
        since, self._since = self._since, recorder.now()
        numbers = recorder.metrics.numbers()
        visible = self._loop.time() + self._delay
        self._deliver(Export(visible, since, self._since, self._origin, recorder.metrics, numbers, spans, logs))

    def pause(self) -> None:
        """Stand still with the process; what is recorded waits."""
        self._paused = True
        self._stop()

    def resume(self) -> None:
        """Go on; an export that was due comes at once."""
        if self._paused and not self._ended:
            self._paused = False
            self._due = max(self._due, self._loop.time())
            self._timer = self._loop.call_at(self._due, self._tick)

    def close(self) -> None:
        """End in good order: export what is left (SIGTERM)."""
        self.flush()
        self.kill()

    def kill(self) -> None:
        """End at once; what was not exported is lost (SIGKILL)."""
        self._ended = True
        self._stop()

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self.flush()
        self._due += INTERVAL
        self._timer = self._loop.call_at(self._due, self._tick)
