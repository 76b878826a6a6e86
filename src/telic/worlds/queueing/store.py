"""A store over a run of the model: what has arrived by now, asked as any other store is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any

import duckdb
import numpy as np

from telic.model import Row, Scalar
from telic.telemetry.columns import TABLES, definition
from telic.telemetry.database import SETTINGS
from telic.telemetry.in_process import ask_patiently
from telic.worlds.queueing.result import Gauges, Result
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.telemetry import DELAY, START, telemetry

NOW = "CREATE OR REPLACE MACRO now() AS make_timestamp_ns({:d})::TIMESTAMPTZ"


class ModelStore:
    """A `telic.model.Store` over what a run has told so far.

    Parameters
    ----------
    run
        Goes on meanwhile; each query sees what had arrived by then.
    catch_up
        Lets the run go on to now.
    """

    def __init__(self, run: Run, catch_up: Callable[[], object]) -> None:
        self._run, self._catch_up = run, catch_up
        self._seen, self._second, self._taken = 0.0, 0, 0
        self._waiting = run.result().spans[:0]
        config: dict[str, Any] = {**SETTINGS, "temp_directory": "", "memory_limit": "1GB"}
        self._connection = duckdb.connect(":memory:", config=config)
        for table in TABLES:
            self._connection.execute(definition(table))

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
        return ask_patiently(self._connection.cursor(), sql, params, limit=limit, timeout=timeout)

    def close(self) -> None:
        """Forget everything."""
        self._connection.close()

    def _arrive(self) -> None:
        """Append what arrived since the last query."""
        self._catch_up()
        now = self._run.now
        if now <= self._seen:
            return
        for table, columns in telemetry(self._fresh(now), start=START + self._second).items():
            if len(columns):
                self._connection.register("arriving", columns)
                self._connection.execute(f"INSERT INTO {table} SELECT * FROM arriving")
                self._connection.unregister("arriving")
        self._connection.execute(NOW.format(round((START + now) * 1e9)))
        self._seen, self._second = now, self._ended(now)

    def _fresh(self, now: float) -> Result:
        """Return the part of the run that nobody has seen and that has arrived by `now`; its second 0 is `_second`."""
        whole, seconds = self._run.result(), slice(self._second, self._ended(now))
        spans = np.concatenate([self._waiting, whole.spans[self._taken :]])
        self._taken = len(whole.spans)
        arrived = spans["end"] + DELAY <= now
        self._waiting, spans = spans[~arrived], spans[arrived]
        spans["start"] -= self._second
        spans["end"] -= self._second
        gauges = Gauges(*(getattr(whole.gauges, each.name)[seconds] for each in fields(Gauges)))
        return replace(
            whole, spans=spans, gauges=gauges, of_node=whole.of_node[seconds], of_edge=whole.of_edge[seconds]
        )

    def _ended(self, now: float) -> int:
        """Return how many seconds' metrics have arrived by `now`."""
        return max(self._second, math.floor(now - DELAY))
