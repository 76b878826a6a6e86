"""The telemetry of one simulated process, and the last lines that it printed."""

from __future__ import annotations

import logging

from telic.runtime.config import Config
from telic.runtime.telemetry.pipeline import resource_of
from telic.worlds.simulated.streams import stream
from telic.worlds.simulated.telemetry import SimulatedRecorder, SimulatedTelemetry
from telic.worlds.simulated.telemetry.export import SimulatedExporter

KEPT = 12  # lines of a process that are remembered [1]
_FORMAT = logging.Formatter("%(levelname)s %(name)s: %(message)s")


class SimulatedPipeline:
    """Implements `service.Pipeline`: nothing is exported before there is a configuration.

    Parameters
    ----------
    start
        How many processes of this name there were before [1].
    """

    def __init__(self, telemetry: SimulatedTelemetry, service: str, instance: str, seed: int, start: int) -> None:
        self._telemetry, self._service, self._instance = telemetry, service, instance
        rng = stream(seed, "recorder", instance, str(start))
        self._epoch = telemetry.start_ns  # the loop's time 0 as this process's clock has it [ns since the epoch]
        loop = telemetry.loop

        def now() -> int:
            return self._epoch + int(loop._now * 1e9)

        self.recorder = SimulatedRecorder(rng, now)
        self._exporter: SimulatedExporter | None = None

    def apply(self, config: Config) -> None:
        """Follow the configuration."""
        self.recorder.enabled = config.telemetry.enabled
        resource = resource_of(self._service, self._instance, config)
        if self._exporter is None:
            self._exporter = self._telemetry.attach(self._instance, resource, self.recorder)
        else:
            self._exporter.retarget(resource)

    def skew(self, seconds: float) -> None:
        """Stamp what is recorded from now on with a time that is `seconds` ahead [s]."""
        self._epoch = self._telemetry.start_ns + round(seconds * 1e9)

    def pause(self) -> None:
        """Export nothing: the process is stopped."""
        if self._exporter is not None:
            self._exporter.pause()

    def resume(self) -> None:
        """Export again."""
        if self._exporter is not None:
            self._exporter.resume()

    def close(self) -> None:
        """Export what is left and end."""
        if self._exporter is not None:
            self._exporter.close()

    def abandon(self) -> None:
        """End; what was not exported is lost."""
        if self._exporter is not None:
            self._exporter.kill()


class LastWords(logging.Handler):
    """Remembers the last lines that processes of one name printed, as a log file does."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def createLock(self) -> None:
        """One thing happens at a time: no lock is needed."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record, its trace included."""
        self.lines = [*self.lines, *_FORMAT.format(record).splitlines()][-KEPT:]
