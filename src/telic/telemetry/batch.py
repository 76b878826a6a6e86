"""Rows of one commit, on their way from request bodies to columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice

from telic.telemetry.columns import TABLES, Chunk, Columns, TableRow, chunk_of, columns_of
from telic.telemetry.rollup import Counts, count_spans

SLICE = 4096  # rows that are held as Python objects at once [1]


class Batch:
    """Rows of all tables that one transaction will write."""

    def __init__(self) -> None:
        self._pending: dict[str, list[TableRow]] = {table: [] for table in TABLES}
        self._chunks: dict[str, list[Chunk]] = {table: [] for table in TABLES}
        self.live = Counts()

    def add(self, table: str, rows: Iterable[TableRow]) -> None:
        """Take the rows of one request; where reading them fails, all of them or none stay."""
        rows = iter(rows)
        first = list(islice(rows, SLICE))
        if len(first) < SLICE:  # the usual case: nothing to take back
            self._pending[table] += first
            if len(self._pending[table]) >= SLICE:
                self._settle(table)
            return
        chunks, live = [chunk_of(table, first)], Counts()
        self._count(table, first, live)
        while some := list(islice(rows, SLICE)):
            chunks.append(chunk_of(table, some))
            self._count(table, some, live)
        self._chunks[table] += chunks
        self.live.update(live)

    def add_chunks(self, chunks: Mapping[str, Iterable[Chunk]], live: Counts) -> None:
        """Take columns that are ready, and what was counted of them."""
        for table, some in chunks.items():
            self._chunks[table] += some
        self.live.update(live)

    def tables(self) -> dict[str, Columns]:
        """Return what there is to write, by table."""
        for table in self._pending:
            self._settle(table)
        return {table: columns_of(table, chunks) for table, chunks in self._chunks.items() if chunks}

    def _settle(self, table: str) -> None:
        if rows := self._pending[table]:
            self._chunks[table].append(chunk_of(table, rows))
            self._count(table, rows, self.live)
            self._pending[table] = []

    @staticmethod
    def _count(table: str, rows: Iterable[TableRow], live: Counts) -> None:
        if table == "spans":
            count_spans(rows, live)
