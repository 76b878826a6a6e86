"""What differs between a database and its design, as the statements that bring it back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import asyncpg

from telic.errors import StoreFailed
from telic.model import Design, Table
from telic.worlds.local.database import quoted

HELD = "1 second"  # that a stranger's transaction holds a table before it is in the way
BOOKS = "schema_migrations"  # the table of migrations that every schema has besides those of the design


async def repairs(database: asyncpg.Connection, design: Design) -> list[str]:
    """Return the statements after which the database is as the design says; none where it is.

    Looked at: roles (there, may log in, no limit), settings of the server that were changed while it ran, names of
    tables and columns, constraints that no migration checked, indexes that are not used, transactions of strangers
    that hold tables. Data and passwords are left alone.

    Raises
    ------
    StoreFailed
        PostgreSQL does not answer.
    """
    services = {each.name: each.tables for each in design.services if "postgres" in each.stores}
    roles = list(services)
    try:
        return [
            *await _settings(database),
            *await _sessions(database, roles),
            *await _roles(database, roles),
            *await _names(database, services),
            *await _constraints(database, roles),
            *await _indexes(database, roles),
        ]
    except asyncpg.PostgresError as error:
        raise StoreFailed(f"the database cannot be compared with its design: {error}", hint="see its log") from error


async def repair(database: asyncpg.Connection, statements: Sequence[str]) -> None:
    """Execute what `repairs` returned.

    Raises
    ------
    StoreFailed
        PostgreSQL refuses one; those before it are in force.
    """
    await database.execute("SET default_transaction_read_only = off")
    for statement in statements:
        try:
            await database.execute(statement, timeout=30.0)
        except asyncpg.PostgresError as error:
            raise StoreFailed(f"{statement}: {error}", hint="see postgres.log") from error


async def _settings(database: asyncpg.Connection) -> list[str]:
    """Take back what was set while the server ran: a design sets everything when it starts it."""
    rows = await database.fetch(
        "SELECT DISTINCT name FROM pg_file_settings WHERE sourcefile LIKE '%postgresql.auto.conf' ORDER BY name"
    )
    found = [f"ALTER SYSTEM RESET {quoted(row['name'])}" for row in rows]
    return [*found, "SELECT pg_reload_conf()"] if found else []


async def _sessions(database: asyncpg.Connection, roles: Sequence[str]) -> list[str]:
    """End transactions of others than the design's roles that hold a table so that nobody reads it."""
    rows = await database.fetch(
        "SELECT DISTINCT a.pid FROM pg_stat_activity a JOIN pg_locks l USING (pid) "
        "JOIN pg_class c ON c.oid = l.relation JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND n.nspname = ANY($1::text[]) "
        f"AND a.usename <> ALL($1::text[]) AND a.pid <> pg_backend_pid() "
        f"AND now() - a.xact_start > '{HELD}' ORDER BY 1",
        list(roles),
    )
    return [f"SELECT pg_terminate_backend({row['pid']})" for row in rows]


async def _roles(database: asyncpg.Connection, roles: Sequence[str]) -> list[str]:
    rows = await database.fetch(
        "SELECT rolname::text AS name, rolcanlogin AS login, rolconnlimit AS most, "
        "array(SELECT s FROM unnest($1::text[]) s WHERE has_schema_privilege(rolname, s, 'USAGE')) AS schemas "
        "FROM pg_roles WHERE NOT rolsuper AND rolname !~ '^pg_' ORDER BY 1",
        list(roles),
    )
    known = {row["name"]: row for row in rows}
    found: list[str] = []
    for role in roles:
        row = known.get(role)
        if row is None:
            found += [
                f"ALTER ROLE {quoted(name)} RENAME TO {quoted(role)}"
                for name, other in known.items()
                if name not in roles and role in other["schemas"]
            ][:1]
            continue
        found += [f"ALTER ROLE {quoted(role)} LOGIN"] if not row["login"] else []
        found += [f"ALTER ROLE {quoted(role)} CONNECTION LIMIT -1"] if row["most"] >= 0 else []
    return found


async def _names(database: asyncpg.Connection, services: Mapping[str, Sequence[Table]]) -> list[str]:
    rows = await database.fetch(
        "SELECT table_schema AS schema, table_name AS table, array_agg(column_name::text) AS columns "
        "FROM information_schema.columns WHERE table_schema = ANY($1::text[]) GROUP BY 1, 2 ORDER BY 1, 2",
        list(services),
    )
    found: list[str] = []
    for schema, tables in services.items():
        there = {row["table"]: set(row["columns"]) for row in rows if row["schema"] == schema and row["table"] != BOOKS}
        found += list(_renamed(schema, tables, there))
    return found


def _renamed(schema: str, tables: Sequence[Table], there: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield what gives tables and columns their names back, where it is plain which is which."""
    strangers = [name for name in there if name not in {each.name for each in tables}]
    for table in tables:
        wanted = set(table.columns)
        if table.name not in there:
            alike = [name for name in strangers if there[name] == wanted]
            if len(alike) == 1:
                yield f"ALTER TABLE {quoted(f'{schema}.{alike[0]}')} RENAME TO {quoted(table.name)}"
            continue
        missing, others = wanted - there[table.name], there[table.name] - wanted
        if len(missing) == len(others) == 1:
            old, new = quoted(others.pop()), quoted(missing.pop())
            yield f"ALTER TABLE {quoted(f'{schema}.{table.name}')} RENAME COLUMN {old} TO {new}"


async def _constraints(database: asyncpg.Connection, schemas: Sequence[str]) -> list[str]:
    """Drop checks that were put on without looking at what is there: no migration of a design does that."""
    rows = await database.fetch(
        "SELECT n.nspname || '.' || c.relname AS table, k.conname::text AS name FROM pg_constraint k "
        "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE k.contype = 'c' AND NOT k.convalidated AND n.nspname = ANY($1::text[]) ORDER BY 1, 2",
        list(schemas),
    )
    return [f"ALTER TABLE {quoted(row['table'])} DROP CONSTRAINT {quoted(row['name'])}" for row in rows]


async def _indexes(database: asyncpg.Connection, schemas: Sequence[str]) -> list[str]:
    rows = await database.fetch(
        "SELECT n.nspname || '.' || c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid "
        "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid "
        "AND n.nspname = ANY($1::text[]) ORDER BY 1",
        list(schemas),
    )
    return [f"REINDEX INDEX {quoted(row['name'])}" for row in rows]
