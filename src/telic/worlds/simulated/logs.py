"""Logs of simulated instances: each has a logger of its own, with virtual time."""

from __future__ import annotations

import logging

from telic.clock import Clock
from telic.runtime.telemetry.logs import RecorderHandler
from telic.runtime.telemetry.recorder import Recorder


class VirtualLogs(RecorderHandler):
    """Feeds a recorder with records that bear the time of `clock`."""

    def __init__(self, recorder: Recorder, clock: Clock) -> None:
        super().__init__(recorder)
        self._clock = clock

    def createLock(self) -> None:
        """One thing happens at a time: no lock is needed."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Keep one record."""
        record.created = self._clock.time()
        super().emit(record)


def virtual_log(service: str, recorder: Recorder, clock: Clock) -> logging.Logger:
    """Return a logger that nothing else in this process knows."""
    log = logging.Logger(service, logging.INFO)
    log.addHandler(VirtualLogs(recorder, clock))
    return log
