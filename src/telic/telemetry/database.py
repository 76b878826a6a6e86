"""The DuckDB file of telemetry, owned by one process: opened, filled, kept small, set aside when it cannot be read."""

from __future__ import annotations

import contextlib
import logging
import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from telic.errors import StoreFailed
from telic.telemetry.archive import HOUR, MINUTE, Archive, Hour, Written, finished_hour
from telic.telemetry.columns import TABLES, Arriving, Columns, columns_of
from telic.telemetry.opening import OtherSchema, damaged, open_file, own, run
from telic.telemetry.schema import CATALOG, recent

if TYPE_CHECKING:
    from telic.model import Row
    from telic.model.topology import Scalar

log = logging.getLogger(__name__)

SET_ASIDE = 3  # unreadable files that are kept [1]
SPARE = 64 << 20  # with less space on the disk an error says nothing about the file [bytes]


class Database:
    """The open store; one thread appends, cursors read beside it.

    Parameters
    ----------
    folder
        ``telemetry/`` in the system's state; made where it is missing.
    settings
        Of DuckDB, instead of `SETTINGS`' own.

    Raises
    ------
    StoreFailed
        Another receiver owns the folder, or it cannot be written.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder, self._settings = folder, dict(settings or {})
        self.path = folder / "telemetry.duckdb"
        self._lock = own(folder)
        self._archive = Archive(folder / "parquet")
        self._sources = {table: Arriving(columns_of(table, [])) for table in TABLES}
        try:
            self._connection = self._open_or_begin()
        except BaseException:
            self._lock.close()
            raise

    def append(self, tables: Mapping[str, Columns]) -> None:
        """Write rows in one transaction; when this returns they survive the end of the process.

        Raises
        ------
        duckdb.Error
            Nothing was written.
        """
        connection = self._connection
        run(connection, "BEGIN")
        try:
            for table, columns in tables.items():
                self._sources[table].columns = columns
                run(connection, f"EXECUTE put_{table}")
            run(connection, "COMMIT")
        except duckdb.Error:
            self._roll_back()
            raise
        finally:
            for source in self._sources.values():
                source.columns = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for one query; close it."""
        cursor = self._connection.cursor()
        run(cursor, f"USE {CATALOG}")
        return cursor

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Run one SELECT in this process; `timeout` is for `telic.telemetry.reading`, which can end a query."""
        with contextlib.closing(self.cursor()) as cursor:
            rows = cursor.execute(sql, list(params)).fetchmany(limit)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in rows]

    def sizes(self) -> tuple[int, int]:
        """Return how many bytes hold rows and how many there are on disk, archived hours included [bytes]."""
        sql = "SELECT block_size * used_blocks, block_size * total_blocks FROM pragma_database_size() "
        ((used, total),) = run(self._connection, sql + f"WHERE database_name = '{CATALOG}'")
        beside = _size(self.path.with_name(self.path.name + ".wal")) + self._archive.size(self._connection)
        return used + beside, total + beside

    def newest(self) -> int:
        """Return when the newest row arrived, or the end of the last archived hour [ns]; 0 without any.

        No row may arrive before it: rows of an archived hour are read from its files alone.
        """
        last = self._archive.archived(self._connection)
        archived = max((each.before_ns for each in last.values()), default=0)
        return max(self._edge("max") or 0, archived)

    def drop_oldest(self) -> str:
        """Drop the oldest whole hour of arrivals, or within the last hour the oldest whole minute; say which."""
        if (hour := self._archive.oldest(self._connection)) is not None:
            self._archive.drop(self._connection, hour)
            return f"the hour before {_utc(hour.end_ns)}"
        oldest, newest = self._edge("min"), self._edge("max")
        if oldest is None or newest is None:
            return ""
        step, name = (HOUR, "hour") if newest // HOUR > oldest // HOUR else (MINUTE, "minute")
        if newest // step == oldest // step:
            return ""
        end = (oldest // step + 1) * step
        self._delete_before(end)
        run(self._connection, "CHECKPOINT")
        return f"the {name} before {_utc(end)}"

    def drop_before(self, time_ns: int) -> list[str]:
        """Drop whole hours of arrivals that ended at or before `time_ns`; say which."""
        dropped = []
        while (hour := self._archive.oldest(self._connection)) is not None and hour.end_ns <= time_ns:
            self._archive.drop(self._connection, hour)
            dropped.append(f"the hour before {_utc(hour.end_ns)}")
        end = time_ns // HOUR * HOUR
        if (oldest := self._edge("min")) is not None and oldest < end:
            self._delete_before(end)
            run(self._connection, "CHECKPOINT")
            dropped.append(f"what came before {_utc(end)}")
        return dropped

    def finished_hour(self, now_ns: int) -> Hour | None:
        """Return the oldest hour that can be archived, if one is over."""
        return finished_hour(self._edge("min"), now_ns)

    def archive(self, hour: Hour) -> list[Written]:
        """Write an hour to Parquet; may run on another thread while rows are appended."""
        with contextlib.closing(self.cursor()) as cursor:
            return self._archive.write(cursor, hour)

    def adopt(self, hour: Hour, written: list[Written]) -> None:
        """Read an hour from its files from now on; `purge` then frees its rows."""
        self._archive.adopt(self._connection, hour, written)

    def purge(self) -> bool:
        """Delete a minute of rows that lie in files too; return whether more are left."""
        before = max((each.before_ns for each in self._archive.archived(self._connection).values()), default=0)
        oldest = self._edge("min")
        if oldest is None or oldest >= before:
            return False
        end = min((oldest // MINUTE + 1) * MINUTE, before)
        self._delete_before(end)
        if end < before:
            return True
        run(self._connection, "CHECKPOINT")
        return False

    def reopen(self, *, anew: bool = False) -> None:
        """Open the file again after a failure that ended the connection.

        Parameters
        ----------
        anew
            Set the file aside even if it opens: it failed again and again.
        """
        self._connection.close()
        if anew:
            self.set_aside()
        self._connection = self._open_or_begin()

    def close(self) -> None:
        """Let go of the file; what was committed stays in its log until the next start reads it."""
        self._connection.close()
        self._lock.close()

    def _open_or_begin(self) -> duckdb.DuckDBPyConnection:
        try:
            return self._open()
        except (duckdb.Error, OtherSchema) as error:
            if not (damaged(error) and self.path.exists() and shutil.disk_usage(self.folder).free >= SPARE):
                raise StoreFailed(f"cannot open {self.path}: {error}", hint="check its owner and the disk") from error
            log.error("cannot read %s: %s", self.path, str(error).splitlines()[0])
        self.set_aside()
        try:
            return self._open()
        except duckdb.Error as error:
            raise StoreFailed(f"cannot begin {self.path}: {error}", hint="check its owner and the disk") from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        connection = open_file(self.path, self._archive.folder, self._settings)
        try:
            self._archive.repair(connection)
            for table, source in self._sources.items():
                connection.register(f"arriving_{table}", source)
                run(connection, f"PREPARE put_{table} AS INSERT INTO {recent(table)} SELECT * FROM arriving_{table}")
            run(connection, "SET lock_configuration = true")
        except BaseException:
            connection.close()
            raise
        return connection

    def _roll_back(self) -> None:
        try:
            run(self._connection, "ROLLBACK")
        except duckdb.Error as error:
            log.debug("nothing to roll back: %s", error)

    def _delete_before(self, time_ns: int) -> None:
        for table in TABLES:
            run(self._connection, f"DELETE FROM {recent(table)} WHERE received_ns < {time_ns:d}")

    def _edge(self, function: str) -> int | None:
        each = " UNION ALL ".join(f"SELECT {function}(received_ns) AS edge FROM {recent(table)}" for table in TABLES)
        ((found,),) = run(self._connection, f"SELECT {function}(edge) FROM ({each})")
        return None if found is None else int(found)

    def set_aside(self) -> None:
        """Rename a file that cannot be read; the three newest of them are kept."""
        stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime())
        for name in (self.path.name, f"{self.path.name}.wal"):
            if (old := self.path.with_name(name)).exists():
                old.rename(old.with_name(f"{self.path.name}.unreadable-{stamp}{name.removeprefix(self.path.name)}"))
        log.error("it was set aside as %s.unreadable-%s; a new store begins", self.path.name, stamp)
        aside = sorted(self.folder.glob(f"{self.path.name}.unreadable-*"), key=lambda each: each.name)
        stamps = sorted({each.name.removesuffix(".wal") for each in aside})
        for each in aside:
            if each.name.removesuffix(".wal") in stamps[:-SET_ASIDE]:
                each.unlink()


def _utc(time_ns: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(time_ns / 1e9))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
