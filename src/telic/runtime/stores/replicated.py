"""A database with a replica that answers reads: everything else, and what must be fresh, goes to the primary."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from telic.runtime.ports import Queries, Row
from telic.runtime.statements import Statement
from telic.runtime.stores.postgres import PostgresDatabase

PEER = "postgres-replica"  # what spans call it


class ReplicatedDatabase:
    """Implements `telic.runtime.ports.Database` over two servers.

    A replica is behind by however long it takes to replay what the primary wrote: whoever reads what was written just
    before reads in the transaction, or with a statement that says so (`Statement.fresh`).

    Parameters
    ----------
    asked
        Whether the replica is asked now; else the primary answers everything.
    """

    def __init__(self, primary: PostgresDatabase, replica: PostgresDatabase, *, asked: bool) -> None:
        self.primary, self.replica, self.asked = primary, replica, asked

    def of(self, statement: Statement) -> PostgresDatabase:
        """Return the server that answers `statement` outside of a transaction."""
        return self.replica if self.asked and statement.reads and not statement.fresh else self.primary

    async def fetch(self, statement: Statement, *args: object) -> list[Row]:
        """Return all rows of `statement`."""
        return await self.of(statement).fetch(statement, *args)

    async def fetch_one(self, statement: Statement, *args: object) -> Row | None:
        """Return the first row of `statement`, or None."""
        return await self.of(statement).fetch_one(statement, *args)

    async def execute(self, statement: Statement, *args: object) -> int:
        """Run `statement`; return how many rows it touched [1]."""
        return await self.primary.execute(statement, *args)

    def transaction(self) -> AbstractAsyncContextManager[Queries]:
        """Open a transaction on the primary."""
        return self.primary.transaction()

    def close(self) -> None:
        """Close every connection."""
        self.primary.close()
        self.replica.close()
