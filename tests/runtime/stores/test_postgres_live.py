"""The database port against a real PostgreSQL."""

from __future__ import annotations

import asyncio
import dataclasses
import traceback
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from telic.clock import SystemClock
from telic.errors import UsageError
from telic.runtime import Conflict, Cost, DependencyFailed, Statement
from telic.runtime.context import CURRENT, RequestContext
from telic.runtime.policies.dedupe import Answer, Dedupe
from telic.runtime.policies.limit import Limit
from telic.runtime.stores.answers import PostgresAnswers
from telic.runtime.stores.postgres import Address, PostgresDatabase

pytestmark = pytest.mark.live

SCHEMA = """
DROP SCHEMA IF EXISTS hotel CASCADE;
DROP ROLE IF EXISTS hotel;
CREATE ROLE hotel LOGIN;
CREATE SCHEMA hotel AUTHORIZATION hotel;
SET ROLE hotel;
CREATE TABLE hotel.rooms (id INT PRIMARY KEY, name TEXT NOT NULL,
                          free INT NOT NULL CONSTRAINT enough CHECK (free >= 0));
CREATE TABLE hotel.idempotency (key TEXT PRIMARY KEY, operation TEXT NOT NULL, status INTEGER, reply BYTEA,
                                claimed_at TIMESTAMPTZ NOT NULL DEFAULT now());
INSERT INTO hotel.rooms VALUES (1, 'blue', 2), (2, 'green', 1);
"""
ALL = Statement("hotel.all_rooms", "SELECT id, name, free FROM hotel.rooms ORDER BY id", Cost(rows=2), "hotel.rooms")
ONE = Statement("hotel.one_room", "SELECT name FROM hotel.rooms WHERE id = $1")
TAKE = Statement("hotel.take_room", "UPDATE hotel.rooms SET free = free - 1 WHERE id = $1")
ADD = Statement("hotel.add_room", "INSERT INTO hotel.rooms VALUES ($1, $2, $3)")
SLEEP = Statement("hotel.sleep", "SELECT pg_sleep($1)")
HIDDEN = Statement("hotel.hidden", "SELECT passwd FROM pg_shadow")
CLOCK = SystemClock()


@pytest.fixture
async def database(postgres_store: Any, recorder: Any) -> AsyncIterator[PostgresDatabase]:
    owner = await asyncpg.connect(host="127.0.0.1", port=postgres_store.port, user="telic", database="postgres")
    await owner.execute(SCHEMA)
    await owner.close()
    address = Address("127.0.0.1", postgres_store.port, "postgres", "hotel", pool=2)
    found = PostgresDatabase(address, recorder, CLOCK, application="hotel-1")
    yield found
    found.close()
    await asyncio.sleep(0.02)  # lets the transports see their end


async def test_statements_give_rows_one_row_and_counts(database: PostgresDatabase) -> None:
    assert [dict(**row) for row in await database.fetch(ALL)] == [
        {"id": 1, "name": "blue", "free": 2},
        {"id": 2, "name": "green", "free": 1},
    ]
    row = await database.fetch_one(ONE, 2)
    assert row is not None
    assert row["name"] == "green"
    assert await database.fetch_one(ONE, 3) is None
    assert (await database.execute(TAKE, 1), await database.execute(TAKE, 9)) == (1, 0)


async def take_all(database: PostgresDatabase, *rooms: int, then: type[Exception] | None = None) -> None:
    async with database.transaction() as queries:
        for each in rooms:
            await queries.execute(TAKE, each)
        if then is not None:
            raise then


async def test_a_transaction_commits_as_a_whole_or_not_at_all(database: PostgresDatabase) -> None:
    async with database.transaction() as queries:
        await queries.execute(TAKE, 1)
        await queries.execute(ADD, 3, "red", 5)
    with pytest.raises(Conflict) as caught:
        await take_all(database, 1, 2, 2)
    assert "Failing row" not in "".join(traceback.format_exception(caught.value))
    assert (caught.value.constraint, caught.value.sqlstate) == ("enough", "23514")
    with pytest.raises(ZeroDivisionError):
        await take_all(database, 1, then=ZeroDivisionError)
    assert [row["free"] for row in await database.fetch(ALL)] == [1, 1, 5]


async def test_a_cancelled_transaction_leaves_nothing_and_the_pool_goes_on(database: PostgresDatabase) -> None:
    async def work() -> None:
        async with database.transaction() as queries:
            await queries.execute(TAKE, 1)
            await queries.fetch(SLEEP, 60.0)

    with pytest.raises(TimeoutError), Limit(CLOCK, 0.1):
        await work()
    assert [row["free"] for row in await database.fetch(ALL)] == [2, 1]


async def test_each_statement_is_a_span(database: PostgresDatabase, recorder: Any, attributes: Any) -> None:
    await database.fetch(ALL)
    (span,) = recorder.read()
    assert (span.name, span.kind, span.status.code) == ("hotel.all_rooms", 3, 0)
    assert attributes(span) == {
        "db.system.name": "postgresql",
        "peer.service": "postgres",
        "db.query.summary": "hotel.all_rooms",
        "db.query.text": ALL.sql,
    }


