"""What a design asks of its database: roles, schemas, migrations, seed rows, grants."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import asyncpg

from telic.errors import InvalidDesign, StoreFailed
from telic.model import Design, Grant
from telic.worlds.local.layout import Layout
from telic.worlds.local.secret_files import secret

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def quoted(name: str) -> str:
    """Return a (dotted) name as an SQL identifier; refuse anything but plain names.

    Examples
    --------
    >>> quoted("booking.bookings")
    '"booking"."bookings"'
    """
    parts = name.split(".")
    if not all(_NAME.fullmatch(each) for each in parts):
        raise InvalidDesign(f"{name!r} is no plain SQL name", hint="lower-case letters, digits and underscores")
    return ".".join(f'"{each}"' for each in parts)


def parse_privileges(text: str) -> tuple[str, ...]:
    """Read ``SELECT, INSERT`` or ``ALL``.

    Examples
    --------
    >>> parse_privileges("select, INSERT")
    ('SELECT', 'INSERT')
    """
    words = tuple(each.strip().upper() for each in text.split(",") if each.strip())
    if words == ("ALL",):
        return PRIVILEGES
    unknown = [each for each in words if each not in PRIVILEGES]
    if unknown or not words:
        raise InvalidDesign(
            f"no table privilege {', '.join(unknown) or text!r}", hint=f"known: {', '.join(PRIVILEGES)}, ALL"
        )
    return words


def privilege_statement(verb: str, service: str, table: str, privileges: str) -> str:
    """Return the statement that gives (``GRANT``) a role privileges, or takes them (``REVOKE``).

    Examples
    --------
    >>> privilege_statement("GRANT", "booking", "booking.bookings", "SELECT, INSERT")
    'GRANT SELECT, INSERT ON "booking"."bookings" TO "booking"'
    """
    preposition = "TO" if verb == "GRANT" else "FROM"
    return f"{verb} {privileges} ON {quoted(table)} {preposition} {quoted(service)}"


async def make_database(admin: asyncpg.Connection, name: str) -> None:
    """Create the system's database if there is none."""
    if not await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
        await admin.execute(f"CREATE DATABASE {quoted(name)}")


async def make_roles(database: asyncpg.Connection, design: Design, layout: Layout) -> None:
    """Give each service that uses PostgreSQL a login role of its own."""
    known = {row["rolname"] for row in await database.fetch("SELECT rolname FROM pg_roles")}
    names = [each.name for each in design.services if "postgres" in each.stores]
    script = [f"CREATE ROLE {quoted(each)} LOGIN" for each in names if each not in known]
    script += [f"ALTER ROLE {quoted(each)} PASSWORD '{secret(layout, each)}'" for each in names]
    await database.execute("; ".join(script))  # at once: each statement of its own costs a round trip


async def migrate(database: asyncpg.Connection, design: Design) -> list[str]:
    """Apply the migrations that are not recorded yet, each in a transaction, and return their names.

    Raises
    ------
    StoreFailed
        A migration failed, or one that was applied has changed since.
    """
    applied = []
    for service in sorted(folder.name for folder in (design.folder / "schema").glob("*") if folder.is_dir()):
        schema = quoted(service)
        await database.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        await database.execute(
            f"CREATE TABLE IF NOT EXISTS {schema}.schema_migrations "
            "(name text PRIMARY KEY, digest text NOT NULL, applied timestamptz NOT NULL DEFAULT now())"
        )
        rows = await database.fetch(f"SELECT name, digest FROM {schema}.schema_migrations")
        known = {row["name"]: row["digest"] for row in rows}
        for path in sorted((design.folder / "schema" / service).glob("*.sql")):
            if await _migrate_one(database, service, path, known):
                applied.append(f"{service}/{path.name}")
    return applied


