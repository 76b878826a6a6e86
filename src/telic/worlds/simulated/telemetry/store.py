"""Telemetry of one simulated world: takes exports on virtual time, answers queries as the live receiver does."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence

import duckdb

from telic.model import Row
from telic.model.topology import Scalar
from telic.telemetry.columns import TABLES, TableRow
from telic.telemetry.in_process import ask_patiently
from telic.worlds.local.events import Event
from telic.worlds.local.events_otlp import encode
from telic.worlds.simulated.clock import START
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.streams import stream
from telic.worlds.simulated.telemetry.export import INTERVAL, Export, SimulatedExporter
from telic.worlds.simulated.telemetry.looks import Looks
from telic.worlds.simulated.telemetry.origins import Constants, Origin, decode_logs
from telic.worlds.simulated.telemetry.recorder import SimulatedRecorder
from telic.worlds.simulated.telemetry.rows import MINUTE, Rows
from telic.worlds.simulated.telemetry.tables import Tables

DELAY = 0.2  # from an export to its commit [s]
RETAINED = 2_000_000_000  # [bytes]
MANY = 16_384  # spans that wait as Python objects at most [1]
MANY_EXPORTS = 1_024  # and exports [1]
LEFT = 0.75  # of what is retained stays when the oldest minutes go [1]


class SimulatedTelemetry:
    """The receiver's and the store's place in a simulated world.

    Parameters
    ----------
    loop
        Virtual time.
    seed
        Decides when in the half second each instance exports.
    retention_bytes
        Above which the oldest whole minutes are dropped [bytes].
    start
        Wall clock at the loop's time 0 [s since the epoch].

    Attributes
    ----------
    start_ns
        The same [ns since the epoch].
    """

    def __init__(
        self,
        loop: VirtualLoop,
        seed: int,
        retention_bytes: int = RETAINED,
        *,
        start: float = START,
    ) -> None:
        self.loop, self._seed, self._retained = loop, seed, retention_bytes
        self.start_ns = int(start) * 10**9 + int(start % 1.0 * 1e9)
        self._tables, self._constants, self._looks = Tables(retention_bytes), Constants(), Looks()
        self._rows = Rows(self._constants)
        self._origins: dict[bytes, Origin] = {}
        self._coming: deque[Export] = deque()  # not visible yet
        self._visible: list[Export] = []  # and not in the tables yet
        self._told: deque[tuple[float, int, list[TableRow]]] = deque()  # events: when visible, when received, rows
        self._waiting = 0  # spans of both
        self._attached: dict[str, int] = {}
        self._minutes: dict[int, int] = {}
        self._store = SimulatedStore(self)

    def store(self) -> SimulatedStore:
        """Return what queries ask."""
        return self._store

    def attach(
        self,
        instance: str,
        resource: Mapping[str, object],
        recorder: SimulatedRecorder,
        loop: asyncio.AbstractEventLoop | None = None,
    ) -> SimulatedExporter:
        """Export `recorder` every 0.5 s from now on, in a phase of its own.

        Parameters
        ----------
        instance
            Its name; attached again after a restart it gets another phase.
        resource
            As `telic.runtime.telemetry.pipeline.Pipeline.resource` has it.
        recorder
            Of one process; a new process has a new one.
        loop
            Virtual time, where it is another loop's.
        """
        count = self._attached[instance] = self._attached.get(instance, 0) + 1
        phase = stream(self._seed, "telemetry", instance, str(count)).random() * INTERVAL
        return SimulatedExporter(
            loop or self.loop,
            recorder,
            self.origin(resource),
            phase=phase,
            deliver=self.deliver,
            origin_of=self.origin,
            delay=DELAY,
        )

    def origin(self, resource: Mapping[str, object]) -> Origin:
        """Return the one origin of a resource."""
        made = Origin(resource, self._constants)
        return self._origins.setdefault(made.encoded, made)

    def deliver(self, export: Export) -> None:
        """Take an export; queries see it 0.2 s later."""
        self._coming.append(export)
        self._waiting += len(export.spans)
        if self._waiting > MANY or len(self._coming) + len(self._visible) > MANY_EXPORTS:
            self.settle()

    def events(self, system: str, events: Sequence[Event]) -> None:
        """Take what the supervisor did and saw as the logs that it sends to a live receiver; seen 0.2 s later."""
        now = self.now_ns()
        self._told.append((self.loop.time() + DELAY, now, decode_logs(encode(system, events), now)))

    def event(self, system: str, event: Event) -> None:
        """Store one event."""
        self.events(system, [event])

    def poll(self, sql: str, params: Sequence[Scalar | None]) -> list[Row] | None:
        """Return the operator's poll from running counts; None for any other query."""
        self._arrive()
        return self._looks.answer(sql, params, self.now_ns())

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own to all that is visible; close it."""
        self.settle()
        self._tables.set_now(self.now_ns())
        return self._tables.cursor()

    def settle(self) -> None:
        """Write what is visible into the tables, and drop the oldest minutes above what is retained."""
        self._arrive()
        told, now, rows = self._told, self.loop.time(), self._rows
        if not self._visible and not (told and told[0][0] <= now):
            return
        rows.take(self._visible)
        self._waiting -= sum(len(each.spans) for each in self._visible)
        self._visible = []
        while told and told[0][0] <= now:
            _, received, lines = told.popleft()
            rows.take_logs(lines, received)
        for minute, size in rows.sizes.items():
            self._minutes[minute] = self._minutes.get(minute, 0) + size
        self._tables.append(rows.columns())
        self._retain()

    def digest(self) -> str:
        """Return a hash of all rows that are visible, whatever their order."""
        cursor = self.cursor()
        try:
            return "-".join(_digest(cursor, table) for table in TABLES)
        finally:
            cursor.close()

    def memory(self) -> int:
        """Return how much memory the tables take [bytes]."""
        return self._tables.memory()

    def now_ns(self) -> int:
        """Return virtual wall clock [ns since the epoch]."""
        return self.start_ns + int(self.loop._now * 1e9)

    def close(self) -> None:
        """Forget everything."""
        self._tables.close()

    def _arrive(self) -> None:
        now, coming = self.loop.time(), self._coming
        while coming and coming[0].visible <= now:
            export = coming.popleft()
            self._visible.append(export)
            self._looks.add(export)

    def _retain(self) -> None:
        minutes = self._minutes
        total = sum(minutes.values())
        if total <= self._retained:
            return
        newest = max(minutes)
        for minute in sorted(minutes):
            if minute == newest or total <= LEFT * self._retained:
                break
            total -= minutes.pop(minute)
        if (oldest := min(minutes)) > 0:
            self._tables.drop(oldest * MINUTE)


class SimulatedStore:
    """A `model.Store` over a simulated world's telemetry; answers are those of `TelemetryClient`."""

    def __init__(self, telemetry: SimulatedTelemetry) -> None:
        self._telemetry = telemetry

    def query(
        self, sql: str, params: Sequence[Scalar | None] = (), *, limit: int = 10_000, timeout: float = 5.0
    ) -> list[Row]:
        """Run one SELECT with ``?`` placeholders; at most `limit` rows [1] within ten times `timeout` [s].

        Raises
        ------
        UsageError
            The statement is not one SELECT, or does not fit the tables.
        StoreFailed
            It took too long, or the store failed.
        """
        found = self._telemetry.poll(sql, params)
        if found is not None and len(found) <= limit and timeout > 0:
            return found
        return ask_patiently(self._telemetry.cursor(), sql, params, limit=limit, timeout=timeout)


def _digest(cursor: duckdb.DuckDBPyConnection, table: str) -> str:
    sql = f"SELECT count(*), sum(hash(each)::HUGEINT), bit_xor(hash(each, 1)) FROM {table} AS each"
    count, total, folded = cursor.execute(sql).fetchone() or (0, 0, 0)
    return f"{count:x}.{total or 0:x}.{folded or 0:x}"
