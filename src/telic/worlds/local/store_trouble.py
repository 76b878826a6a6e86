"""What can be wrong with a PostgreSQL database, as the statements that bring it about and take it back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import asyncpg

from telic.errors import StoreFailed, UsageError
from telic.model.design import REPLICA
from telic.registry import near_names
from telic.worlds.local.database import quoted

TROUBLES: Mapping[str, str] = {
    "login": "role",  # the role may not log in; its connections are ended
    "role": "role",  # there is no such role any more; its connections are ended
    "password": "role",  # it has another password; its connections are ended
    "connections": "role",  # the role may have no connection more; those it has are ended
    "read-only": "",  # nothing may be written
    "commit": "",  # each commit of a write takes `size` [s] longer
    "lock": "table",  # somebody's transaction holds the table and does not end
    "index": "table.index",  # the index is not used and the table has `size` rows more that nobody asks for
    "column": "table.column",  # it is called otherwise
    "table": "table",  # it is called otherwise
    "check": "table.column",  # no row may be written
    "replay": "",  # of the replica: what the primary wrote is not replayed
}
"""What each trouble is on: a role, ``schema.table``, ``schema.table.column`` or ``.index``, or nothing."""
OF_REPLICA = ("replay",)  # the others are of the primary
POISON = "poison"
"""NATS' only trouble, on a subject: so many messages stand in the queue that nobody can read."""
MOST_POISON = 5000  # [1]
NEXT = "-2"  # ends the name of the secret that comes after another
MOST_COMMIT = 0.1  # PostgreSQL's own limit of commit_delay [s]
FILLER = "~"  # begins each text key of a row that nobody asks for
_LOOK_EVERY, _LOOKS = 0.02, 250  # for a lock that is waited for [s], [1]
_FOREVER = 1_000_000  # longer than any world [s]


@dataclass(frozen=True)
class Trouble:
    """One trouble at one place.

    Attributes
    ----------
    size
        Seconds or rows, where the trouble has a size; 0 takes it back.
    """

    name: str
    on: str = ""
    size: float = 1.0

    def __post_init__(self) -> None:
        if self.name not in TROUBLES:
            raise UsageError(f"no trouble {self.name!r} with a store", hint=near_names(self.name, TROUBLES))
        if self.on:
            quoted(self.on)
        kind = TROUBLES[self.name]
        parts = self.on.split(".") if self.on else []
        wanted = {"": 0, "role": 1, "table": 2}.get(kind, 3)
        if len(parts) != wanted:
            raise UsageError(f"{self.name} on {self.on!r}", hint=f"on: {'.'.join(['schema', kind][wanted == 1 :])}")
        if self.size < 0 or (self.name == "commit" and self.size > MOST_COMMIT):
            raise UsageError(f"{self.name} of size {self.size}", hint=f"from 0; commit: to {MOST_COMMIT} s")

    @property
    def table(self) -> str:
        """The ``schema.table`` that it is on, or ``""``."""
        return ".".join(self.on.split(".")[:2]) if self.on.count(".") else ""

    @property
    def last(self) -> str:
        """The column or index that it is on."""
        return self.on.rpartition(".")[2]


def require_store(name: str, trouble: str) -> None:
    """Refuse a trouble that the store called `name` cannot have.

    Raises
    ------
    UsageError
        It is another store's, or nobody's.
    """
    if name not in ("postgres", REPLICA):
        raise UsageError(f"no trouble known of a store {name!r}", hint="postgres; signal, pause or flush another")
    if trouble in TROUBLES and (trouble in OF_REPLICA) != (name == REPLICA):
        raise UsageError(f"{name} has no trouble {trouble!r}", hint=f"of {REPLICA}: {', '.join(OF_REPLICA)}")


