"""A store over a run of the model: what has arrived by now, asked as any other store is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import numpy as np

from telic.model import Row, Scalar
from telic.telemetry.columns import TABLES, Arriving, Columns, columns_of, definition
from telic.telemetry.in_process import ask_patiently
from telic.telemetry.opening import SETTINGS
from telic.worlds.queueing.looks import Looks
from telic.worlds.queueing.rows import DELAY, NS
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.telemetry import START, Words

NOW = "CREATE OR REPLACE MACRO now() AS make_timestamp_ns({:d})::TIMESTAMPTZ"
TOLD = ("spans", "metrics")  # tables that a run fills


class ModelStore:
    """A `telic.model.Store` over what a run has told so far.

    The operator's poll is answered from numbers; tables get what has arrived when anything else is asked.

    Parameters
    ----------
    run
        Goes on meanwhile; each query sees what had arrived by then.
    catch_up
        Lets the run go on to now.
    """

    def __init__(self, run: Run, catch_up: Callable[[], object]) -> None:
        self._run, self._catch_up = run, catch_up
        self._words = Words(run.plan, run.seed)
        self._looks = Looks(run.plan, self._words)
        self._now = self._told = 0.0  # of what has arrived, and of what stands in the tables [s]
        self._taken, self._second = 0, 0  # spans that were taken from the run, seconds that stand in the tables
        self._waiting = run.spans(0)  # for their arrival
        self._arrived: list[Any] = []  # and not in the tables yet
        config: dict[str, Any] = {**SETTINGS, "temp_directory": "", "memory_limit": "1GB"}
        self._connection = duckdb.connect(":memory:", config=config)
        self._sources = {table: Arriving(columns_of(table, [])) for table in TOLD}
        self._define()

    def query(
        self, sql: str, params: Sequence[Scalar | None] = (), *, limit: int = 10_000, timeout: float = 5.0
    ) -> list[Row]:
        """Run one SELECT with ``?`` placeholders; at most `limit` rows [1] within ten times `timeout` [s].

        Raises
        ------
        UsageError
            The statement is not one SELECT, or does not fit the tables.
        StoreFailed
            It took too long.
        """
        self._arrive()
        measured = round((START + self._ended) * NS) if self._ended else 0
        found = self._looks.answer(sql, params, measured)
        if found is not None and len(found) <= limit and timeout > 0:
            return found
        self._settle()
        return ask_patiently(self._connection.cursor(), sql, params, limit=limit, timeout=timeout)

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()

    @property
    def _ended(self) -> int:
        """How many seconds' metrics have arrived."""
        return max(0, math.floor(self._now - DELAY))

    def _arrive(self) -> None:
        """Take what arrived since the last query."""
        self._catch_up()
        now = self._run.now
        if now <= self._now:
            return
        self._now = now
        fresh = self._run.spans(self._taken)
        self._taken += len(fresh)
        spans = np.concatenate([self._waiting, fresh])
        there = spans["end"] + DELAY <= now
        self._waiting, spans = spans[~there], spans[there]
        spans = spans[np.argsort(spans["end"], kind="stable")]
        self._arrived.append(spans)
        self._looks.add(spans)

    def _settle(self) -> None:
        """Append what arrived to the tables."""
        if self._told == self._now:
            return
        spans, self._arrived = np.concatenate(self._arrived), []
        self._put("spans", self._words.spans(spans))
        self._put("metrics", self._words.metrics(*self._run.seconds_of(self._second, self._ended), self._second))
        self._second, self._told = self._ended, self._now
        self._connection.execute(NOW.format(round((START + self._now) * NS)))

    def _put(self, table: str, columns: Columns) -> None:
        if len(columns):
            self._sources[table].columns = columns
            self._connection.execute(f"EXECUTE put_{table}").fetchall()
            self._sources[table].columns = None

    def _define(self) -> None:
        for table in TABLES:
            self._connection.execute(definition(table))
        for table, source in self._sources.items():
            self._connection.register(f"arriving_{table}", source)
            self._connection.execute(f"PREPARE put_{table} AS INSERT INTO {table} SELECT * FROM arriving_{table}")
