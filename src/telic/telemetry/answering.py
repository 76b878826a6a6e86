"""Questions in the dialect of the store's file, answered over rows kept elsewhere: as few are fetched as will do."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import duckdb
import pyarrow

from telic.errors import StoreFailed
from telic.model import Row
from telic.model.topology import Scalar
from telic.telemetry.columns import ARROW, Columns
from telic.telemetry.in_process import in_time
from telic.telemetry.opening import SETTINGS
from telic.telemetry.pushdown import Scan, scans
from telic.telemetry.reading import Query
from telic.telemetry.schema import ATTRIBUTE, VIEWS, named_view
from telic.telemetry.wire import QueryRequest

pa: Any = pyarrow
MEMORY = "512MB"  # of the engine, beside the rows that were fetched
Fetch = Callable[[Scan, float], Columns]
"""Return the rows of a scan, with the columns that it names, within so many seconds."""


class Answering:
    """Answers SELECTs as the store's file does; safe to use from several threads.

    Parameters
    ----------
    fetch
        Where rows come from. It may raise the errors of `telic.model.Store`.
    """

    def __init__(self, fetch: Fetch) -> None:
        config: dict[str, Any] = {**SETTINGS, "memory_limit": MEMORY}
        self._fetch = fetch
        self._connection = duckdb.connect(":memory:", config=config)
        self._connection.execute(ATTRIBUTE)

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Run one SELECT with ``?`` placeholders; as `telic.model.Store.query`.

        Raises
        ------
        UsageError
            The statement is not one SELECT, does not fit the tables, or needs more rows than may be fetched.
        StoreFailed
            It took longer than `timeout`, or the store failed.
        """
        ends = time.monotonic() + timeout
        cursor = self._connection.cursor()
        query = None
        try:
            needed = {each.table: each for each in scans(cursor, sql, params)}
            for table, schema in ARROW.items():
                columns = self._of(needed[table], ends) if table in needed else schema.empty_table()
                cursor.register(table, columns)
            for view in (each for each in VIEWS if each in sql.lower()):
                if VIEWS[view] not in needed or len(needed[VIEWS[view]].columns) == len(ARROW[VIEWS[view]]):
                    cursor.execute(named_view(view, kind="TEMP VIEW"))
            query = Query(cursor, QueryRequest(sql, list(params), limit, ends - time.monotonic()))
        finally:
            if query is None:
                cursor.close()
        return in_time(query, query.rows)

    def _of(self, scan: Scan, ends: float) -> Columns:
        left = ends - time.monotonic()
        if left <= 0:
            raise StoreFailed("the query took too long", hint="widen the timeout or narrow the window")
        found = self._fetch(scan, left)
        return found.select(list(scan.columns)).cast(
            pa.schema([ARROW[scan.table].field(each) for each in scan.columns])
        )
