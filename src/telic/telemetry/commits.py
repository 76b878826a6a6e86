"""Group commits: one thread reads what arrived, writes it in one transaction, and only then lets the senders know."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from telic.errors import StoreFailed
from telic.telemetry.database import Database, damaged
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.body import Answer
from telic.telemetry.otlp.decoder import Decoder
from telic.telemetry.rollup import Rollup

log = logging.getLogger(__name__)

INTERVAL = 0.25  # between two commits [s]
COMMIT_MAX = 8 << 20  # bodies that one commit takes [bytes]
TIDY = 5.0  # between two looks at the size of the store [s]
COMPLAINTS = 10.0  # between two log lines about the same failure [s]
REPEATED = 30.0  # a store that fails twice within this time is begun anew [s]


@dataclass(frozen=True)
class Arrival:
    """One request that waits for its commit."""

    table: str
    data: bytes
    media: str  # protobuf or JSON
    encoding: str  # gzip or nothing
    received_ns: int
    answer: Callable[[Answer], None]  # called once, on the serving thread


@dataclass
class Counts:
    """What was committed and what was not, since the start."""

    spans: int = 0
    logs: int = 0
    metrics: int = 0
    commits: int = 0
    rejected: int = 0
    failed: int = 0
    lag: float = 0.0  # [s]
    newest_ns: int = 0
    bytes: int = 0
    file_bytes: int = 0


class Committer:
    """The thread that owns the database.

    Parameters
    ----------
    database, rollup
        What it fills.
    keep
        How large the store may become [bytes].
    deliver
        Takes answers to the thread that serves; called once a commit.
    interval
        Between two commits [s].
    decoder
        Reads bodies; the plain way by default.
    """

    def __init__(
        self,
        database: Database,
        rollup: Rollup,
        *,
        keep: int,
        deliver: Callable[[Sequence[tuple[Arrival, Answer]]], None],
        interval: float = INTERVAL,
        decoder: Decoder | None = None,
    ) -> None:
        self.counts = Counts(newest_ns=database.newest())
        self._database, self._rollup, self._keep = database, rollup, keep
        self._deliver, self._interval = deliver, interval
        self._decoder = decoder or Decoder()
        self._waiting: deque[Arrival] = deque()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._tidied = self._failed_at = self._complained = float("-inf")
        self._thread = threading.Thread(target=self._run, name="commits", daemon=True)
        self._measure()
        self._thread.start()

    @property
    def compiled(self) -> bool:
        """Whether bodies are read by the compiled scanners."""
        return self._decoder.compiled

    def put(self, arrival: Arrival) -> None:
        """Take a request; its answer comes after the commit."""
        self._waiting.append(arrival)
        self._wake.set()

    def stop(self) -> None:
        """Commit what is there and end the thread."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._wake.wait(TIDY)
            self._wake.clear()
            began = time.monotonic()
            while self._waiting:
                self._commit(self._take())
            if began - self._tidied > TIDY:
                self._tidy()
            if self._stopping.is_set() and not self._waiting:
                return
            self._stopping.wait(max(0.0, began + self._interval - time.monotonic()))

    def _take(self) -> list[Arrival]:
        taken, size = [], 0
        while self._waiting and size < COMMIT_MAX:
            taken.append(self._waiting.popleft())
            size += len(taken[-1].data)
        return taken

    def _commit(self, arrivals: list[Arrival]) -> None:
        answers = [(each, self._read(each)) for each in arrivals]
        tables, live = self._decoder.finish()
        try:
            if tables:
                self._database.append(tables)
        except duckdb.Error as error:
            self._fail(error)
            answers = [(each, self._unavailable(each, answer)) for each, answer in answers]
        else:
            now = time.time()
            self._rollup.add(live, now=now)
            counts = self.counts
            counts.commits += 1
            counts.lag = now - arrivals[0].received_ns / 1e9
            counts.newest_ns = arrivals[-1].received_ns if tables else counts.newest_ns
            for table, columns in tables.items():
                setattr(counts, table, getattr(counts, table) + columns.num_rows)
        finally:
            self._decoder.recycle()
        self._deliver(answers)

    def _read(self, arrival: Arrival) -> Answer:
        table, media = arrival.table, arrival.media
        try:
            data = otlp.unpack(arrival.data, arrival.encoding)
            rejected, reason = self._decoder.read(table, data, media, arrival.received_ns)
        except otlp.UnreadableBody as error:
            self.counts.rejected += 1
            log.warning("refused a body of %d bytes for %s: %s", len(arrival.data), table, error)
            return otlp.refused(400, otlp.INVALID_ARGUMENT, str(error), media)
        return otlp.accepted(table, media, rejected, reason)

    def _unavailable(self, arrival: Arrival, answer: Answer) -> Answer:
        if answer.status != 200:
            return answer
        self.counts.failed += 1
        said = "the store cannot write now; send it again"
        return otlp.refused(503, otlp.UNAVAILABLE, said, arrival.media, retry_after=1)

    def _fail(self, error: duckdb.Error) -> None:
        now = time.monotonic()
        if now - self._complained > COMPLAINTS:
            self._complained = now
            said = str(error).splitlines()[0]
            log.error("could not commit: %s; senders are asked to try again; check the disk", said)
        if isinstance(error, duckdb.OutOfMemoryException):
            return  # a heavy query beside; the store itself is well
        try:
            self._database.reopen(anew=damaged(error) and now - self._failed_at < REPEATED)
        except (StoreFailed, duckdb.Error) as again:
            log.error("could not open the store again: %s", again)
        self._failed_at = now

    def _tidy(self) -> None:
        self._tidied = time.monotonic()
        try:
            self._measure()
            while self.counts.bytes > self._keep and (dropped := self._database.drop_oldest()):
                before = self.counts.bytes
                self._measure()
                log.info("dropped %s: %d bytes became %d", dropped, before, self.counts.bytes)
        except duckdb.Error as error:
            log.error("could not make the store smaller: %s", error)

    def _measure(self) -> None:
        self.counts.bytes, self.counts.file_bytes = self._database.sizes()
