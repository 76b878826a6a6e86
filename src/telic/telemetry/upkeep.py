"""Keeps the store small: whole hours are dropped by size and by age, finished ones are moved to Parquet."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass

import duckdb

from telic.telemetry.archive import Hour, Written
from telic.telemetry.database import Database

log = logging.getLogger(__name__)

TIDY = 5.0  # between two looks [s]
LATER = 600.0  # after an hour that could not be written [s]


@dataclass(frozen=True)
class Retention:
    """What stays.

    Attributes
    ----------
    bytes
        How large the store may become [bytes].
    seconds
        How long rows are kept; 0 keeps them until they take too much space [s].
    archive
        Whether finished hours are moved to Parquet.
    """

    bytes: int
    seconds: float = 0.0
    archive: bool = True


class Upkeep:
    """What the thread that commits does between commits; only writing Parquet has a thread of its own.

    Parameters
    ----------
    database
        What is kept small.
    retention
        How small.
    """

    def __init__(self, database: Database, retention: Retention) -> None:
        self._database, self._retention = database, retention
        self._looked = self._failed = float("-inf")
        self._writing: threading.Thread | None = None
        self._written: tuple[Hour, list[Written]] | None = None
        self._purging = True  # an earlier process may have ended in between
        self.bytes, self.file_bytes = database.sizes()

    def step(self) -> None:
        """Do a little of what is due."""
        now = time.monotonic()
        try:
            if self._written is not None:
                self._adopt(*self._written)
            elif self._purging:
                self._purging = self._database.purge()
            elif now - self._looked > TIDY:
                self._looked = now
                self._look(now)
        except duckdb.Error as error:
            self._looked, self._purging = now, False
            log.error("could not make the store smaller: %s", str(error).splitlines()[0])

    def wait(self) -> None:
        """Wait for an hour that is being written."""
        if self._writing is not None:
            self._writing.join()

    def _look(self, now: float) -> None:
        self._measure()
        keep = self._retention
        if keep.seconds:
            for dropped in self._database.drop_before(time.time_ns() - round(keep.seconds * 1e9)):
                log.info("dropped %s: older than %g s", dropped, keep.seconds)
        while self.bytes > keep.bytes and (gone := self._database.drop_oldest()):
            before = self.bytes
            self._measure()
            log.info("dropped %s: %d bytes became %d", gone, before, self.bytes)
        if not keep.archive or self._writing is not None or now - self._failed < LATER:
            return
        if (hour := self._database.finished_hour(time.time_ns())) is not None:
            self._writing = threading.Thread(target=self._write, args=(hour,), name="archive", daemon=True)
            self._writing.start()

    def _write(self, hour: Hour) -> None:
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)  # ingest and queries go first
        try:
            self._written = hour, self._database.archive(hour)
        except (duckdb.Error, OSError) as error:
            self._failed = time.monotonic()
            self._writing = None
            log.error("could not archive the hour of %s: %s", hour.name, str(error).splitlines()[0])

    def _adopt(self, hour: Hour, written: list[Written]) -> None:
        self._writing = self._written = None
        self._database.adopt(hour, written)
        self._purging = True
        log.info("archived the hour of %s: %d rows", hour.name, sum(each.rows for each in written))

    def _measure(self) -> None:
        self.bytes, self.file_bytes = self._database.sizes()
