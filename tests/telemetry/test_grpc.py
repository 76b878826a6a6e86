"""OTLP over gRPC: stored like OTLP/HTTP, errors with gRPC's codes, senders asked to come back when it is full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.telemetry.receiving import traces

from telic.errors import UsageError
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.body import Answer
from telic.telemetry.otlp.grpc import MESSAGE_MAX, SERVICES, GrpcServer

grpc = pytest.importorskip("grpc", reason="needs the extra `grpc`")
TRACES = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"


class Taker:
    """Answers at once with what the test says."""

    def __init__(self, answer: Answer, *, now: bool = False) -> None:
        self.answer, self._now = answer, now
        self.taken: list[tuple[str, bytes]] = []

    def offer(self, table: str, data: bytes, media: str, reply: Callable[[Answer], None]) -> Answer | None:
        self.taken.append((table, data))
        if self._now:
            return self.answer
        reply(self.answer)
        return None


async def _call(taker: Taker, method: str, data: bytes, **options: Any) -> Any:
    server = GrpcServer("127.0.0.1:0", taker)
    await server.start()
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{server.port}") as channel:
            return await channel.unary_unary(method)(data, timeout=20, **options)
    finally:
        await server.stop()


@pytest.mark.parametrize("method", SERVICES)
@pytest.mark.parametrize("compression", [grpc.Compression.NoCompression, grpc.Compression.Gzip])
async def test_every_signal_arrives_as_bytes(method: str, compression: Any) -> None:
    taker = Taker(otlp.accepted(SERVICES[method], otlp.PROTOBUF))
    data = traces("find") * 50
    assert await _call(taker, method, data, compression=compression) == b""
    assert taker.taken == [(SERVICES[method], data)]


async def test_what_was_left_out_is_said() -> None:
    taker = Taker(otlp.accepted("spans", otlp.PROTOBUF, 2, "a span_id has 8 bytes, not all zero"))
    said = ExportTraceServiceResponse.FromString(await _call(taker, TRACES, b""))
    assert said.partial_success.rejected_spans == 2
    assert "span_id" in said.partial_success.error_message


async def test_a_body_that_cannot_be_read_is_an_invalid_argument() -> None:
    taker = Taker(otlp.refused(400, otlp.INVALID_ARGUMENT, "not an OTLP export", otlp.PROTOBUF))
    with pytest.raises(grpc.aio.AioRpcError, match="not an OTLP export") as raised:
        await _call(taker, TRACES, b"\xff")
    assert raised.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.parametrize(
    ("status", "code", "name"),
    [(429, otlp.RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"), (503, otlp.UNAVAILABLE, "UNAVAILABLE")],
)
async def test_a_sender_that_is_too_fast_is_told_when_to_come_back(status: int, code: int, name: str) -> None:
    rpc_status = pytest.importorskip("google.rpc.status_pb2", reason="needs googleapis-common-protos")
    from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]

    taker = Taker(otlp.refused(status, code, "the queue is full", otlp.PROTOBUF, retry_after=3), now=True)
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await _call(taker, TRACES, b"")
    assert raised.value.code() is grpc.StatusCode[name]
    details = dict(raised.value.trailing_metadata())["grpc-status-details-bin"]
    found, info = rpc_status.Status.FromString(details), RetryInfo()
    assert (found.code, found.message) == (code, "the queue is full")
    assert found.details[0].Unpack(info)
    assert info.retry_delay.seconds == 3


async def test_a_message_beyond_the_bound_is_refused_and_the_next_is_taken() -> None:
    taker = Taker(otlp.accepted("spans", otlp.PROTOBUF))
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await _call(taker, TRACES, bytes(MESSAGE_MAX + 1))
    assert raised.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert taker.taken == []
    assert await _call(taker, TRACES, b"") == b""


async def test_an_unknown_method_is_not_implemented() -> None:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await _call(Taker(Answer(200)), "/opentelemetry.proto.collector.profiles.v1/Export", b"")
    assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("address", ["0.0.0.0:4317", "nowhere", "127.0.0.1:x"])
def test_an_address_that_others_reach_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        GrpcServer(address, Taker(Answer(200)))
