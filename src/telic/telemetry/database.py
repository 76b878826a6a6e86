"""The DuckDB file of telemetry, owned by one process: opened, filled, kept small, set aside when it cannot be read."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

import duckdb

from telic.errors import StoreFailed
from telic.telemetry.columns import SCHEMA, TABLES, Columns, columns_of, definition

log = logging.getLogger(__name__)

HOUR, MINUTE = 3600 * 10**9, 60 * 10**9  # [ns]
SET_ASIDE = 3  # unreadable files that are kept [1]
SPARE = 64 << 20  # with less space on the disk an error says nothing about the file [bytes]
OUTSIDE = ("No space left", "File too large", "Permission denied", "Too many open files", "quota exceeded")
SETTINGS = {
    "threads": "1",  # ingest is small; the cores belong to the services
    "memory_limit": "128MB",
    "checkpoint_threshold": "32MB",  # of log: 30 s at 300 requests/s, 0.2 s to write, 0.3 s to read back
    "preserve_insertion_order": "false",  # less memory; appends keep their order
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}


class Database:
    """The open store; one thread appends, cursors read beside it.

    Parameters
    ----------
    folder
        ``telemetry/`` in the system's state; made where it is missing.

    Raises
    ------
    StoreFailed
        Another receiver owns the folder, or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "telemetry.duckdb"
        self._lock = _own(folder)
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
        _run(connection, "BEGIN")
        try:
            for table, columns in tables.items():
                self._sources[table].columns = columns
                _run(connection, f"EXECUTE put_{table}")
            _run(connection, "COMMIT")
        except duckdb.Error:
            self._roll_back()
            raise
        finally:
            for source in self._sources.values():
                source.columns = None

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return a connection of its own for one query; close it."""
        return self._connection.cursor()

    def sizes(self) -> tuple[int, int]:
        """Return how many bytes hold rows and how many the file has [bytes]."""
        sql = "SELECT block_size * used_blocks, block_size * total_blocks FROM pragma_database_size()"
        ((used, total),) = _run(self._connection, sql)
        logged = _size(self.path.with_name(self.path.name + ".wal"))
        return used + logged, total + logged

    def newest(self) -> int:
        """Return when the newest row arrived [ns since the Unix epoch]; 0 without any."""
        return self._edge("max") or 0

    def drop_oldest(self) -> str:
        """Drop the oldest whole hour of arrivals, or within the last hour the oldest whole minute; say which."""
        oldest, newest = self._edge("min"), self._edge("max")
        if oldest is None or newest is None:
            return ""
        step, name = (HOUR, "hour") if newest // HOUR > oldest // HOUR else (MINUTE, "minute")
        if newest // step == oldest // step:
            return ""
        end = (oldest // step + 1) * step
        for table in TABLES:
            _run(self._connection, f"DELETE FROM {table} WHERE received_ns < {end:d}")
        _run(self._connection, "CHECKPOINT")
        return f"the {name} before {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime(end / 1e9))}"

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
        except (duckdb.Error, _OtherSchema) as error:
            if not (damaged(error) and self.path.exists() and shutil.disk_usage(self.folder).free >= SPARE):
                raise StoreFailed(f"cannot open {self.path}: {error}", hint="check its owner and the disk") from error
            log.error("cannot read %s: %s", self.path, str(error).splitlines()[0])
        self.set_aside()
        try:
            return self._open()
        except duckdb.Error as error:
            raise StoreFailed(f"cannot begin {self.path}: {error}", hint="check its owner and the disk") from error

    def _open(self) -> duckdb.DuckDBPyConnection:
        if self.path.exists() and not os.access(self.path, os.R_OK | os.W_OK):
            raise StoreFailed(f"{self.path} cannot be read and written", hint="check its owner")
        connection = duckdb.connect(str(self.path), config=dict(SETTINGS))
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: duckdb.DuckDBPyConnection) -> None:
        # Closing writes no checkpoint, so that it takes no time; the next start reads the log.
        _run(connection, "PRAGMA disable_checkpoint_on_shutdown")
        if not _run(connection, "SELECT 1 FROM duckdb_tables() WHERE table_name = 'telic_schema'"):
            _run(connection, "BEGIN")
            _run(connection, f"CREATE TABLE telic_schema AS SELECT {SCHEMA} AS version")
            for table in TABLES:
                _run(connection, definition(table))
            _run(connection, "COMMIT")
        elif (found := _run(connection, "SELECT version FROM telic_schema")) != [(SCHEMA,)]:
            raise _OtherSchema(f"its tables have schema {found}, this Telic has {SCHEMA}")
        for table, source in self._sources.items():
            connection.register(f"arriving_{table}", source)
            _run(connection, f"PREPARE put_{table} AS INSERT INTO {table} SELECT * FROM arriving_{table}")
        _run(connection, "SET lock_configuration = true")

    def _roll_back(self) -> None:
        try:
            _run(self._connection, "ROLLBACK")
        except duckdb.Error as error:
            log.debug("nothing to roll back: %s", error)

    def _edge(self, function: str) -> int | None:
        each = " UNION ALL ".join(f"SELECT {function}(received_ns) AS edge FROM {table}" for table in TABLES)
        ((found,),) = _run(self._connection, f"SELECT {function}(edge) FROM ({each})")
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


def _own(folder: Path) -> IO[str]:
    lock = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if lock is not None:
            lock.close()
        if isinstance(error, BlockingIOError):
            raise StoreFailed(
                f"another receiver owns {folder}", hint="one system has one: `telic down` ends it"
            ) from error
        raise StoreFailed(f"cannot write {folder}: {error}", hint="check its owner and the disk") from error
    return lock


def damaged(error: Exception) -> bool:
    """Whether `error` says that the file itself is bad; other errors must never cost anybody their data."""
    kinds = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
    if any(reason in str(error) for reason in OUTSIDE):
        return False
    return isinstance(error, (_OtherSchema, *kinds)) or "orrupt" in str(error)


class _OtherSchema(Exception):
    """The file was written by another version of Telic."""


class Arriving:
    """What a prepared insert reads: whatever columns are there when it runs.

    Parameters
    ----------
    empty
        The same columns without rows.
    """

    def __init__(self, empty: Columns) -> None:
        self._empty = empty
        self.columns: Columns = None

    def __arrow_c_schema__(self) -> object:
        return self._empty.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        columns = self._empty if self.columns is None else self.columns
        return columns.__arrow_c_stream__(requested_schema)


def _run(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement to its end: a connection with rows left to fetch refuses the next one."""
    return connection.execute(sql).fetchall()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
