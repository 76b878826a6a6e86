"""Telemetry of a synthetic world in memory: rows appear when they would have arrived."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import duckdb

from telic.clock import Clock
from telic.model import Row, Scalar
from telic.telemetry.columns import chunk_of, definition

EXPORT = 0.5  # [s]
COMMIT = 0.3  # from export to a visible row [s]


@dataclass
class MemoryStore:
    """The telemetry tables in memory; rows appear when they would have arrived."""

    clock: Clock
    rng: random.Random
    advance: Callable[[], None]  # lets the world go on to the clock's time
    connection: duckdb.DuckDBPyConnection = field(default_factory=duckdb.connect)
    waiting: dict[str, list[tuple[float, tuple[object, ...]]]] = field(default_factory=dict)
    away: bool = False  # the receiver

    def __post_init__(self) -> None:
        self.connection.execute("SET threads = 1")
        for table in ("spans", "logs", "metrics"):
            self.connection.execute(definition(table))
            self.waiting[table] = []

    def put(self, table: str, row: tuple[object, ...], end: float) -> None:
        """Let `row` arrive after the next export."""
        if not self.away:
            self.waiting[table].append((end + EXPORT * self.rng.random() + COMMIT, row))

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        self.advance()
        now = self.clock.time()
        for table, rows in self.waiting.items():
            arrived = [row for at, row in rows if at <= now]
            if arrived:
                self.waiting[table] = [(at, row) for at, row in rows if at > now]
                chunk = chunk_of(table, arrived)
                self.connection.register("chunk", chunk)
                self.connection.execute(f"INSERT INTO {table} SELECT * FROM chunk")
                self.connection.unregister("chunk")
        found = self.connection.execute(sql, list(params))
        names = [each[0] for each in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchmany(limit)]
