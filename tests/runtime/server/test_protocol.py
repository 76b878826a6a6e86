"""HTTP/1.1 over a connection in memory: whatever way the bytes are cut, the answers are the same and in order."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.runtime.server.messages import Request, Response
from telic.runtime.server.protocol import MOST_BODY, MOST_HEAD, Connections, HttpConnection


class Wire(asyncio.Transport):
    """The other end of a connection."""

    def __init__(self) -> None:
        super().__init__()
        self.data, self.closed, self.paused = b"", False, False

    def write(self, data: Any) -> None:
        assert not self.closed
        self.data += bytes(data)

    def is_closing(self) -> bool:
        return self.closed

    def close(self) -> None:
        self.closed = True

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False


class Replies:
    """Parses what was written."""

    def __init__(self, data: bytes) -> None:
        self.statuses: list[int] = []
        self.bodies: list[bytes] = []
        parser = httptools.HttpResponseParser(self)
        self._parser = parser
        if data:
            parser.feed_data(data)

    def on_message_begin(self) -> None:
        self.bodies.append(b"")

    def on_body(self, part: bytes) -> None:
        self.bodies[-1] += part

    def on_message_complete(self) -> None:
        self.statuses.append(self._parser.get_status_code())


async def echo(request: Request) -> Response:
    await asyncio.sleep(0)
    return Response(
        200, b"|".join((request.method.encode(), request.path.encode(), request.query.encode(), request.body))
    )


def opened(handle: Any = echo) -> tuple[Connections, HttpConnection, Wire]:
    connections, wire = Connections(handle), Wire()
    connection = connections()
    connection.connection_made(wire)
    return connections, connection, wire


async def settle(connection: HttpConnection) -> None:
    for _ in range(200):
        await asyncio.sleep(0)
        if not connection.busy:
            return


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{each}\r\n" for each in headers)
    return f"POST {path} HTTP/1.1\r\nhost: x\r\n{lines}content-length: {len(body)}\r\n\r\n".encode() + body


REQUESTS = (
    post("/a?x=1", b"one")
    + b"GET /b HTTP/1.1\r\nhost: x\r\n\r\n"
    + post("/c", b"", "transfer-encoding: identity").replace(
        b"transfer-encoding: identity\r\ncontent-length: 0\r\n\r\n",
        b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    )
)
ANSWERS = [b"POST|/a|x=1|one", b"GET|/b||", b"POST|/c||abcde"]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, len(REQUESTS) - 1), max_size=12))
def test_the_way_the_bytes_are_cut_does_not_matter(cuts: list[int]) -> None:
    async def story() -> bytes:
        _, connection, wire = opened()
        edges = [0, *sorted(set(cuts)), len(REQUESTS)]
        for start, end in itertools.pairwise(edges):
            connection.data_received(REQUESTS[start:end])
            await asyncio.sleep(0)
        await settle(connection)
        return wire.data

    assert Replies(asyncio.run(story())).bodies == ANSWERS


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_noise_is_refused_or_waited_for_but_never_breaks_the_server(noise: bytes) -> None:
    async def story() -> tuple[bytes, bool]:
        _, connection, wire = opened()
        connection.data_received(noise)
        await settle(connection)
        return wire.data, wire.closed

    data, closed = asyncio.run(story())
    if data.startswith(b"HTTP/1.1 400"):
        assert closed


async def test_a_connection_ends_when_the_caller_says_so() -> None:
    _, connection, wire = opened()
    connection.data_received(post("/a", b"1", "connection: close"))
    await settle(connection)
    assert b"connection: close" in wire.data
    assert wire.closed


async def test_a_body_or_head_beyond_its_limit_is_refused() -> None:
    for data, status in (
        (post("/a", b"x" * (MOST_BODY + 1)), 413),
        (b"GET /" + b"a" * (MOST_HEAD + 1) + b" HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n" + b"x-y: " + b"z" * MOST_HEAD + b"\r\n\r\n", 400),
    ):
        _, connection, wire = opened()
        connection.data_received(data)
        await settle(connection)
        assert wire.data.startswith(b"HTTP/1.1 %d" % status)
        assert wire.closed


async def test_a_caller_that_leaves_cancels_its_request() -> None:
    ended = []

    async def slow(request: Request) -> Response:
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(request.path)
        return Response(200, b"")

    connections, connection, _ = opened(slow)
    connection.data_received(post("/a", b"") + post("/b", b""))
    await asyncio.sleep(0)
    connection.connection_lost(None)
    for _ in range(5):
        await asyncio.sleep(0)
    assert ended == ["/a"]
    assert not connections.open


async def test_draining_answers_and_then_closes() -> None:
    connections, connection, wire = opened()
    connections.draining = True
    connection.data_received(post("/a", b"1"))
    await settle(connection)
    assert Replies(wire.data).statuses == [200]
    assert b"connection: close" in wire.data
    assert wire.closed


async def test_too_many_requests_ahead_pause_the_reading() -> None:
    go = asyncio.Event()

    async def wait(request: Request) -> Response:
        await go.wait()
        return Response(200, b"")

    _, connection, wire = opened(wait)
    connection.data_received(post("/a", b"") * 40)
    assert wire.paused
    go.set()
    for _ in range(400):
        await asyncio.sleep(0)
    assert not wire.paused
    assert Replies(wire.data).statuses == [200] * 40


async def test_expect_100_continue_is_answered_at_once() -> None:
    _, connection, wire = opened()
    connection.data_received(b"POST /a HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n")
    assert wire.data == b"HTTP/1.1 100 Continue\r\n\r\n"
    connection.data_received(b"hi")
    await settle(connection)
    assert wire.data.endswith(b"POST|/a||hi")


@pytest.mark.parametrize("version", ["1.0", "1.1"])
async def test_http_1_0_connections_are_closed(version: str) -> None:
    _, connection, wire = opened()
    connection.data_received(f"GET /a HTTP/{version}\r\n\r\n".encode())
    await settle(connection)
    assert wire.closed == (version == "1.0")
