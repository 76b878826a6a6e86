"""Tables of DuckDB files and of PostgreSQL."""

from __future__ import annotations

import asyncio
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pyarrow
import pyarrow.csv

from telic.errors import SourceFailed, UsageError
from telic.opportunities.read.source import Rows
from telic.registry import near_names

pa: Any = pyarrow
pa_csv: Any = pyarrow.csv
CONNECTS = 10.0  # what a connection may take [s]
_PLAIN = {"timezone": "UTC", "datestyle": "ISO"}  # so that times are written in one way
_TYPES = {
    **dict.fromkeys(("int2", "int4", "int8"), "int64"),
    **dict.fromkeys(("float4", "float8", "numeric"), "double"),
    "bool": "bool",
}
"""Types of PostgreSQL that are read as others than text; times are texts until their column is known to be one."""
_SIGNED = re.compile(r"(postgres(?:ql)?://)[^\s'\"#]*@")
_PASSWORD = re.compile(r"([?&]password=)[^&#\s'\"]*")
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
    text, types = asyncio.run(_copied(url, table, shown))
    found = pa_csv.read_csv(
        io.BytesIO(text),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.type_for_alias(kind) for name, kind in types.items()},
            null_values=[""],  # an empty text is quoted, and stays one
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
            check_utf8=False,
        ),
    )
    return Rows(shown, found)


async def _copied(url: str, table: str, shown: str) -> tuple[bytes, dict[str, str]]:
    """Return a table as CSV, and how each column is to be read."""
    import asyncpg

    out = io.BytesIO()
    try:
        connection = await asyncpg.connect(url, timeout=CONNECTS, server_settings=_PLAIN)
        try:
            known = [row[0] for row in await connection.fetch(_TABLES)]
            if table not in known:
                raise UsageError(f"{shown}: no such table", hint=near_names(table, known))
            query = f"SELECT * FROM {_identifier(table)}"
            columns = (await connection.prepare(query)).get_attributes()
            await connection.copy_from_query(query, output=out, format="csv", header=True)
        finally:
            await connection.close()
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise SourceFailed(f"{shown}: {error}", hint="check host, user and password, and that it runs") from error
    return out.getvalue(), {each.name: _TYPES.get(each.type.name, "string") for each in columns}


def _identifier(table: str) -> str:
    return ".".join('"' + part.replace('"', '""') + '"' for part in table.split(".", 1))


def unsigned(text: str) -> str:
    """Return a text in which no address of PostgreSQL has a user or a password.

    Examples
    --------
    >>> unsigned("telic opportunities 'postgresql://me:secret@db/shop?password=x#events'")
    "telic opportunities 'postgresql://db/shop?password=...#events'"
    """
    return _PASSWORD.sub(r"\1...", _SIGNED.sub(r"\1", text))


def is_postgresql(address: str) -> bool:
    """Whether an address is of PostgreSQL."""
    return address.startswith(("postgresql://", "postgres://"))


def split_duckdb(address: str) -> tuple[Path, str] | None:
    """Return file and table of ``FILE::TABLE``, or None for other addresses."""
    file, found, table = address.rpartition("::")
    return (Path(file), table) if found and file and table else None