async def bring(
    database: asyncpg.Connection,
    trouble: Trouble,
    connect: Callable[[], Awaitable[asyncpg.Connection]],
    secret: Callable[[str], str],
) -> None:
    """Bring a trouble about, or take it back where its size is 0; either is harmless twice.

    Parameters
    ----------
    connect
        Opens another connection of the administrator.
    secret
        Gives the secret of a name, the same each time; a new one at the first.

    Raises
    ------
    StoreFailed
        PostgreSQL refuses.
    """
    try:
        await database.execute("SET default_transaction_read_only = off")
        if trouble.name == "lock":
            await _lock(database, trouble, connect)
        elif trouble.name == "index":
            await _index(database, trouble)
        else:
            for statement in _statements(trouble, secret):
                await database.execute(statement)
    except asyncpg.PostgresError as error:
        raise StoreFailed(f"{trouble.name} on {trouble.on or 'the store'}: {error}", hint="see postgres.log") from error


def _statements(trouble: Trouble, secret: Callable[[str], str]) -> list[str]:
    """Return what is executed, one statement after the other."""
    on, size = trouble.on, trouble.size
    role = quoted(on) if TROUBLES[trouble.name] == "role" else ""
    end = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('{on}', '{on}_2')"
    reload = "SELECT pg_reload_conf()"
    match trouble.name:
        case "login":
            return [f"ALTER ROLE {role} NOLOGIN", end] if size else [f"ALTER ROLE {role} LOGIN"]
        case "connections":
            return [f"ALTER ROLE {role} CONNECTION LIMIT {0 if size else -1}", *([end] if size else [])]
        case "password":
            given = secret(f"{on}{NEXT}" if size else on).replace("'", "''")
            return [f"ALTER ROLE {role} PASSWORD '{given}'", end]
        case "role":
            there = f"SELECT FROM pg_roles WHERE rolname = '{on}'"
            renamed = _if(there, f"ALTER ROLE {role} RENAME TO {quoted(f'{on}_2')}")
            back = f"ALTER ROLE {quoted(f'{on}_2')} RENAME TO {role}"
            return [renamed, end] if size else [_if(there.replace(on, f"{on}_2"), back)]
        case "read-only":
            name = "default_transaction_read_only"
            return [f"ALTER SYSTEM SET {name} = on" if size else f"ALTER SYSTEM RESET {name}", reload]
        case "replay":
            return [f"SELECT pg_wal_replay_{'pause' if size else 'resume'}()"]
        case "commit":
            if not size:
                return ["ALTER SYSTEM RESET commit_delay", "ALTER SYSTEM RESET commit_siblings", reload]
            delay = f"ALTER SYSTEM SET commit_delay = {round(size * 1e6)}"
            return [delay, "ALTER SYSTEM SET commit_siblings = 0", reload]
        case "column":
            old, new = (trouble.last, f"{trouble.last}_v2")[:: 1 if size else -1]
            rename = f"ALTER TABLE {quoted(trouble.table)} RENAME COLUMN {quoted(old)} TO {quoted(new)}"
            return [_if(_column(trouble.table, old), rename)]
        case "table":
            schema, _, name = on.partition(".")
            old, new = (name, f"{name}_v2")[:: 1 if size else -1]
            rename = f"ALTER TABLE {quoted(f'{schema}.{old}')} RENAME TO {quoted(new)}"
            return [
                _if(f"SELECT to_regclass('{schema}.{old}') WHERE to_regclass('{schema}.{old}') IS NOT NULL", rename)
            ]
    constraint = quoted(f"{trouble.last}_check_v2")
    table = quoted(trouble.table)
    drop = f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {constraint}"
    add = f"ALTER TABLE {table} ADD CONSTRAINT {constraint} CHECK ({quoted(trouble.last)} IS NULL) NOT VALID"
    return [drop, add] if size else [drop]


def _if(condition: str, statement: str) -> str:
    return f"DO $do$ BEGIN IF EXISTS ({condition}) THEN EXECUTE $st${statement}$st$; END IF; END $do$"


