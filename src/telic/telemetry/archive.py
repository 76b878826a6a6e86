"""Old hours as Parquet files: written beside ingest, read through the same views, dropped as whole files."""

from __future__ import annotations

import calendar
import logging
import os
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from telic.telemetry import schema
from telic.telemetry.columns import TABLES
from telic.telemetry.opening import run, transact
from telic.telemetry.schema import Archived, recent

log = logging.getLogger(__name__)

HOUR, MINUTE = 3600 * 10**9, 60 * 10**9  # [ns]
_STAMP = "%Y%m%dT%H"  # of an hour in the name of its files
SETTLED = 2 * MINUTE  # after its end an hour gets no more rows [ns]
ROWS = 20_480  # of a row group: what the writer holds in memory [1]


@dataclass(frozen=True)
class Hour:
    """One finished hour of arrivals."""

    begin_ns: int
    end_ns: int

    @property
    def name(self) -> str:
        """Its time in UTC."""
        return time.strftime(_STAMP, time.gmtime(self.begin_ns // 10**9))


@dataclass(frozen=True)
class Written:
    """A file that holds one table's rows of an hour."""

    table: str
    path: Path
    rows: int


class Archive:
    """The Parquet files of one store.

    Parameters
    ----------
    folder
        Where they lie; made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, connection: duckdb.DuckDBPyConnection, hour: Hour) -> list[Written]:
        """Write an hour's rows; readers see nothing of it before `adopt`.

        Parameters
        ----------
        connection
            A cursor of its own: rows are read while others are appended.
        hour
            A finished one.

        Raises
        ------
        duckdb.Error
            The disk is full, for example; files that were begun are removed.
        """
        written: list[Written] = []
        try:
            for table in TABLES:
                within = f"received_ns >= {hour.begin_ns:d} AND received_ns < {hour.end_ns:d}"
                ((rows,),) = run(connection, f"SELECT count(*) FROM {recent(table)} WHERE {within}")
                if rows:
                    path = self.folder / f"{table}-{hour.name}.parquet"
                    written.append(Written(table, path, rows))
                    self._copy(connection, f"SELECT * FROM {recent(table)} WHERE {within}", path)
        except (duckdb.Error, OSError):
            for each in written:
                each.path.unlink(missing_ok=True)
            raise
        return written

    def adopt(self, connection: duckdb.DuckDBPyConnection, hour: Hour, written: list[Written]) -> None:
        """Let the views read an hour from its files and no longer from the tables, in one transaction."""
        steps = []
        for each in written:
            size = each.path.stat().st_size
            steps.append(
                f"INSERT INTO archived VALUES ('{each.table}', '{each.path.name}', {hour.begin_ns:d}, "
                f"{hour.end_ns:d}, {each.rows:d}, {size:d})"
            )
        known = self.archived(connection)
        for each in written:
            files = (*known.get(each.table, Archived()).files, each.path)
            known[each.table] = Archived(0, files)
        known = {table: Archived(hour.end_ns, known[table].files if table in known else ()) for table in TABLES}
        transact(connection, [*steps, *schema.statements(known)])

    def archived(self, connection: duckdb.DuckDBPyConnection) -> dict[str, Archived]:
        """Return what lies in files, by table."""
        rows = run(connection, "SELECT tab, file, end_ns FROM archived ORDER BY begin_ns, file")
        end = max((row[2] for row in rows), default=0)
        found: dict[str, Archived] = {}
        for table in TABLES:
            files = tuple(self.folder / row[1] for row in rows if row[0] == table)
            if end:
                found[table] = Archived(end, files)
        return found

    def size(self, connection: duckdb.DuckDBPyConnection) -> int:
        """Return how much the files hold [bytes]."""
        ((size,),) = run(connection, "SELECT coalesce(sum(bytes), 0)::BIGINT FROM archived")
        return int(size)

    def oldest(self, connection: duckdb.DuckDBPyConnection) -> Hour | None:
        """Return the oldest hour that lies in files."""
        rows = run(connection, "SELECT begin_ns, end_ns FROM archived ORDER BY begin_ns LIMIT 1")
        return Hour(*rows[0]) if rows else None

    def drop(self, connection: duckdb.DuckDBPyConnection, hour: Hour) -> None:
        """Drop an hour: first from the views, then its files."""
        names = [row[0] for row in run(connection, f"SELECT file FROM archived WHERE begin_ns = {hour.begin_ns:d}")]
        known = self.archived(connection)
        left = {
            table: Archived(each.before_ns, tuple(path for path in each.files if path.name not in names))
            for table, each in known.items()
        }
        gone = f"DELETE FROM archived WHERE begin_ns = {hour.begin_ns:d}"
        transact(connection, [gone, *schema.statements(left)])
        for name in names:
            (self.folder / name).unlink(missing_ok=True)

    def repair(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Make files and views agree after whatever ended the last process; for the start.

        A file that no view reads is removed where the tables still hold its rows (an end between writing and
        adopting), and adopted where they do not (the file of the tables was set aside).
        """
        rows = run(connection, "SELECT file FROM archived")
        known = {row[0] for row in rows}
        found = [each for each in sorted(self.folder.iterdir()) if each.name not in known]
        steps = [step for each in found if (step := self._adopt_or_remove(connection, each))]
        missing = sorted(name for name in known if not (self.folder / name).exists())
        if missing:
            log.error("%d files of old telemetry are missing, the first %s: forgotten", len(missing), missing[0])
            listed = ", ".join(f"'{name}'" for name in missing)
            steps.append(f"DELETE FROM archived WHERE file IN ({listed})")
        if steps:
            transact(connection, steps)
        if rows or steps:
            transact(connection, schema.statements(self.archived(connection)))

    def _adopt_or_remove(self, connection: duckdb.DuckDBPyConnection, path: Path) -> str:
        if path.suffix == ".begun":
            path.unlink()
            return ""
        try:
            table, _, stamp = path.stem.rpartition("-")
            begin = calendar.timegm(time.strptime(stamp, _STAMP)) * 10**9
            if path.suffix != ".parquet" or table not in TABLES:
                raise ValueError("it is none of the store's files")
            within = f"received_ns >= {begin:d} AND received_ns < {begin + HOUR:d}"
            ((held,),) = run(connection, f"SELECT count(*) FROM {recent(table)} WHERE {within}")
            ((rows,),) = run(connection, f"SELECT count(*) FROM read_parquet({schema.literal(path)})")
        except (ValueError, duckdb.Error) as error:
            log.error("%s is left alone: %s", path, str(error).splitlines()[0])
            return ""
        if held:
            path.unlink()
            return ""
        log.warning("%s with %d rows is read again", path.name, rows)
        size = path.stat().st_size
        return (
            f"INSERT INTO archived VALUES ('{table}', '{path.name}', {begin:d}, {begin + HOUR:d}, {rows:d}, {size:d})"
        )

    def _copy(self, connection: duckdb.DuckDBPyConnection, sql: str, path: Path) -> None:
        begun = path.with_suffix(".begun")
        try:
            run(
                connection,
                f"COPY ({sql}) TO {schema.literal(begun)} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROWS})",
            )
            with begun.open("rb") as file:
                os.fsync(file.fileno())
        except BaseException:
            begun.unlink(missing_ok=True)
            raise
        begun.rename(path)


def finished_hour(oldest_ns: int | None, now_ns: int) -> Hour | None:
    """Return the hour of the oldest row that is not archived, if it is over."""
    if oldest_ns is None:
        return None
    begin = oldest_ns // HOUR * HOUR
    return Hour(begin, begin + HOUR) if begin + HOUR + SETTLED <= now_ns else None
