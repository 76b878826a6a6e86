"""What a store says of itself when a command of a shell begins: sessions, locks, tables, as files.

Tables and not a client: whoever can log in can also write, and past the guard. Sources: PostgreSQL, "Monitoring
Database Activity" (pg_stat_activity, pg_locks, pg_stat_user_tables); Valkey, INFO.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import asyncpg

from telic.errors import StoreFailed
from telic.lab.shell.tree import Tree
from telic.model import State
from telic.worlds.local import postgres, proc
from telic.worlds.local.layout import Layout

POSTGRES: Final = ("postgres", "postgres-replica")
WITHIN: Final = 1.0  # connecting, and all of a store's answers [s]
LOCK_WITHIN: Final = "200ms"  # that a look waits for somebody's lock
TABLES: Final[Mapping[str, str]] = {
    "activity": """
        SELECT pid, usename AS "user", application_name AS application, state, wait_event_type, wait_event,
          round(extract(epoch FROM clock_timestamp() - xact_start)::numeric, 1) AS transaction_s,
          round(extract(epoch FROM clock_timestamp() - query_start)::numeric, 1) AS statement_s,
          pg_blocking_pids(pid) AS blocked_by, left(query, 500) AS statement
        FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
        ORDER BY xact_start NULLS LAST, pid""",
    "locks": """
        SELECT l.pid, a.usename AS "user", l.locktype AS kind, l.relation::regclass::text AS relation, l.mode,
          l.granted, round(extract(epoch FROM clock_timestamp() - l.waitstart)::numeric, 1) AS waiting_s
        FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
        WHERE l.pid <> pg_backend_pid() AND l.locktype <> 'virtualxid' ORDER BY l.granted, l.waitstart, l.pid""",
    "tables": """
        SELECT s.schemaname || '.' || s.relname AS "table", n_live_tup AS rows, n_dead_tup AS dead, seq_scan,
          seq_tup_read, idx_scan, n_tup_ins AS inserted, n_tup_upd AS updated, n_tup_del AS deleted,
          c.relpages::bigint * 8192 AS bytes_when_analysed, greatest(last_analyze, last_autoanalyze) AS analysed
        FROM pg_stat_user_tables s JOIN pg_class c ON c.oid = s.relid ORDER BY 1""",
    "indexes": """
        SELECT s.schemaname || '.' || s.relname AS "table", s.indexrelname AS "index", i.indisvalid AS valid,
          s.idx_scan AS scans, pg_get_indexdef(s.indexrelid) AS definition
        FROM pg_stat_user_indexes s JOIN pg_index i USING (indexrelid) ORDER BY 1, 2""",
    "columns": """
        SELECT table_schema || '.' || table_name AS "table", column_name AS "column", data_type AS type,
          is_nullable AS nullable, column_default AS "default"
        FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema')
        ORDER BY 1, ordinal_position""",
    "constraints": """
        SELECT n.nspname || '.' || r.relname AS "table", c.conname AS "constraint", c.convalidated AS validated,
          pg_get_constraintdef(c.oid) AS definition
        FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid JOIN pg_namespace n ON n.oid = r.relnamespace
        WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND c.contype <> 'n' ORDER BY 1, 2""",
    "roles": """
        SELECT rolname AS role, rolcanlogin AS may_log_in, rolconnlimit AS connections_most,
          (SELECT count(*) FROM pg_stat_activity a WHERE a.usename = r.rolname) AS connections
        FROM pg_roles r WHERE rolname NOT LIKE 'pg\\_%' ORDER BY 1""",
    "grants": """
        SELECT n.nspname || '.' || c.relname AS "table", a.grantee::regrole::text AS role,
          string_agg(a.privilege_type, ', ' ORDER BY a.privilege_type) AS privileges
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace, aclexplode(c.relacl) a
        WHERE c.relkind = 'r' AND a.grantee <> c.relowner
          AND n.nspname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1, 2 ORDER BY 1, 2""",
    "settings": """
        SELECT name, setting, unit, source FROM pg_settings
        WHERE source NOT IN ('default', 'override', 'client', 'session') ORDER BY 1""",
}


def tables(layout: Layout, state: State, ports: Mapping[str, int]) -> Tree:
    """Return a file for each of `TABLES` of every PostgreSQL server that there is, in a folder for each.

    Where a server does not answer, there is a file ``unreachable`` instead, which says why.

    Parameters
    ----------
    ports
        Where stores listen.
    """
    pids = {name: state.stores[name].instance.pid for name in POSTGRES if name in ports and name in state.stores}
    found = [_server(layout, state.system, ports[name], pid) for name, pid in pids.items()]
    trees = (Tree(files).below(name) for name, files in zip(pids, found, strict=True))
    return functools.reduce(Tree.__or__, trees, Tree())


def _server(layout: Layout, system: str, port: int, pid: int) -> dict[str, str]:
    try:
        return asyncio.run(_asked(layout, system, port, pid))
    except StoreFailed as error:
        return {"unreachable": f"{error}\n"}


async def _asked(layout: Layout, system: str, port: int, pid: int) -> dict[str, str]:
    connection = await postgres.connect(layout, port, database=system, timeout=WITHIN)
    try:
        numbers = {inside: outside for outside in proc.family(pid) if (inside := _inside(outside))} if pid else {}
        async with asyncio.timeout(WITHIN):
            await connection.execute(f"SET lock_timeout = '{LOCK_WITHIN}'")
            return {name: await _table(connection, statement, numbers) for name, statement in TABLES.items()}
    except (asyncpg.PostgresError, OSError, TimeoutError) as error:
        raise StoreFailed(f"it stopped answering: {error or 'not in time'}", hint="see its log") from error
    finally:
        connection.terminate()


async def _table(connection: asyncpg.Connection, statement: str, numbers: Mapping[int, int]) -> str:
    try:
        asked = await connection.prepare(statement)
        rows = await asked.fetch()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
        return f"{error or 'no answer in time'}\n"
    names = [each.name for each in asked.get_attributes()]
    return _lines([names, *([_numbered(*each, numbers) for each in row.items()] for row in rows)])


def _numbered(column: str, value: object, numbers: Mapping[int, int]) -> object:
    """Return a value in which processes have the numbers that ``/proc`` shows."""
    if column == "pid" and isinstance(value, int):
        return numbers.get(value, value)
    if column == "blocked_by" and isinstance(value, list):
        return " ".join(str(numbers.get(each, each)) for each in value)
    return value


def _lines(rows: Sequence[Sequence[object]]) -> str:
    r"""Return rows as lines, their values between tabs.

    Examples
    --------
    >>> _lines([["pid", "state", "statement"], [7, None, "SELECT\n  1"]])
    'pid\tstate\tstatement\n7\t\tSELECT 1\n'
    """
    return "".join("\t".join(_word(each) for each in row) + "\n" for row in rows)


def _word(value: object) -> str:
    return "" if value is None else " ".join(str(value).split())


def _inside(pid: int) -> int:
    """Return what the innermost pid namespace of a process calls it; 0 when it has ended."""
    try:
        said = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[-1]) for line in said.splitlines() if line.startswith("NSpid:")), 0)
