"""A real PostgreSQL for generated stores: filled as a design says, and reached as its services reach it."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from types import ModuleType
from typing import Any

import asyncpg

from telic.clock import SystemClock
from telic.errors import StoreFailed
from telic.model import Design
from telic.runtime.stores.postgres import Address, PostgresDatabase
from telic.runtime.telemetry.recorder import Recorder
from telic.worlds.local import database as rows
from telic.worlds.local import postgres
from telic.worlds.local.layout import Layout
from telic.worlds.local.secret_files import secret


async def answering(layout: Layout, port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(StoreFailed):
            await (await postgres.connect(layout, port)).close()
            return
        await asyncio.sleep(0.05)
    raise AssertionError((layout.state / "log").read_text())


@contextlib.asynccontextmanager
async def filled(server: tuple[Layout, int], design: Design) -> AsyncIterator[asyncpg.Connection]:
    """Fill the database of `design` and connect to it."""
    layout, port = server
    first = await postgres.connect(layout, port)
    await rows.make_database(first, design.system)
    await first.close()
    admin = await postgres.connect(layout, port, database=design.system, timeout=30.0)
    try:
        await rows.make_roles(admin, design, layout)
        await rows.migrate(admin, design)
        await rows.seed(admin, design)
        await rows.grant_all(admin, design.grants)
        assert await rows.missing(admin, design.grants) == ()
        yield admin
    finally:
        await admin.close()


@contextlib.contextmanager
def connected(server: tuple[Layout, int], design: Design, service: str) -> Iterator[PostgresDatabase]:
    layout, port = server
    address = Address("127.0.0.1", port, design.system, service, secret(layout, service), pool=4)
    database = PostgresDatabase(address, Recorder(enabled=False), SystemClock(), application=f"{service}-1")
    try:
        yield database
    finally:
        database.close()


@contextlib.contextmanager
def imported(design: Design) -> Iterator[Any]:
    """Import the generated code of one design and forget it afterwards."""
    sys.path.insert(0, str(design.folder))

    def module(name: str) -> ModuleType:
        return importlib.import_module(f"services.{name}")

    try:
        yield module
    finally:
        sys.path.remove(str(design.folder))
        for name in [each for each in sys.modules if each == "services" or each.startswith("services.")]:
            del sys.modules[name]
