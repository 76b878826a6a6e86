"""The transport against a real server on loopback: kept connections, lost ones, refused ones, moved ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import pytest

from telic.runtime.client.transport import HttpTransport, TransportFailed

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
Behave = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass
class Peer:
    """A callee that does what the test wants with each connection."""

    port: int = 0
    connections: int = 0
    behave: list[Behave] = field(default_factory=list)  # for each connection in turn; the last for all after it
    open: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        behave = self.behave[min(self.connections, len(self.behave) - 1)]
        self.connections += 1
        try:
            await behave(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    return head + await reader.readexactly(length)


async def answer_all(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        await request(reader)
        writer.write(OK)


async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request(reader)
    writer.write(OK)
    await writer.drain()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request(reader)
    writer.transport.abort()


async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def talk_nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await request(reader)
    writer.write(b"SSH-2.0-OpenSSH\r\n")
    await writer.drain()


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    found = Peer(behave=[answer_all])
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


@pytest.fixture
async def transport(peer: Peer) -> AsyncIterator[HttpTransport]:
    found = HttpTransport(("127.0.0.1", peer.port))
    yield found
    found.close()
    await asyncio.sleep(0.01)  # lets both ends see the close


async def test_connections_are_kept_and_shared(peer: Peer, transport: HttpTransport) -> None:
    for _ in range(5):
        reply = await transport.send("/a", {}, b"{}", repeatable=False)
        assert (reply.status, reply.body) == (200, b"ok")
    assert peer.connections == 1
    await asyncio.gather(*(transport.send("/a", {}, b"{}", repeatable=False) for _ in range(3)))
    assert peer.connections == 3


async def test_a_kept_connection_that_was_closed_is_replaced_without_a_word(
    peer: Peer, transport: HttpTransport
) -> None:
    peer.behave = [answer_once, answer_all]
    for _ in range(2):
        assert (await transport.send("/a", {}, b"{}", repeatable=True)).status == 200


async def test_nobody_at_the_port_is_connection_refused(peer: Peer) -> None:
    transport = HttpTransport(("127.0.0.1", 1))
    with pytest.raises(TransportFailed) as caught:
        await transport.send("/a", {}, b"{}", repeatable=True)
    assert (caught.value.error_type, caught.value.unsent) == ("connection_refused", True)


@pytest.mark.parametrize("behave", [hang_up, talk_nonsense])
async def test_a_broken_answer_is_connection_reset(peer: Peer, transport: HttpTransport, behave: Behave) -> None:
    peer.behave = [behave]
    with pytest.raises(TransportFailed) as caught:
        await transport.send("/a", {}, b"{}", repeatable=True)
    assert caught.value.error_type == "connection_reset"


async def test_a_request_on_a_kept_connection_is_repeated_only_if_that_is_safe(
    peer: Peer, transport: HttpTransport
) -> None:
    async def once_then_hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(OK)
        await hang_up(reader, writer)

    peer.behave = [once_then_hang_up, once_then_hang_up, answer_all]
    await transport.send("/a", {}, b"{}", repeatable=False)
    with pytest.raises(TransportFailed):
        await transport.send("/a", {}, b"{}", repeatable=False)
    await transport.send("/a", {}, b"{}", repeatable=False)
    assert (await transport.send("/a", {}, b"{}", repeatable=True)).status == 200
    assert peer.connections == 3


async def test_giving_up_closes_the_connection(peer: Peer, transport: HttpTransport) -> None:
    peer.behave = [hang, answer_all]
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(transport.send("/a", {}, b"{}", repeatable=False), 0.05)
    assert (await transport.send("/a", {}, b"{}", repeatable=False)).status == 200
    assert peer.connections == 2


async def test_a_moved_callee_is_reached_at_its_new_address_only(peer: Peer, transport: HttpTransport) -> None:
    await transport.send("/a", {}, b"{}", repeatable=False)
    other = Peer(behave=[answer_all])
    server = await asyncio.start_server(other.serve, "127.0.0.1", 0)
    transport.move(("127.0.0.1", server.sockets[0].getsockname()[1]))
    await transport.send("/a", {}, b"{}", repeatable=False)
    assert (peer.connections, other.connections) == (1, 1)
    transport.close()
    server.close()


async def test_connection_close_is_respected(peer: Peer, transport: HttpTransport) -> None:
    async def closing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await request(reader)
        writer.write(OK.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n"))
        await reader.read()

    peer.behave = [closing]
    for _ in range(2):
        await transport.send("/a", {}, b"{}", repeatable=False)
    assert peer.connections == 2
