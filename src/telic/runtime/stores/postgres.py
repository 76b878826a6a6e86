"""The database port over asyncpg: one client span a statement, failures as the runtime's own types."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import asyncpg

from telic.clock import Clock
from telic.runtime.policies.limit import Limit
from telic.runtime.ports import Queries, Row
from telic.runtime.statements import Statement
from telic.runtime.stores.failures import FAILURES, error_type, sqlstate, translate
from telic.runtime.stores.pool import Pool
from telic.runtime.telemetry.recorder import Recorder
from telic.runtime.telemetry.store_spans import StoreSpans

T = TypeVar("T")
Connection = Any  # asyncpg.Connection, whose stubs are stricter than its use
CONNECT_TIMEOUT = 2.0  # [s]
RECOVER_TIMEOUT = 1.0  # for a connection whose statement was cancelled [s]
BEGIN, COMMIT, ROLLBACK, PROBE = (Statement(each, each) for each in ("BEGIN", "COMMIT", "ROLLBACK", "SELECT 1"))


@dataclass(frozen=True)
class Address:
    """Where the database is and as whom to ask it."""

    host: str
    port: int
    database: str
    user: str
    password: str = field(default="", repr=False)
    pool: int = 3  # connections [1]


class PostgresDatabase:
    """Implements `telic.runtime.ports.Database`; connects when first asked.

    Parameters
    ----------
    peer
        What spans call the server.
    """

    def __init__(
        self, address: Address, recorder: Recorder, clock: Clock, *, application: str, peer: str = "postgres"
    ) -> None:
        self._spans = StoreSpans("postgresql", peer, recorder)
        self._clock, self._application = clock, application
        self._recovering: set[asyncio.Task[None]] = set()
        self.address = address
        self._pool = self._make_pool()

    def move(self, address: Address) -> None:
        """Use another address or another role from now on."""
        if address != self.address:
            self.address = address
            old, self._pool = self._pool, self._make_pool()
            old.close()

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    async def fetch(self, statement: Statement, *args: object) -> list[Row]:
        """Return all rows of `statement`."""
        return await self._alone(statement, lambda session: session.fetch(statement, *args))

    async def fetch_one(self, statement: Statement, *args: object) -> Row | None:
        """Return the first row of `statement`, or None."""
        return await self._alone(statement, lambda session: session.fetch_one(statement, *args))

    async def execute(self, statement: Statement, *args: object) -> int:
        """Run `statement`; return how many rows it touched [1]."""
        return await self._alone(statement, lambda session: session.execute(statement, *args))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Queries]:
        """Open a transaction."""
        pool = self._pool
        session = await self._open(pool, BEGIN)
        try:
            await session.quietly(BEGIN)
            try:
                yield session
            except Exception:
                with Limit(self._clock, RECOVER_TIMEOUT):
                    await session.quietly(ROLLBACK)
                raise
            await session.execute(COMMIT)
        except asyncio.CancelledError:
            self._recover(pool, session, ROLLBACK)
            raise
        except BaseException:
            self._settled(pool, session)
            raise
        self._settled(pool, session)

    async def _alone(self, statement: Statement, work: Callable[[_Session], Awaitable[T]]) -> T:
        pool = self._pool
        session = await self._open(pool, statement)
        try:
            answer = await work(session)
        except asyncio.CancelledError:
            self._recover(pool, session, PROBE)
            raise
        except BaseException:
            pool.release(session.connection)
            raise
        pool.release(session.connection)
        return answer

    def _settled(self, pool: Pool[Connection], session: _Session) -> None:
        """Give back a connection whose transaction has ended; one that is still inside ends with its connection."""
        connection = session.connection
        if not connection.is_closed() and connection.is_in_transaction():
            connection.terminate()
        pool.release(connection)

    async def _open(self, pool: Pool[Connection], statement: Statement) -> _Session:
        span = self._spans.begin()
        try:
            return _Session(await pool.acquire(), self._spans)
        except FAILURES as error:
            self._spans.end(span, statement, sqlstate(error), error_type(error))
            raise translate(error, statement.name, self._spans.peer) from None  # its words may hold values

    def _recover(self, pool: Pool[Connection], session: _Session, last: Statement) -> None:
        """Keep a connection out of the pool until the server has dropped its cancelled statement and answers `last`.

        Only to close it would leave the statement, and the locks of its transaction, at the server.
        """

        async def settle() -> None:
            connection = session.connection
            try:
                with Limit(self._clock, RECOVER_TIMEOUT):
                    await connection.execute(last.sql)
            except FAILURES:
                connection.terminate()
            finally:
                pool.release(connection)

        task = asyncio.create_task(settle())
        self._recovering.add(task)
        task.add_done_callback(self._recovering.discard)

    def _make_pool(self) -> Pool[Connection]:
        address = self.address

        async def connect() -> Connection:
            return await asyncpg.connect(
                host=address.host,
                port=address.port,
                database=address.database,
                user=address.user,
                password=address.password or None,
                timeout=CONNECT_TIMEOUT,
                ssl=False,
                server_settings={"application_name": self._application},
            )

        return Pool(connect, address.pool)


class _Session:
    """Statements on one connection."""

    __slots__ = ("_spans", "connection")

    def __init__(self, connection: Connection, spans: StoreSpans) -> None:
        self.connection, self._spans = connection, spans

    async def fetch(self, statement: Statement, *args: object) -> list[Row]:
        rows: list[Row] = await self._recorded(statement, self.connection.fetch(statement.sql, *args))
        return rows

    async def fetch_one(self, statement: Statement, *args: object) -> Row | None:
        row: Row | None = await self._recorded(statement, self.connection.fetchrow(statement.sql, *args))
        return row

    async def execute(self, statement: Statement, *args: object) -> int:
        said = await self._recorded(statement, self.connection.execute(statement.sql, *args))
        count = said.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def quietly(self, statement: Statement) -> None:
        """Run a statement that leaves no span."""
        try:
            await self.connection.execute(statement.sql)
        except FAILURES as error:
            raise translate(error, statement.name, self._spans.peer) from None  # its words may hold values

    async def _recorded(self, statement: Statement, work: Awaitable[Any]) -> Any:
        span = self._spans.begin()
        state, kind = "", "cancelled"
        try:
            answer = await work
            kind = ""
            return answer
        except FAILURES as error:
            state, kind = sqlstate(error), error_type(error)
            raise translate(error, statement.name, self._spans.peer) from None  # its words may hold values
        finally:
            self._spans.end(span, statement, state, kind)
