"""Queries of a store in this very process: ended at their deadline as the receiver ends them, with its answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

import duckdb
import msgspec

from telic.model import Row
from telic.model.topology import Scalar
from telic.telemetry.reading import Query
from telic.telemetry.wire import QueryReply, QueryRequest

PATIENCE = 10.0  # a query of a virtual world may take so much longer: a busy machine must not change a run [1]
T = TypeVar("T")


def in_time(query: Query, work: Callable[[], T]) -> T:
    """Return what `work` gives, which runs `query`; another thread ends the query at its deadline."""
    over = threading.Event()

    def watch() -> None:  # an interrupt that comes before the query starts is lost, so it is repeated
        while not over.wait(max(0.02, query.deadline - time.monotonic())):
            if time.monotonic() >= query.deadline:
                query.interrupt()

    threading.Thread(target=watch, name="deadline", daemon=True).start()
    try:
        return work()
    finally:
        over.set()


def ask_patiently(
    cursor: duckdb.DuckDBPyConnection, sql: str, params: Sequence[Scalar | None], *, limit: int, timeout: float
) -> list[Row]:
    """Return what `TelemetryClient` would, within ten times `timeout` [s]; closes `cursor`.

    Raises
    ------
    UsageError
        The statement is not one SELECT, or does not fit the tables.
    StoreFailed
        It took too long, or the store failed.
    """
    query = Query(cursor, QueryRequest(sql=sql, params=list(params), limit=limit, timeout=timeout * PATIENCE))
    return msgspec.json.decode(in_time(query, query.run), type=QueryReply).records()
