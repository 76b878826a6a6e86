"""Group commits: one thread reads what arrived, writes it in one transaction, and only then lets the senders know."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb

from telic.errors import StoreFailed
from telic.telemetry.columns import Columns
from telic.telemetry.database import Database
from telic.telemetry.opening import damaged
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.body import Answer
from telic.telemetry.otlp.decoder import Decoder
from telic.telemetry.rollup import Rollup
from telic.telemetry.upkeep import TIDY, Retention, Upkeep

log = logging.getLogger(__name__)

INTERVAL = 0.25  # between two commits [s]
COMMIT_MAX = 8 << 20  # unpacked bodies that one commit takes [bytes]
RETRIES = 3  # of a commit for which queries left no memory [1]
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
    invalid: int = 0
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
        How large the store may become [bytes], or all there is to say about what stays.
    deliver
        Takes answers to the thread that serves; called once a commit.
    interval
        Between two commits [s].
    decoder
        Reads bodies; the plain way by default.
    most
        How much one commit takes, unpacked [bytes].
    relieve
        Ends queries that left no memory for a commit.
    """

    def __init__(
        self,
        database: Database,
        rollup: Rollup,
        *,
        keep: int | Retention,
        deliver: Callable[[Sequence[tuple[Arrival, Answer]]], None],
        interval: float = INTERVAL,
        decoder: Decoder | None = None,
        most: int = COMMIT_MAX,
        relieve: Callable[[], None] | None = None,
    ) -> None:
        self.counts = Counts(newest_ns=database.newest())
        self._database, self._rollup = database, rollup
        self._most, self._relieve = most, relieve
        self._upkeep = Upkeep(database, keep if isinstance(keep, Retention) else Retention(keep))
        self._deliver, self._interval = deliver, interval
        self._decoder = decoder or Decoder()
        self._waiting: deque[Arrival] = deque()
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._failed_at = self._complained = float("-inf")
        self._thread = threading.Thread(target=self._run, name="commits", daemon=True)
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
                self._commit()
            self._upkeep.step()
            self.counts.bytes, self.counts.file_bytes = self._upkeep.bytes, self._upkeep.file_bytes
            if self._stopping.is_set() and not self._waiting:
                return
            self._stopping.wait(max(0.0, began + self._interval - time.monotonic()))

    def _commit(self) -> None:
        answers: list[tuple[Arrival, Answer]] = []
        size = 0
        while self._waiting and size < self._most:
            arrival = self._waiting.popleft()
            answer, unpacked = self._read(arrival)
            answers.append((arrival, answer))
            size += unpacked
        tables, live = self._decoder.finish()
        try:
            if tables:
                self._append(tables)
        except duckdb.Error as error:
            self._fail(error)
            answers = [(each, self._unavailable(each, answer)) for each, answer in answers]
        else:
            now = time.time()
            self._rollup.add(live, now=now)
            counts = self.counts
            counts.commits += 1
            counts.lag = now - answers[0][0].received_ns / 1e9
            counts.newest_ns = answers[-1][0].received_ns if tables else counts.newest_ns
            for table, columns in tables.items():
                setattr(counts, table, getattr(counts, table) + columns.num_rows)
        finally:
            self._decoder.recycle()
        self._deliver(answers)

    def _append(self, tables: Mapping[str, Columns]) -> None:
        """Write; where queries beside took all the memory, end them rather than turn senders away."""
        for attempt in range(RETRIES + 1):
            try:
                self._database.append(tables)
            except duckdb.OutOfMemoryException:
                if self._relieve is None or attempt == RETRIES:
                    raise
                self._relieve()
                time.sleep(0.05 * (attempt + 1))
            else:
                return

    def _read(self, arrival: Arrival) -> tuple[Answer, int]:
        table, media = arrival.table, arrival.media
        try:
            data = otlp.unpack(arrival.data, arrival.encoding)
            rejected, reason = self._decoder.read(table, data, media, arrival.received_ns)
        except otlp.UnreadableBody as error:
            self.counts.rejected += 1
            log.warning("refused a body of %d bytes for %s: %s", len(arrival.data), table, error)
            return otlp.refused(400, otlp.INVALID_ARGUMENT, str(error), media), len(arrival.data)
        if rejected:
            self.counts.invalid += rejected
            log.warning("left out %d %s of a body: %s", rejected, table, reason)
        return otlp.accepted(table, media, rejected, reason), len(data)

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
