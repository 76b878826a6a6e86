"""Which server a statement is asked of, where a database has a replica."""

from __future__ import annotations

from typing import Any

import pytest

from telic.runtime.statements import Statement
from telic.runtime.stores.answers import PostgresAnswers
from telic.runtime.stores.replicated import ReplicatedDatabase

READ = Statement("cart.line_by_key", "SELECT line_id FROM cart.lines WHERE line_id = $1")


class Server:
    """Notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def fetch(self, statement: Statement, *args: object) -> list[Any]:
        self.asked.append(statement.name)
        return []

    async def fetch_one(self, statement: Statement, *args: object) -> None:
        self.asked.append(statement.name)

    async def execute(self, statement: Statement, *args: object) -> int:
        self.asked.append(statement.name)
        return 0

    def transaction(self) -> str:
        return "a transaction of the primary"


@pytest.fixture
def servers() -> tuple[Server, Server, Any]:
    primary, replica = Server(), Server()
    return primary, replica, ReplicatedDatabase(primary, replica, asked=True)  # type: ignore[arg-type]


async def test_reads_go_to_the_replica_and_everything_else_to_the_primary(servers: tuple[Server, Server, Any]) -> None:
    primary, replica, database = servers
    update = Statement("cart.update_line", "UPDATE cart.lines SET units = 1 WHERE line_id = $1 RETURNING line_id")
    await database.fetch(READ, "l")
    await database.fetch_one(READ, "l")
    await database.fetch_one(update, "l")
    await database.execute(READ, "l")
    assert replica.asked == [READ.name, READ.name]
    assert primary.asked == [update.name, READ.name]
    assert database.transaction() == "a transaction of the primary"


async def test_the_primary_answers_all_while_the_replica_is_not_to_be_asked(
    servers: tuple[Server, Server, Any],
) -> None:
    primary, replica, database = servers
    database.asked = False
    await database.fetch(READ, "l")
    database.asked = True
    await database.fetch(READ, "l")
    assert (primary.asked, replica.asked) == ([READ.name], [READ.name])


async def test_answers_to_idempotency_keys_are_never_old(servers: tuple[Server, Server, Any]) -> None:
    primary, replica, database = servers
    answers = PostgresAnswers(database, "cart.idempotency")
    assert await answers.claim("key", "add_line") is False
    assert primary.asked == ["cart.claim_key", "cart.find_answer"]
    assert replica.asked == []


@pytest.mark.parametrize(
    ("sql", "reads"),
    [
        ("\n  select 1", True),
        ("SELECT id FROM a.b WHERE state = 'for update' || $1", False),  # better asked of the primary once too often
        ("SELECT id FROM a.b FOR NO KEY UPDATE SKIP LOCKED", False),
        ("SELECT pg_advisory_xact_lock(3)", False),
        ("WITH old AS (DELETE FROM a.b RETURNING id) SELECT id FROM old", False),
        ("INSERT INTO a.b SELECT 1", False),
    ],
)
def test_what_only_reads(sql: str, reads: bool) -> None:
    assert Statement("a.b", sql).reads is reads
