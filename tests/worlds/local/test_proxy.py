"""The fault proxy: what it passes on, what it holds back, and what a change of target costs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable
from dataclasses import dataclass

import pytest

from telic.worlds.local.ports import listen
from telic.worlds.local.proxy.links import Forecast, Links, RouteOrder

CHUNK = bytes(range(256)) * 1024  # 256 KiB
MOST_CHUNKS = 1024  # more than the socket buffers of any kernel hold

Peer = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Callee:
    """A server that hands its connections to the test."""

    def __init__(self, port: int = 0) -> None:
        self.arrived: asyncio.Queue[Peer] = asyncio.Queue()
        self.port = port
        self._server: asyncio.Server | None = None

    async def start(self) -> Callee:
        self._server = await asyncio.start_server(lambda *peer: self.arrived.put_nowait(peer), "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def close(self) -> None:
        assert self._server is not None
        self._server.close()


@dataclass
class Bench:
    links: Links
    callee: Callee
    port: int

    async def caller(self) -> Peer:
        return await asyncio.open_connection("127.0.0.1", self.port)

    async def lead_to(self, port: int, *, rehome: bool = True) -> None:
        await self.links.follow([RouteOrder("a->b", {"a": self.port}, port, rehome=rehome)])


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """One edge whose callee is the test."""
    callee = await Callee().start()
    with listen(0) as probe:
        port = probe.getsockname()[1]
    made = Bench(Links(asyncio.get_running_loop()), callee, port)
    await made.lead_to(callee.port)
    yield made
    await made.links.follow([])
    callee.close()
    await settle()


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def soon(wanted: Awaitable[bytes]) -> bytes:
    return await asyncio.wait_for(wanted, 5)


async def nothing(reader: asyncio.StreamReader) -> bool:
    """Whether nothing arrives although the loop had every chance."""
    await settle()
    waiting = asyncio.ensure_future(reader.read(1))
    await asyncio.wait([waiting], timeout=0.05)
    silent = not waiting.done()
    waiting.cancel()
    return silent


async def test_bytes_and_half_closes_go_both_ways(bench: Bench) -> None:
    reader, writer = await bench.caller()
    writer.write(b"question")
    writer.write_eof()
    far_reader, far_writer = await bench.callee.arrived.get()
    assert await soon(far_reader.read()) == b"question"
    far_writer.write(b"answer")
    far_writer.close()
    assert await soon(reader.read()) == b"answer"
    writer.close()


async def test_a_large_stream_arrives_whole_though_the_reader_is_slow(bench: Bench) -> None:
    reader, writer = await bench.caller()
    far_reader, far_writer = await bench.callee.arrived.get()
    sent = await _send_until_blocked(writer)
    assert await soon(far_reader.readexactly(sent * len(CHUNK))) == CHUNK * sent
    far_writer.close()
    writer.close()
    assert await soon(reader.read()) == b""


async def test_nobody_at_the_target_means_a_reset(bench: Bench) -> None:
    bench.callee.close()
    reader, writer = await bench.caller()
    with pytest.raises(ConnectionResetError):
        await soon(reader.read())
    writer.close()


async def test_a_crashed_callee_resets_its_caller(bench: Bench) -> None:
    reader, writer = await bench.caller()
    _, far_writer = await bench.callee.arrived.get()
    channel = far_writer.get_extra_info("socket")
    channel.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    far_writer.transport.abort()
    with pytest.raises(ConnectionResetError):
        await soon(reader.read())
    writer.close()


async def test_a_dropped_link_is_silent_for_old_and_new_connections_and_heals(bench: Bench) -> None:
    reader, writer = await bench.caller()
    far_reader, far_writer = await bench.callee.arrived.get()
    assert bench.links.harm("a->b", Forecast(drop=True))
    writer.write(b"lost?")
    late_reader, late_writer = await bench.caller()
    late_writer.write(b"late")
    assert await nothing(far_reader)
    assert bench.callee.arrived.empty()
    bench.links.harm("a->b")
    assert await soon(far_reader.readexactly(5)) == b"lost?"
    late_far_reader, late_far_writer = await asyncio.wait_for(bench.callee.arrived.get(), 5)
    assert await soon(late_far_reader.readexactly(4)) == b"late"
    for each in (writer, far_writer, late_writer, late_far_writer):
        each.close()
    assert await soon(reader.read()) == b""
    assert await soon(late_reader.read()) == b""


async def test_a_failing_link_breaks_answers_off_before_the_callee_hears_of_the_request(bench: Bench) -> None:
    reader, writer = await bench.caller()
    far_reader, far_writer = await bench.callee.arrived.get()
    assert bench.links.harm("a->b", Forecast(fail=1.0))
    assert bench.links.report()[0]["fail"] == 1.0
    writer.write(b"one")
    assert (await soon(reader.read())).startswith(b"HTTP/1.1 ")  # begun, so that no caller repeats it by itself
    assert await soon(far_reader.read()) == b""
    bench.links.harm("a->b")
    _, second = await bench.caller()
    second.write(b"two")
    second_reader, second_writer = await bench.callee.arrived.get()
    assert await soon(second_reader.readexactly(3)) == b"two"
    for each in (writer, far_writer, second, second_writer):
        each.close()


async def test_callers_that_give_up_on_a_dropped_link_are_let_go(bench: Bench) -> None:
    bench.links.harm("a->b", Forecast(drop=True))
    for _ in range(5):
        _, writer = await bench.caller()
        writer.write(b"hello?")
        await settle()
        writer.close()
    for _ in range(100):
        if bench.links.report()[0]["connections"] == 0:
            break
        await asyncio.sleep(0.01)
    assert bench.links.report()[0]["connections"] == 0


async def test_a_connection_moves_to_the_new_target_between_two_requests(bench: Bench) -> None:
    reader, writer = await bench.caller()
    writer.write(b"one")
    far_reader, far_writer = await bench.callee.arrived.get()
    await soon(far_reader.readexactly(3))
    far_writer.write(b"first")
    assert await soon(reader.readexactly(5)) == b"first"
    successor = await Callee().start()
    await bench.lead_to(successor.port)
    far_writer.close()  # the old instance ends: its caller must not notice
    assert await nothing(reader)
    writer.write(b"two")
    new_reader, new_writer = await asyncio.wait_for(successor.arrived.get(), 5)
    assert await soon(new_reader.readexactly(3)) == b"two"
    new_writer.write(b"second")
    assert await soon(reader.readexactly(6)) == b"second"
    writer.close()
    new_writer.close()
    successor.close()


async def test_a_request_under_way_is_answered_by_the_old_target(bench: Bench) -> None:
    reader, writer = await bench.caller()
    writer.write(b"one")
    far_reader, far_writer = await bench.callee.arrived.get()
    await soon(far_reader.readexactly(3))
    successor = await Callee().start()
    await bench.lead_to(successor.port)
    far_writer.write(b"late answer")
    assert await soon(reader.readexactly(11)) == b"late answer"
    assert successor.arrived.empty()
    writer.close()
    far_writer.close()
    successor.close()


async def test_connections_to_stores_stay_where_they_are(bench: Bench) -> None:
    await bench.links.follow([])
    await bench.lead_to(bench.callee.port, rehome=False)
    reader, writer = await bench.caller()
    far_reader, far_writer = await bench.callee.arrived.get()
    successor = await Callee().start()
    await bench.lead_to(successor.port, rehome=False)
    writer.write(b"still you")
    assert await soon(far_reader.readexactly(9)) == b"still you"
    far_writer.close()
    assert await soon(reader.read()) == b""
    writer.close()
    successor.close()


async def test_an_edge_that_is_no_more_closes_its_connections(bench: Bench) -> None:
    reader, writer = await bench.caller()
    _, far_writer = await bench.callee.arrived.get()
    await bench.links.follow([])
    assert await soon(reader.read()) == b""
    assert not bench.links.harm("a->b", Forecast(drop=True))
    writer.close()
    far_writer.close()


async def _send_until_blocked(writer: asyncio.StreamWriter) -> int:
    """Return how many chunks went out until back-pressure reached the sender: how many the kernel takes differs."""
    for sent in range(1, MOST_CHUNKS + 1):
        writer.write(CHUNK)
        try:
            await asyncio.wait_for(writer.drain(), 0.3)
        except TimeoutError:
            return sent
    pytest.fail(f"{MOST_CHUNKS} chunks went out and nobody reads them: no back-pressure")


async def test_answers_may_be_lost_alone(bench: Bench) -> None:
    reader, writer = await bench.caller()
    far_reader, far_writer = await bench.callee.arrived.get()
    assert bench.links.harm("a->b", Forecast(drop=True, way="back"))
    writer.write(b"question")
    assert await soon(far_reader.readexactly(8)) == b"question"
    far_writer.write(b"answer")
    assert await nothing(reader)
    bench.links.harm("a->b")
    assert await soon(reader.readexactly(6)) == b"answer"
    writer.close()
    far_writer.close()


async def test_a_silent_connection_stays_open_and_carries_nothing_any_more(bench: Bench) -> None:
    reader, writer = await bench.caller()
    far_reader, far_writer = await bench.callee.arrived.get()
    assert bench.links.harm("a->b", Forecast(silent=1.0))
    writer.write(b"question")
    assert await nothing(far_reader)
    assert await nothing(reader)
    bench.links.harm("a->b")
    writer.write(b"again")
    assert await nothing(far_reader)
    writer.close()
    assert await soon(far_reader.read()) == b""
    far_writer.close()


async def test_connections_may_be_cut_and_made_anew(bench: Bench) -> None:
    reader, writer = await bench.caller()
    _, far_writer = await bench.callee.arrived.get()
    assert bench.links.harm("a->b", cut=True)
    assert await soon(reader.read()) == b""
    far_writer.close()
    writer.close()
    _, second = await bench.caller()
    second.write(b"two")
    second_reader, second_writer = await bench.callee.arrived.get()
    assert await soon(second_reader.readexactly(3)) == b"two"
    second.close()
    second_writer.close()


async def test_answers_may_arrive_with_another_last_byte(bench: Bench) -> None:
    reader, writer = await bench.caller()
    far_reader, far_writer = await bench.callee.arrived.get()
    assert bench.links.harm("a->b", Forecast(corrupt=1.0))
    writer.write(b"question")
    assert await soon(far_reader.readexactly(8)) == b"question"
    far_writer.write(b"{}")
    assert await soon(reader.readexactly(2)) == b"{\x82"
    writer.close()
    far_writer.close()