def _column(table: str, column: str) -> str:
    schema, _, name = table.partition(".")
    where = f"table_schema = '{schema}' AND table_name = '{name}' AND column_name = '{column}'"
    return f"SELECT FROM information_schema.columns WHERE {where}"


async def _lock(
    database: asyncpg.Connection, trouble: Trouble, connect: Callable[[], Awaitable[asyncpg.Connection]]
) -> None:
    """Let a transaction hold the table that outlives its client: the server sleeps in it."""
    name = f"export {trouble.on}"
    mine = f"FROM pg_stat_activity WHERE application_name = '{name}'"
    await database.execute(f"SELECT pg_terminate_backend(pid) {mine}")
    if not trouble.size:
        return
    holder = await connect()
    await holder.execute(f"SET application_name = '{name}'")
    text = f"BEGIN; LOCK TABLE {quoted(trouble.on)} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep({_FOREVER})"
    task = asyncio.ensure_future(holder.execute(text, timeout=_FOREVER))
    granted = (
        f"SELECT count(*) FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' "
        f"AND relation = '{trouble.on}'::regclass AND pid IN (SELECT pid {mine})"
    )
    try:
        for _ in range(_LOOKS):
            if await database.fetchval(granted):
                return
            await asyncio.sleep(_LOOK_EVERY)
        await database.execute(f"SELECT pg_terminate_backend(pid) {mine}")
        raise StoreFailed(f"no lock on {trouble.on} within {_LOOKS * _LOOK_EVERY:g} s", hint="who holds it?")
    finally:
        holder.terminate()
        with contextlib.suppress(asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            await task


async def _index(database: asyncpg.Connection, trouble: Trouble) -> None:
    """Let the planner leave an index out, as one whose build failed, and the table grow, or take both back."""
    table, index = trouble.table, f"{trouble.on.split('.')[0]}.{trouble.last}"
    kinds = {
        row["column_name"]: row["data_type"]
        for row in await database.fetch(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2",
            *table.split("."),
        )
    }
    keyed = await database.fetch(
        "SELECT DISTINCT a.attname::text AS name FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid "
        f"AND a.attnum = ANY(i.indkey) WHERE i.indrelid = '{table}'::regclass"
    )
    keys = sorted(row["name"] for row in keyed)
    texts = [each for each in keys if kinds.get(each) == "text"]
    if not texts:
        raise UsageError(f"{table} has no text key", hint="choose another table")
    filler = f"DELETE FROM {quoted(table)} WHERE {quoted(texts[0])} LIKE '{FILLER}%'"
    await database.execute(filler, timeout=30.0)
    if trouble.size:
        await database.execute(_fill(table, keys, kinds), int(trouble.size), timeout=60.0)
    valid = "false" if trouble.size else "true"
    await database.execute(f"UPDATE pg_index SET indisvalid = {valid} WHERE indexrelid = '{index}'::regclass")
    if not trouble.size:
        await database.execute(f"VACUUM {quoted(table)}", timeout=30.0)
    await database.execute(f"ANALYZE {quoted(table)}", timeout=30.0)


def _fill(table: str, keys: list[str], kinds: Mapping[str, str]) -> str:
    """Return the statement that copies rows, $1 [1] of them, under keys that nobody asks for."""
    columns, values = [], []
    for name, kind in kinds.items():
        columns.append(quoted(name))
        old = f"old.{quoted(name)}"
        if name in keys and kind == "text":
            values.append(f"'{FILLER}' || n || {old}")
        elif name in keys and kind in ("integer", "bigint"):
            values.append(f"-1 - abs({old})")
        else:
            values.append(old)
    return (
        f"INSERT INTO {quoted(table)} ({', '.join(columns)}) SELECT {', '.join(values)} "
        f"FROM generate_series(1, $1 / greatest(1, (SELECT count(*) FROM {quoted(table)})) + 1) AS n, "
        f"{quoted(table)} AS old"
    )
