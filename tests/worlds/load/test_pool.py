"""The client on real sockets: keeps connections, grows, is bounded, and says how it failed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest

from telic.worlds.load.exchange import Answer, Ask, Exchange, Finding
from telic.worlds.load.pool import Pool
from telic.worlds.load.testing import ModelSystem, Reply, Server

LOGIN: dict[str, object] = {"email": "nobody@example.org", "password": "12345678"}


class Asked:
    """One request through a pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool, self._over = pool, asyncio.Event()
        ask = Ask("F7", "login_user", LOGIN, lambda answer: Finding())
        self.exchange = Exchange(ask, "model", 0.0, lambda exchange: self._over.set())
        pool.submit(self.exchange)

    async def answer(self) -> Answer:
        await self._over.wait()
        assert self.exchange.answer is not None
        return self.exchange.answer


@pytest.fixture
async def server(system: ModelSystem) -> AsyncIterator[Server]:
    async with Server(system) as running:
        yield running


@pytest.fixture
async def pool(server: Server) -> AsyncIterator[Pool]:
    made = Pool("127.0.0.1", server.port, limit=4)
    yield made
    await made.close()


async def test_one_after_the_other_uses_one_connection(server: Server, pool: Pool) -> None:
    for _ in range(5):
        answer = await Asked(pool).answer()
        assert (answer.status, answer.error, answer.problem) == (422, "not_authorised", "")
    assert server.connections == 1


async def test_many_at_once_use_many_connections_up_to_the_limit_and_the_rest_waits(server: Server, pool: Pool) -> None:
    server.answering = lambda operation, reply: None
    waiting = [Asked(pool) for _ in range(10)]
    for _ in range(4):
        await server.asked.acquire()
    assert server.connections == 4
    server.answering = lambda operation, reply: reply
    for each in waiting[:4]:
        each.exchange.finish(Answer(problem="timeout")) if each.exchange.line is None else pool.drop(each.exchange)
    answers = [await each.answer() for each in waiting[4:]]
    assert [each.status for each in answers] == [422] * 6
    assert server.connections <= 8


async def test_a_request_given_up_while_it_waits_is_never_sent(server: Server, pool: Pool, system: ModelSystem) -> None:
    waiting = [Asked(pool) for _ in range(6)]
    waiting[5].exchange.finish(Answer(problem="timeout"))
    for each in waiting[:5]:
        await each.answer()
    await Asked(pool).answer()
    assert system.asked["login_user"] == 6


async def test_an_answer_after_it_was_given_up_reaches_nobody(server: Server, pool: Pool) -> None:
    server.answering = lambda operation, reply: None
    late = Asked(pool)
    await server.asked.acquire()
    pool.drop(late.exchange)
    late.exchange.finish(Answer(problem="timeout"))
    server.answering = lambda operation, reply: reply
    assert (await Asked(pool).answer()).status == 422
    assert (await late.answer()).problem == "timeout"
    assert server.connections == 2, "nobody trusts the connection of an unanswered request"


async def test_a_server_that_closes_after_each_answer_gets_new_connections(server: Server, pool: Pool) -> None:
    server.close_after = 1
    answers = [await Asked(pool).answer() for _ in range(4)]
    assert [each.status for each in answers] == [422] * 4
    assert server.connections == 4


async def test_connection_close_is_heeded(server: Server, pool: Pool) -> None:
    server.answering = lambda operation, reply: b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}"
    assert [(await Asked(pool).answer()).reply for _ in range(2)] == [{}, {}]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "connection_reset"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{", "connection_reset"),
        (b"SMTP ready\r\n\r\n", "malformed_http"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello", "not_json"),
    ],
)
async def test_broken_answers_say_what_is_broken(server: Server, pool: Pool, raw: bytes, problem: str) -> None:
    server.answering = lambda operation, reply: raw
    assert (await Asked(pool).answer()).problem == problem


async def test_a_kept_connection_that_the_server_closed_is_replaced_without_the_user_noticing(
    server: Server, pool: Pool, system: ModelSystem
) -> None:
    assert (await Asked(pool).answer()).status == 422
    server.answering = lambda operation, reply: b""  # closes as if the request had crossed with its idle timeout
    second = Asked(pool)
    await server.asked.acquire()
    await server.asked.acquire()
    server.answering = lambda operation, reply: reply
    answer = await second.answer()
    assert answer.status == 422 or answer.problem == "connection_reset"
    assert system.asked["login_user"] == 3, "once again, and not more often"


async def test_nobody_listening_is_connection_refused() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        pool = Pool("127.0.0.1", unused.getsockname()[1])
        answers = await asyncio.gather(*(Asked(pool).answer() for _ in range(3)))
        assert [each.problem for each in answers] == ["connection_refused"] * 3
        await pool.close()


async def test_it_connects_again_when_somebody_listens_again(system: ModelSystem) -> None:
    async with Server(system) as first:
        port = first.port
        pool = Pool("127.0.0.1", port)
        assert (await Asked(pool).answer()).status == 422
    assert (await Asked(pool).answer()).problem in ("connection_refused", "connection_reset")
    second = Server(system)
    second._server = await asyncio.start_server(second._serve, "127.0.0.1", port)
    assert (await Asked(pool).answer()).status == 422
    await pool.close()
    await second.__aexit__(None, None, None)


async def test_a_status_without_a_body_is_a_status(server: Server, pool: Pool) -> None:
    server.answering = lambda operation, reply: b"HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n"
    assert (await Asked(pool).answer()).status == 503
    server.answering = lambda operation, reply: Reply(500, "text")
    assert (await Asked(pool).answer()).status == 500
