"""OTLP over gRPC (extra ``grpc``): the three export services, answered after the same commit as OTLP/HTTP.

https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
"""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from typing import Any, Protocol

from google.protobuf import any_pb2, duration_pb2

from telic.errors import PortInUse, UsageError
from telic.telemetry import listeners
from telic.telemetry.otlp.body import PROTOBUF, Answer

SERVICES = {
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export": "spans",
    "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export": "metrics",
    "/opentelemetry.proto.collector.logs.v1.LogsService/Export": "logs",
}
GRACE = 1.0  # for calls under way when the server ends [s]
MESSAGE_MAX = 4 << 20  # what gRPC and the collector take by default [bytes]
CALLS_MAX = 32  # that are read at once: with `MESSAGE_MAX` they bound the memory [1]
_RETRY = "type.googleapis.com/google.rpc.RetryInfo"


class Taker(Protocol):
    """What stands behind all ways in; bodies are counted while they wait."""

    def offer(self, table: str, data: bytes, media: str, reply: Callable[[Answer], None]) -> Answer | None:
        """Take a body and call `reply` once after its commit, or return why it is refused."""
        ...


class GrpcServer:
    """Listens for OTLP/gRPC beside OTLP/HTTP.

    Parameters
    ----------
    address
        ``HOST:PORT``; PORT 0 picks a free one.
    taker
        Where bodies go.
    remote
        Whether HOST may be an address that other machines reach.

    Raises
    ------
    UsageError
        grpcio is not installed, or the address is none on this machine alone.
    """

    def __init__(self, address: str, taker: Taker, *, remote: bool = False) -> None:
        try:
            grpc: Any = importlib.import_module("grpc")
        except ImportError as error:
            raise UsageError("OTLP over gRPC needs grpcio", hint='pip install "telic[grpc]"') from error
        self._grpc = grpc
        host, port = listeners.host_and_port(address, remote=remote)
        self._taker, self._address = taker, f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self._server: Any = grpc.aio.server(
            options=[("grpc.max_receive_message_length", MESSAGE_MAX), ("grpc.so_reuseport", 0)],
            maximum_concurrent_rpcs=CALLS_MAX,
        )
        for path in SERVICES:
            _, service, method = path.split("/")
            handler = grpc.method_handlers_generic_handler(service, {method: self._handler(path)})
            self._server.add_generic_rpc_handlers((handler,))
        self.port = 0

    async def start(self) -> None:
        """Begin to listen.

        Raises
        ------
        PortInUse
            Another process has the port.
        """
        try:
            self.port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            said = f"cannot listen on {self._address} for gRPC"
            raise PortInUse(said, hint="end what listens there, or choose another: --grpc HOST:PORT") from error
        await self._server.start()

    async def stop(self) -> None:
        """End after the calls under way."""
        await self._server.stop(GRACE)

    def _handler(self, path: str) -> Any:
        """Return what answers calls of a method; messages stay bytes."""
        table = SERVICES[path]

        async def call(data: bytes, context: Any) -> bytes:
            return await self._export(table, data, context)

        return self._grpc.unary_unary_rpc_method_handler(call)

    async def _export(self, table: str, data: bytes, context: Any) -> bytes:
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Answer] = loop.create_future()

        def reply(answer: Answer) -> None:
            if not answered.done():
                answered.set_result(answer)

        answer = self._taker.offer(table, data, PROTOBUF, reply) or await answered
        if answer.status == 200:
            return answer.body
        code = self._grpc.StatusCode
        if answer.status in (400, 413):
            await context.abort(code.INVALID_ARGUMENT, answer.message[:8000])
        if answer.retry_after:  # without this detail, RESOURCE_EXHAUSTED means: do not send again
            context.set_trailing_metadata((("grpc-status-details-bin", retry_info(answer)),))
        await context.abort(
            code.RESOURCE_EXHAUSTED if answer.status == 429 else code.UNAVAILABLE, answer.message[:8000]
        )
        raise AssertionError("abort raises")


def retry_info(answer: Answer) -> bytes:
    """Return the error as google.rpc.Status with a RetryInfo: without it a sender gives its data up."""
    after = duration_pb2.Duration(seconds=answer.retry_after).SerializeToString()
    detail = any_pb2.Any(type_url=_RETRY, value=b"\x0a" + bytes([len(after)]) + after).SerializeToString()
    return answer.body + b"\x1a" + bytes([len(detail)]) + detail
