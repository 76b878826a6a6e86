"""Tables of DuckDB files and of PostgreSQL."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from urllib.parse import urlsplit

import duckdb

from telic.errors import SourceFailed, UsageError
from telic.opportunities.read.csvs import HEAD, parse
from telic.opportunities.read.source import Rows
from telic.registry import near_names

CONNECTS = 10.0  # what a connection may take [s]
_TABLES = """
    SELECT CASE WHEN table_schema IN ('main', 'public') THEN table_name ELSE table_schema || '.' || table_name END
    FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
"""


def open_duckdb(path: Path, table: str) -> Rows:
    """Read a table or view of a DuckDB file.

    Raises
    ------
    UsageError
        There is no such file or table.
    """
    name = f"{path}::{table}"
    if not path.is_file():
        raise UsageError(f"no file {path}", hint="FILE.duckdb::TABLE names a table in a file")
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            known = [row[0] for row in connection.execute(_TABLES).fetchall()]
            if table not in known:
                raise UsageError(f"{path} has no table {table!r}", hint=near_names(table, known))
            return Rows(name, connection.sql(f"SELECT * FROM {_identifier(table)}").to_arrow_table())
    except duckdb.Error as error:
        raise UsageError(f"{name}: {error}", hint="check that it is a DuckDB file that nobody writes to") from error


def open_postgresql(address: str) -> Rows:
    """Read a table or view of a PostgreSQL database, ``postgresql://user@host/database#schema.table``.

    Raises
    ------
    UsageError
        The address names no table, or there is none of that name.
    SourceFailed
        The database does not answer.
    """
    url, _, table = address.partition("#")
    parts = urlsplit(url)
    shown = f"{parts.scheme}://{parts.hostname or ''}{parts.path}#{table}"  # without user and password
    if not table:
        raise UsageError(f"{shown} names no table", hint="postgresql://USER@HOST/DATABASE#TABLE")
    text = asyncio.run(_copied(url, table, shown))
    found, _ = parse(shown, io.BytesIO(text), text[:HEAD])
    return Rows(shown, found)


async def _copied(url: str, table: str, shown: str) -> bytes:
    import asyncpg

    out = io.BytesIO()
    try:
        connection = await asyncpg.connect(url, timeout=CONNECTS)
        try:
            known = [row[0] for row in await connection.fetch(_TABLES)]
            if table not in known:
                raise UsageError(f"{shown}: no such table", hint=near_names(table, known))
            query = f"SELECT * FROM {_identifier(table)}"
            await connection.copy_from_query(query, output=out, format="csv", header=True)
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SourceFailed(f"{shown}: {error}", hint="check host, user and password, and that it runs") from error
    return out.getvalue()


def _identifier(table: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split(".", 1))


def is_postgresql(address: str) -> bool:
    """Whether an address is of PostgreSQL."""
    return address.startswith(("postgresql://", "postgres://"))


def split_duckdb(address: str) -> tuple[Path, str] | None:
    """Return file and table of ``FILE::TABLE``, or None for other addresses."""
    file, found, table = address.rpartition("::")
    return (Path(file), table) if found and file and table else None