async def seed(database: asyncpg.Connection, design: Design) -> int:
    """Load ``seed/<service>.<table>.jsonl``, each file once and for all; return the rows written."""
    written = 0
    for path in sorted((design.folder / "seed").glob("*.jsonl")):
        table = quoted(path.name.removesuffix(".jsonl"))
        record = f"{quoted(path.name.split('.')[0])}.schema_migrations"
        if await database.fetchval(f"SELECT 1 FROM {record} WHERE name = $1", f"seed/{path.name}"):
            continue
        text = path.read_text(encoding="utf-8")
        lines = [(line,) for line in text.splitlines() if line.strip()]
        digest = hashlib.sha256(text.encode()).hexdigest()
        async with database.transaction():
            await _insert(database, table, lines, path)
            await database.execute(f"INSERT INTO {record} (name, digest) VALUES ($1, $2)", f"seed/{path.name}", digest)
        written += len(lines)
    if written:
        await database.execute("ANALYZE")
    return written


async def _insert(database: asyncpg.Connection, table: str, lines: list[tuple[str]], path: Path) -> None:
    await database.execute("CREATE TEMP TABLE seed_lines (line jsonb) ON COMMIT DROP")
    await database.copy_records_to_table("seed_lines", records=lines)
    keys = await database.fetch("SELECT DISTINCT jsonb_object_keys(line) AS key FROM seed_lines ORDER BY key")
    columns = ", ".join(quoted(row["key"]) for row in keys)
    try:
        await database.execute(
            f"INSERT INTO {table} ({columns}) "
            f"SELECT {columns} FROM seed_lines, jsonb_populate_record(NULL::{table}, line)"
        )
    except asyncpg.PostgresError as error:
        raise StoreFailed(f"seed rows of {path.name} do not fit: {error}", hint=f"see {path}") from error


async def grant_all(database: asyncpg.Connection, grants: Sequence[Grant]) -> None:
    """Give each role exactly what the design grants."""
    script = []
    for service, schema in sorted({(each.service, each.table.split(".")[0]) for each in grants}):
        script.append(f"GRANT USAGE ON SCHEMA {quoted(schema)} TO {quoted(service)}")
        script.append(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {quoted(schema)} TO {quoted(service)}")
    script += [
        f"GRANT {', '.join(each.privileges)} ON {quoted(each.table)} TO {quoted(each.service)}" for each in grants
    ]
    await database.execute("; ".join(script))


async def held(database: asyncpg.Connection, service: str, table: str) -> tuple[str, ...]:
    """Return the privileges that the role of `service` has on a table now.

    Raises
    ------
    StoreFailed
        There is no such role or table.
    """
    try:
        rows = await database.fetch(
            "SELECT p FROM unnest($3::text[]) p WHERE has_table_privilege($1::text, $2::text, p)",
            service,
            table,
            list(PRIVILEGES),
        )
    except asyncpg.PostgresError as error:
        raise StoreFailed(
            f"cannot read the privileges of {service} on {table}: {error}", hint="see the design's grants"
        ) from error
    return tuple(row["p"] for row in rows)


async def missing(database: asyncpg.Connection, grants: Sequence[Grant]) -> tuple[str, ...]:
    """Return what the design grants and the database does not hold: ``booking: SELECT ON booking.bookings``."""
    wanted = [(each.service, each.table, privilege) for each in grants for privilege in each.privileges]
    rows = await database.fetch(
        "SELECT r, t, p FROM unnest($1::text[], $2::text[], $3::text[]) AS w(r, t, p) "
        "WHERE NOT COALESCE(has_table_privilege(r, to_regclass(t), p), false)",
        *[list(column) for column in zip(*wanted, strict=True)] if wanted else [[], [], []],
    )
    return tuple(f"{row['r']}: {row['p']} ON {row['t']}" for row in rows)


async def _migrate_one(database: asyncpg.Connection, service: str, path: Path, known: dict[str, str]) -> bool:
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    if path.name in known:
        if known[path.name] != digest:
            hint = "add a new migration instead, or discard the data with `telic up --fresh`"
            raise StoreFailed(f"migration {service}/{path.name} was applied and has changed since", hint=hint)
        return False
    try:
        async with database.transaction():
            await database.execute(f"SET LOCAL search_path TO {quoted(service)}, public")
            await database.execute(text)
            await database.execute(
                f"INSERT INTO {quoted(service)}.schema_migrations (name, digest) VALUES ($1, $2)", path.name, digest
            )
    except asyncpg.PostgresError as error:
        raise StoreFailed(f"migration {service}/{path.name} failed: {error}", hint=f"see {path}") from error
    return True
