"""Opening the store's DuckDB file: one owner, bounded memory, no way from a query to other files."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import IO, Any

import duckdb

from telic.errors import StoreFailed
from telic.telemetry import schema
from telic.telemetry.columns import SCHEMA
from telic.telemetry.listeners import OWNED

ROW_GROUP = 16_384  # rows that are compressed at once: a commit this large goes straight to the file [1]
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
OUTSIDE = ("No space left", "File too large", "Permission denied", "Too many open files", "quota exceeded")
SPILL_MAX = "1GB"  # of queries that need more than memory


class OtherSchema(Exception):
    """The file was written by a version of Telic that this one knows no way from."""


def own(folder: Path) -> IO[str]:
    """Take the lock of a store's folder.

    Raises
    ------
    StoreFailed
        Another process has it, or the folder cannot be written.
    """
    lock = None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if lock is not None:
            lock.close()
        if isinstance(error, BlockingIOError):
            raise StoreFailed(f"another receiver owns {folder}", hint=OWNED) from error
        raise StoreFailed(f"cannot write {folder}: {error}", hint="check its owner and the disk") from error
    return lock


def open_file(path: Path, archive: Path, settings: dict[str, str]) -> duckdb.DuckDBPyConnection:
    """Open or begin the file, with this version's tables.

    Parameters
    ----------
    path
        The file.
    archive
        The one folder that queries may read files in.
    settings
        Of DuckDB, instead of `SETTINGS`' own.

    Raises
    ------
    StoreFailed
        It cannot be read and written.
    OtherSchema
        No migration leads to this version.
    duckdb.Error
        It is no such file.
    """
    if path.exists() and not os.access(path, os.R_OK | os.W_OK):
        raise StoreFailed(f"{path} cannot be read and written", hint="check its owner")
    config: dict[str, Any] = SETTINGS | settings
    external = config.pop("enable_external_access")
    connection = duckdb.connect(config=config | {"temp_directory": str(path.parent / "spill")})
    try:
        run(connection, f"SET max_temp_directory_size = '{SPILL_MAX}'")
        run(connection, f"ATTACH {schema.literal(path)} AS {schema.CATALOG} (ROW_GROUP_SIZE {ROW_GROUP})")
        run(connection, f"USE {schema.CATALOG}")
        run(connection, f"SET allowed_directories = [{schema.literal(archive)}]")
        run(connection, f"SET enable_external_access = {external}")
        # Closing writes no checkpoint, so that it takes no time; the next start reads the log.
        run(connection, "PRAGMA disable_checkpoint_on_shutdown")
        _prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def run(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[Any, ...]]:
    """Run one statement to its end: a connection with rows left to fetch refuses the next one."""
    return connection.execute(sql).fetchall()


def transact(connection: duckdb.DuckDBPyConnection, statements: list[str]) -> None:
    """Run statements in one transaction."""
    run(connection, "BEGIN")
    try:
        for each in statements:
            run(connection, each)
        run(connection, "COMMIT")
    except duckdb.Error:
        with contextlib.suppress(duckdb.Error):  # what led here is the news
            run(connection, "ROLLBACK")
        raise


def damaged(error: Exception) -> bool:
    """Whether `error` says that the file itself is bad; other errors must never cost anybody their data."""
    kinds = (duckdb.IOException, duckdb.SerializationException, duckdb.InternalException, duckdb.FatalException)
    if any(reason in str(error) for reason in OUTSIDE):
        return False
    return isinstance(error, (OtherSchema, *kinds)) or "orrupt" in str(error)


def _prepare(connection: duckdb.DuckDBPyConnection) -> None:
    there = "SELECT 1 FROM duckdb_tables() WHERE table_name = 'telic_schema'"
    if not run(connection, there):
        transact(connection, schema.fresh())
        return
    found = run(connection, "SELECT version FROM telic_schema")
    steps = schema.migration(found[0][0]) if len(found) == 1 else None
    if steps is None:
        raise OtherSchema(f"its tables have schema {found}, this Telic has {SCHEMA}")
    if steps:
        transact(connection, steps)
