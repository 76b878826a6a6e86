"""Loggers of simulated instances: each its own, at virtual time, so that no line reaches another's telemetry."""

from __future__ import annotations

import logging

from telic.runtime.telemetry.logs import RecorderHandler
from telic.runtime.telemetry.recorder import Recorder


class VirtualHandler(RecorderHandler):
    """Feeds the recorder; a line is as old as virtual time says."""

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        record.created = self._recorder.now() / 1e9
        super().emit(record)


def instance_log(service: str, recorder: Recorder, level: int | str = logging.INFO) -> logging.Logger:
    """Return a logger that feeds `recorder` and nothing else; `logging.getLogger` does not know it."""
    log = logging.Logger(service, level)
    log.propagate = False
    log.addHandler(VirtualHandler(recorder))
    return log
