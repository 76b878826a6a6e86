"""What the administrator of a local world's PostgreSQL does to it when it is harmed: statements, and troubles."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import asyncpg

from telic.errors import StoreFailed, UsageError
from telic.worlds.local import postgres
from telic.worlds.local.desired import load_desired
from telic.worlds.local.layout import Layout
from telic.worlds.local.secret_files import secret
from telic.worlds.local.store_trouble import Trouble, bring


def execute(layout: Layout, about: Mapping[str, object], statement: str) -> None:
    """Run one statement.

    Parameters
    ----------
    about
        What the world says of itself.

    Raises
    ------
    StoreFailed
        PostgreSQL refused it.
    UsageError
        The system has no PostgreSQL.
    """
    asyncio.run(_execute(layout, about, statement))


def bring_about(layout: Layout, about: Mapping[str, object], store: str, trouble: Trouble) -> None:
    """Bring about a trouble of a server, or take it back; see `store_trouble`."""
    asyncio.run(_bring_about(layout, about, store, trouble))


async def _execute(layout: Layout, about: Mapping[str, object], statement: str) -> None:
    connection = await _connect(layout, about)
    try:
        await connection.execute(statement)
    except asyncpg.PostgresError as error:
        raise StoreFailed(f"{statement}: {error}", hint="see the design's grants") from error
    finally:
        await connection.close()


async def _bring_about(layout: Layout, about: Mapping[str, object], store: str, trouble: Trouble) -> None:
    connection = await _connect(layout, about, store)
    try:
        await bring(connection, trouble, lambda: _connect(layout, about, store), lambda name: secret(layout, name))
    finally:
        await connection.close()


async def _connect(layout: Layout, about: Mapping[str, object], store: str = "postgres") -> asyncpg.Connection:
    return await postgres.connect(layout, _port(layout, store), database=str(about["system"]))


def _port(layout: Layout, store: str) -> int:
    desired = load_desired(layout.desired)
    if desired is None or store not in desired.stores:
        what = "PostgreSQL" if store == "postgres" else store
        raise UsageError(f"this system has no {what}", hint="choose another fault")
    return desired.stores[store]
