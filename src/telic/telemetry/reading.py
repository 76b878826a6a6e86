"""Queries of others: one SELECT each, on a thread and a cursor of its own, ended at its deadline."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import duckdb
import msgspec

from telic.errors import StoreFailed, TelicError, UsageError
from telic.telemetry import allowance, parsed
from telic.telemetry.database import Database
from telic.telemetry.wire import ROWS_MAX, ErrorReply, QueryRequest

if TYPE_CHECKING:
    from telic.model import Row

WORKERS = 2  # queries that run at once [1]
WAITING_MAX = 32  # queries that may wait for a worker [1]
LONGEST = 60.0  # what a query may ask for at most [s]
REPLY_MAX = 64 << 20  # [bytes]
_AT_ONCE = 5_000  # rows fetched at once [1]
_TOO_SLOW = "widen the timeout, narrow the window, or group in SQL"
T = TypeVar("T")
_encoder = msgspec.json.Encoder(decimal_format="number")


class Reader:
    """Answers ``POST /query``.

    Parameters
    ----------
    database
        What is read; ingest goes on beside.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="query")
        self._running = 0
        self._queries: set[Query] = set()

    async def answer(self, body: bytes) -> tuple[int, bytes]:
        """Return HTTP status and JSON for the body of a query request."""
        try:
            request = msgspec.json.decode(body, type=QueryRequest)
            if self._running >= WORKERS + WAITING_MAX:
                raise StoreFailed("too many queries at once", hint="ask again in a second")
            return 200, await self._run(request)
        except msgspec.MsgspecError as error:
            return 400, _error(f"not a query: {error}", 'send {"sql", "params", "limit", "timeout"}')
        except UsageError as error:
            return 400, _error(str(error), error.hint)
        except TelicError as error:
            return 504 if isinstance(error, QueryTimeout) else 503, _error(str(error), error.hint)

    def relieve(self) -> None:
        """End the queries that run now: ingest needs their memory. May be called from any thread."""
        for query in list(self._queries):
            query.sacrifice()

    def close(self) -> None:
        """Let queries that run come to their end; take no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _run(self, request: QueryRequest) -> bytes:
        loop = asyncio.get_running_loop()
        query = Query(self._database.cursor(), request)
        self._running += 1
        self._queries.add(query)
        work = loop.run_in_executor(self._pool, query.run)
        work.add_done_callback(lambda _: self._done(query))
        while not work.done():  # an interrupt that comes before the query starts is lost, so it is repeated
            await asyncio.wait([work], timeout=max(0.02, query.deadline - time.monotonic()))
            if time.monotonic() >= query.deadline:
                query.interrupt()
        return work.result()

    def _done(self, query: Query) -> None:
        self._running -= 1
        self._queries.discard(query)


class QueryTimeout(StoreFailed):
    """A query was ended at its deadline."""


class Query:
    """One query on a cursor of its own, which it closes.

    Attributes
    ----------
    seconds
        How long it may take [s].
    deadline
        When it has to be over, on the monotonic clock [s].
    """

    def __init__(self, cursor: duckdb.DuckDBPyConnection, request: QueryRequest) -> None:
        self._cursor, self._request = cursor, request
        self._limit = max(0, min(request.limit, ROWS_MAX))
        self.seconds = max(0.0, min(request.timeout, LONGEST))
        self.deadline = time.monotonic() + self.seconds
        self._started = self._sacrificed = False

    def interrupt(self) -> None:
        """End it, from another thread."""
        with contextlib.suppress(duckdb.ConnectionException):  # it ended in this moment
            self._cursor.interrupt()

    def sacrifice(self) -> None:
        """End it, from another thread, because ingest needs its memory."""
        if self._started:
            self._sacrificed = True
            self.interrupt()

    def run(self) -> bytes:
        """Return the answer as JSON; raises as `rows` does."""
        return self._taken(self._json)

    def rows(self) -> list[Row]:
        """Return the answer as it is.

        Raises
        ------
        UsageError
            The statement is not one SELECT, or does not fit the tables.
        StoreFailed
            It took too long, or the store failed.
        """
        return self._taken(self._plain)

    def _taken(self, take: Callable[[list[str]], T]) -> T:
        try:
            if time.monotonic() >= self.deadline:
                raise self._late()
            self._started = True
            with allowance.bounded():
                return self._select(take)
        except duckdb.InterruptException as error:
            if self._sacrificed:
                said = "the query was ended: ingest needed its memory"
                raise StoreFailed(said, hint="narrow the window") from error
            raise self._late() from error
        except (duckdb.FatalException, duckdb.InternalException, duckdb.IOException) as error:
            raise StoreFailed(f"the store failed: {error}", hint="see the receiver's log") from error
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            said = str(error).partition("\n")[0]  # then come settings that nobody who asks may change
            raise StoreFailed(f"the query needs too much memory: {said}", hint="narrow the window") from error
        except duckdb.ConnectionException as error:
            raise StoreFailed(f"the store is being opened again: {error}", hint="ask again in a second") from error
        except duckdb.Error as error:
            raise UsageError(f"the query fails: {error}", hint="tables: docs/reference/contracts.md") from error
        finally:
            self._cursor.close()

    def _select(self, take: Callable[[list[str]], T]) -> T:
        cursor = self._cursor
        statement = parsed.select(cursor, self._request.sql)
        cursor.execute("BEGIN TRANSACTION READ ONLY")
        try:
            cursor.execute(statement, self._request.params)
            names = [column[0] for column in cursor.description or ()]
            return take(names)
        finally:
            with contextlib.suppress(duckdb.Error):  # what went wrong before is the news
                cursor.execute("ROLLBACK")

    def _plain(self, names: list[str]) -> list[Row]:
        rows: list[Row] = []
        while len(rows) < self._limit and (some := self._cursor.fetchmany(min(_AT_ONCE, self._limit - len(rows)))):
            rows += (dict(zip(names, row, strict=True)) for row in some)
            if time.monotonic() >= self.deadline:
                raise self._late()
        return rows

    def _json(self, names: list[str]) -> bytes:
        parts, count, size = [], 0, 0
        while count < self._limit and (rows := self._cursor.fetchmany(min(_AT_ONCE, self._limit - count))):
            count += len(rows)
            parts.append(_encode(rows)[1:-1])
            size += len(parts[-1])
            if size > REPLY_MAX:
                raise UsageError(f"the answer has more than {REPLY_MAX} bytes", hint="ask for fewer columns or rows")
            if time.monotonic() >= self.deadline:
                raise self._late()
        truncated = count >= self._limit and bool(self._cursor.fetchmany(1))
        head = b'{"columns":%b,"truncated":%b,"rows":[' % (_encode(names), _encode(truncated))
        return head + b",".join(parts) + b"]}"

    def _late(self) -> QueryTimeout:
        return QueryTimeout(f"the query took longer than {self.seconds:g} s and was ended", hint=_TOO_SLOW)


def _encode(value: object) -> bytes:
    try:
        return _encoder.encode(value)
    except (TypeError, OverflowError, ValueError) as error:
        raise UsageError(f"a column has no form in JSON: {error}", hint="cast it to VARCHAR or DOUBLE") from error


def _error(message: str, hint: str = "") -> bytes:
    return msgspec.json.encode(ErrorReply(message, hint))
