"""``python -m telic.worlds.kubernetes.prepare``: the job that gives a cluster's database what a design asks of it."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from pathlib import Path

import asyncpg

from telic import design as designs
from telic.errors import StoreFailed, TelicError, UsageError
from telic.model import Design
from telic.worlds.kubernetes.settings import STORES
from telic.worlds.local import database
from telic.worlds.local.layout import Layout


async def prepare(design: Design, state: Path, *, host: str, password: str) -> str:
    """Make database, roles, tables, first rows and grants; what is there already stays.

    Returns
    -------
    What was done, in words.

    Raises
    ------
    StoreFailed
        The database does not answer or refuses something.
    """
    layout = Layout(state, state)
    try:
        admin = await asyncpg.connect(host=host, port=STORES["postgres"], user="postgres", password=password)
        try:
            await database.make_database(admin, design.system)
        finally:
            await admin.close()
        own = await asyncpg.connect(
            host=host, port=STORES["postgres"], user="postgres", password=password, database=design.system
        )
        try:
            await database.make_roles(own, design, layout)
            applied = await database.migrate(own, design)
            rows = await database.seed(own, design)
            await database.grant_all(own, design.grants)
        finally:
            await own.close()
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise StoreFailed(f"{host}: {error}", hint="the job tries again; see the pod of postgres") from error
    return f"{len(applied)} migrations, {rows} rows, {len(design.grants)} grants"


def main() -> int:
    """Prepare the database of the design in a folder."""
    parser = argparse.ArgumentParser(prog="python -m telic.worlds.kubernetes.prepare", description=main.__doc__)
    parser.add_argument("--design", type=Path, required=True, help="the design's folder")
    parser.add_argument("--state", type=Path, required=True, help="holds secrets/<service> for every role")
    parser.add_argument("--host", default="postgres", help="where PostgreSQL answers")
    parser.add_argument("--expect", default="", metavar="HASH", help="of the design that the services have")
    given = parser.parse_args()
    try:
        design = designs.read(given.design)
        if given.expect not in ("", design.hash):
            raise UsageError(
                f"the image holds {design.system} {design.hash[:19]}, the services are of {given.expect[:19]}",
                hint=f"build the image again: telic kubernetes manifests {design.system}",
            )
        password = os.environ.get("PGPASSWORD", "")
        sys.stdout.write(asyncio.run(prepare(design, given.state, host=given.host, password=password)) + "\n")
    except TelicError as error:
        sys.stderr.write(f"{error} ({error.hint})\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
