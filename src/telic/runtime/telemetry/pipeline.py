"""Recorder, export thread and log handlers of one process, as its configuration wants them."""

from __future__ import annotations

import logging
import sys

from telic.runtime.config import Config
from telic.runtime.telemetry.export import Exporter, Target
from telic.runtime.telemetry.logs import RecorderHandler
from telic.runtime.telemetry.recorder import Recorder

FLUSH = 1.0  # at the end everything must be out within this [s]
_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


class Pipeline:
    """Telemetry of one process, from its first log line to its last flush."""

    def __init__(self, service: str, instance: str) -> None:
        self.recorder = Recorder()
        self._service, self._instance = service, instance
        self._exporter: Exporter | None = None
        self._handlers = (RecorderHandler(self.recorder), logging.StreamHandler(sys.stderr))
        self._handlers[1].setFormatter(logging.Formatter(_FORMAT))
        self._root = logging.getLogger()
        self._before = (list(self._root.handlers), self._root.level)
        self._root.handlers[:] = self._handlers
        self._root.setLevel(logging.INFO)

    def apply(self, config: Config) -> None:
        """Follow the configuration: level, endpoint, interval, on or off."""
        self._root.setLevel(str(config.settings.get("log.level", "INFO")))
        wanted = config.telemetry
        self.recorder.enabled = wanted.enabled
        if not wanted.enabled:
            self._stop()
            return
        target = Target(wanted.endpoint, self.resource(config), wanted.interval)
        if self._exporter is None:
            self._exporter = Exporter(self.recorder, target)
            self._exporter.start()
        else:
            self._exporter.retarget(target)

    def resource(self, config: Config) -> dict[str, object]:
        """Return the attributes that everything from this process carries."""
        return resource_of(self._service, self._instance, config)

    def close(self) -> None:
        """Send what is left, and put logging back as it was."""
        self._stop()
        handlers, level = self._before
        self._root.handlers[:] = handlers
        self._root.setLevel(level)

    def _stop(self) -> None:
        if self._exporter is not None:
            self._exporter.close(FLUSH)
            self._exporter = None


def resource_of(service: str, instance: str, config: Config) -> dict[str, object]:
    """Return the attributes that everything from an instance of a service carries."""
    return {
        "service.namespace": config.system,
        "service.name": service,
        "service.version": config.version,
        "service.instance.id": instance,
        "telic.config.revision": config.revision,
    }
