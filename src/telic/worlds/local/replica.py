"""A replica of PostgreSQL: a second server that replays what the first one wrote and answers reads."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import asyncpg

from telic.errors import StoreFailed
from telic.worlds.local import postgres
from telic.worlds.local.layout import Layout, write_atomically
from telic.worlds.local.secret_files import secret, secret_path

OF_PRIMARY = {"wal_level": "replica", "max_wal_senders": "3", "wal_keep_size": "64MB"}
"""Settings of a primary that has a replica: one sender for it, two for the copy that it begins with."""
_OF_REPLICA = {
    "shared_buffers": "16MB",
    "hot_standby": "on",
    "wal_retrieve_retry_interval": "200ms",  # a primary that was started again is found at once, not after 5 s
}
PASSFILE = "postgres-replica.pgpass"
RESUME = "SELECT pg_wal_replay_resume()"
_COPY_WITHIN = 60.0  # [s]; 0.3 s measured on 2 cores
_LAG = """
SELECT CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0.0
            ELSE coalesce(greatest(0.0, extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())), 0.0)
       END::float8"""  # as postgres_exporter's pg_replication_lag_seconds has it


def command(layout: Layout, port: int, primary: int) -> list[str]:
    """Return the command line that runs the replica of the server that listens at the port `primary`.

    It reaches that server past the proxy, by the socket in the run folder: no link between services is part of it.
    """
    place = f"host={layout.run} port={primary} user={postgres.ADMIN} passfile={secret_path(layout, PASSFILE)}"
    settings = {**OF_PRIMARY, **_OF_REPLICA, "primary_conninfo": place}
    return postgres.command(layout, port, data=layout.replica, settings=settings)


def prepare(layout: Layout, primary: int) -> None:
    """Copy the data folder of the server that listens at the port `primary` and runs.

    Each start of a world copies anew: after a crash of everything nobody can tell whether the primary still has all of
    what an old copy lacks.

    Raises
    ------
    StoreFailed
        The copy failed; the message has its words.
    """
    postgres.sweep(layout.replica)
    draft = layout.replica.with_name("postgres-replica.new")
    for each in (draft, layout.replica):
        shutil.rmtree(each, ignore_errors=True)
    passfile = secret_path(layout, PASSFILE)
    word = secret(layout, postgres.ADMIN_SECRET)
    write_atomically(passfile, f"*:*:*:{postgres.ADMIN}:{word}\n".encode(), mode=0o600)
    _copy(draft, ["-h", str(layout.run), "-p", str(primary), "-U", postgres.ADMIN], passfile)
    (draft / "standby.signal").touch()
    draft.rename(layout.replica)


async def lag(connection: asyncpg.Connection) -> float:
    """Return how far the replica is behind what it has received [s]; 0.0 where it has replayed all of it."""
    return float(await connection.fetchval(_LAG))


async def repairs(connection: asyncpg.Connection) -> list[str]:
    """Return the statements after which the replica replays again; none where it does."""
    return [RESUME] if await connection.fetchval("SELECT pg_is_wal_replay_paused()") else []


def _copy(target: Path, place: list[str], passfile: Path) -> None:
    options = ["-w", "--checkpoint=fast", "--wal-method=stream", "--no-sync", "--no-manifest"]
    arguments = ["-D", str(target), *place, *options]
    try:
        done = postgres.complete(
            "pg_basebackup", arguments, within=_COPY_WITHIN, variables={"PGPASSFILE": str(passfile)}
        )
    except subprocess.TimeoutExpired as error:
        raise StoreFailed(f"no copy of PostgreSQL within {_COPY_WITHIN:g} s", hint="is the disk slow?") from error
    if done.returncode != 0:
        words = " | ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        raise StoreFailed(f"pg_basebackup ended with code {done.returncode}: {words}", hint="see postgres.log")
