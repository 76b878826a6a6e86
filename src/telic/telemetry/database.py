"""The DuckDB file of telemetry, owned by one process: opened, filled, kept small, set aside when it cannot be read."""

from __future__ import annotations

import fcntl
import logging
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path

import duckdb

from telic.errors import StoreFailed
from telic.telemetry.columns import SCHEMA, TABLES, Columns, columns_of, definition

log = logging.getLogger(__name__)

HOUR, MINUTE = 3600 * 10**9, 60 * 10**9  # [ns]
SET_ASIDE = 3  # unreadable files that are kept [1]
SPARE = 1 << 20  # with less space on the disk an error says nothing about the file [bytes]
NOT_THE_FILE = (duckdb.ProgrammingError, duckdb.OutOfMemoryException)  # errors that another file would give too
SETTINGS = {
    "threads": "1",  # ingest is small; the cores belong to the services
    "memory_limit": "192MB",
    "checkpoint_threshold": "48MB",  # of log: about two minutes at 300 requests/s, 0.2 s to write, 0.3 s to read back
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
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StoreFailed(
                f"another receiver owns {folder}", hint="one system has one: `telic down` ends it"
            ) from error
        except OSError as error:
            raise StoreFailed(f"cannot write {folder}: {error}", hint="check its owner and the disk") from error
        self._sources = {table: _Source(table) for table in TABLES}
        self._connection = self._open_or_begin()

    def append(self, tables: Mapping[str, Columns]) -> None:
        """Write rows in one transaction; when this returns they survive the end of the process.

        Raises
        ------
        duckdb.Error
            Nothing was written.
        """
        connection = self._connection
        connection.execute("BEGIN")
        try:
            for table, columns in tables.items():
                self._sources[table].columns = columns
                connection.execute(f"EXECUTE put_{table}")
            connection.execute("COMMIT")
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
        row = self._connection.execute(
            "SELECT block_size * used_blocks, block_size * total_blocks FROM pragma_database_size()"
        ).fetchone()
        used, total = row if row else (0, 0)
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
            self._connection.execute(f"DELETE FROM {table} WHERE received_ns < {end:d}")
        self._connection.execute("CHECKPOINT")
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
            full = shutil.disk_usage(self.folder).free < SPARE
            if full or not self.path.exists() or isinstance(error, NOT_THE_FILE):
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
        connection.execute("PRAGMA disable_checkpoint_on_shutdown")
        known = connection.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = 'telic_schema'").fetchone()
        if known == (0,):
            connection.execute("BEGIN")
            connection.execute(f"CREATE TABLE telic_schema AS SELECT {SCHEMA} AS version")
            for table in TABLES:
                connection.execute(definition(table))
            connection.execute("COMMIT")
        elif (found := connection.execute("SELECT version FROM telic_schema").fetchone()) != (SCHEMA,):
            raise _OtherSchema(f"its tables have schema {found}, this Telic has {SCHEMA}")
        for table, source in self._sources.items():
            connection.register(f"arriving_{table}", source)
            connection.execute(f"PREPARE put_{table} AS INSERT INTO {table} SELECT * FROM arriving_{table}")
        connection.execute("SET lock_configuration = true")

    def _roll_back(self) -> None:
        try:
            self._connection.execute("ROLLBACK")
        except duckdb.Error as error:
            log.debug("nothing to roll back: %s", error)

    def _edge(self, function: str) -> int | None:
        each = " UNION ALL ".join(f"SELECT {function}(received_ns) AS edge FROM {table}" for table in TABLES)
        row = self._connection.execute(f"SELECT {function}(edge) FROM ({each})").fetchone()
        return row[0] if row else None

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


class _OtherSchema(Exception):
    """The file was written by another version of Telic."""


class _Source:
    """What a prepared insert reads: whatever columns are there when it runs."""

    def __init__(self, table: str) -> None:
        self._empty = columns_of(table, [])
        self.columns: Columns = None

    def __arrow_c_schema__(self) -> object:
        return self._empty.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        columns = self._empty if self.columns is None else self.columns
        return columns.__arrow_c_stream__(requested_schema)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