@pytest.mark.parametrize(
    ("statement", "args", "state"),
    [(HIDDEN, (), "42501"), (Statement("hotel.broken", "SELECT nothing FROM hotel.rooms"), (), "42703")],
)
async def test_failures_carry_their_sqlstate(
    database: PostgresDatabase,
    recorder: Any,
    attributes: Any,
    statement: Statement,
    args: tuple[object, ...],
    state: str,
) -> None:
    with pytest.raises(DependencyFailed, match=state) as caught:
        await database.fetch(statement, *args)
    assert caught.value.error_type == state
    facts = attributes(recorder.read()[-1])
    assert (facts["db.response.status_code"], facts["error.type"]) == (state, state)


async def test_a_revoked_permission_is_told_and_a_grant_mends_it(database: PostgresDatabase) -> None:
    await database.execute(Statement("x", "REVOKE SELECT ON hotel.rooms FROM hotel"))
    with pytest.raises(DependencyFailed, match="permission denied"):
        await database.fetch(ALL)
    await database.execute(Statement("x", "GRANT SELECT ON hotel.rooms TO hotel"))
    assert len(await database.fetch(ALL)) == 2


async def test_a_wrong_argument_is_a_defect_of_the_caller(database: PostgresDatabase) -> None:
    secret = "hunter2"
    with pytest.raises(UsageError, match="argument") as caught:
        await database.fetch(ONE, secret)
    assert secret not in "".join(traceback.format_exception(caught.value))


async def test_a_deadline_ends_a_slow_statement_at_the_server_too(
    database: PostgresDatabase, recorder: Any, attributes: Any
) -> None:
    CURRENT.set(RequestContext("near", CLOCK, deadline=CLOCK.monotonic() + 0.1))
    with pytest.raises(TimeoutError), Limit(CLOCK, 0.1):
        await database.fetch(SLEEP, 60.0)
    assert attributes(recorder.read()[-1])["error.type"] == "deadline_exceeded"
    running = Statement(
        "x", "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE '%pg_sleep($1)%' AND state = 'active'"
    )
    for _ in range(1000):
        if (await database.fetch(running))[0]["n"] == 1:  # this statement itself
            break
        await asyncio.sleep(0.01)
    assert (await database.fetch(running))[0]["n"] == 1
    await asyncio.gather(*(database.fetch(ALL) for _ in range(5)))


async def test_more_requests_than_connections_wait_for_each_other(database: PostgresDatabase) -> None:
    rows = await asyncio.gather(*(database.fetch_one(ONE, 1) for _ in range(50)))
    assert len([row for row in rows if row is not None]) == 50


async def test_a_wrong_port_is_refused_and_the_right_one_works_again(
    database: PostgresDatabase, recorder: Any, attributes: Any
) -> None:
    right = database.address
    await database.fetch(ALL)
    database.move(dataclasses.replace(right, port=1))
    with pytest.raises(DependencyFailed) as caught:
        await database.fetch(ALL)
    assert caught.value.error_type == "connection_refused"
    assert attributes(recorder.read()[-1])["error.type"] == "connection_refused"
    database.move(right)
    assert len(await database.fetch(ALL)) == 2


async def test_connections_that_the_server_ends_are_replaced(database: PostgresDatabase) -> None:
    await database.fetch(ALL)
    end = Statement("x", "SELECT pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(DependencyFailed):
        await database.fetch(end)
    assert len(await database.fetch(ALL)) == 2


async def test_answers_to_idempotency_keys_outlive_the_process(database: PostgresDatabase) -> None:
    async def work() -> Answer:
        await database.execute(TAKE, 1)
        return Answer(200, b'{"booking":"b-1"}')

    first, second = (Dedupe(PostgresAnswers(database, "hotel.idempotency"), CLOCK) for _ in range(2))
    together = await asyncio.gather(*(each.run("k", "hold", work) for each in (first, second, first)))
    again = await second.run("k", "hold", work)
    assert {each.body for each in (*together, again)} == {b'{"booking":"b-1"}'}
    row = await database.fetch_one(Statement("x", "SELECT free FROM hotel.rooms WHERE id = 1"))
    assert row is not None
    assert row["free"] == 1


async def test_a_failed_attempt_frees_its_key_and_a_dead_claim_is_taken_over(database: PostgresDatabase) -> None:
    answers = PostgresAnswers(database, "hotel.idempotency")
    assert await answers.claim("k", "hold") is True
    assert await answers.claim("k", "hold") is False
    await answers.release("k")
    assert await answers.claim("k", "hold") is True
    await database.execute(Statement("x", "UPDATE hotel.idempotency SET claimed_at = now() - interval '11 seconds'"))
    assert await answers.claim("k", "hold") is True
    await answers.finish("k", Answer(422, b"no"))
    assert await answers.claim("k", "hold") == Answer(422, b"no")
    await database.execute(Statement("x", "UPDATE hotel.idempotency SET claimed_at = now() - interval '2 days'"))
    await answers.forget_old()
    assert await answers.claim("k", "hold") is True
