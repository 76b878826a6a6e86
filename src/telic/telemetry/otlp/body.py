"""Request bodies of OTLP/HTTP: compression, protobuf or JSON, and the answers in the same encoding."""

from __future__ import annotations

import base64
import binascii
import importlib
import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
from google.protobuf import json_format
from google.protobuf.message import DecodeError, Message
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest, ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from telic.errors import UsageError
from telic.telemetry.otlp.lean import LogsMessage, Traces

_FAST = importlib.util.find_spec("isal") is not None  # with the extra `fast`: unpacks in two thirds of the time
_zlib: Any = importlib.import_module("isal.isal_zlib" if _FAST else "zlib")

_MAGIC = b"\x1f\x8b"  # RFC 1952, 2.3.1; one decoder reads on until there are ten bytes, the other looks at once
PROTOBUF, JSON = "application/x-protobuf", "application/json"
UNPACKED_MAX = 32 << 20  # of a compressed body [bytes]
INVALID_ARGUMENT, RESOURCE_EXHAUSTED, UNAVAILABLE = 3, 8, 14  # google.rpc.Code

SIGNALS: Mapping[str, str] = MappingProxyType(
    {"/v1/traces": "spans", "/v1/metrics": "metrics", "/v1/logs": "logs"}
)  # path to table
PATHS = {table: path for path, table in SIGNALS.items()}
REQUESTS: dict[str, type[Message]] = {
    "spans": ExportTraceServiceRequest,
    "metrics": ExportMetricsServiceRequest,
    "logs": ExportLogsServiceRequest,
}
_PARSED: dict[str, Any] = {"spans": Traces, "metrics": ExportMetricsServiceRequest, "logs": LogsMessage}
_REJECTED = {"spans": "rejected_spans", "metrics": "rejected_data_points", "logs": "rejected_log_records"}
_HEX = {"traceId", "spanId", "parentSpanId", "trace_id", "span_id", "parent_span_id"}


class UnreadableBody(UsageError):
    """A body that is not what its headers say; the sender must not send it again."""


@dataclass(frozen=True)
class Answer:
    """What a sender gets back."""

    status: int
    body: bytes = b""
    content_type: str = PROTOBUF
    retry_after: int = 0  # [s]; 0 sends none
    message: str = ""  # of an error


def media_type(content_type: str) -> str:
    """Return the encoding that a Content-Type header names, or "" for one that OTLP does not know."""
    name = content_type.partition(";")[0].strip().lower()
    return name if name in (PROTOBUF, JSON) else ""


def unpack(data: bytes, encoding: str, *, most: int = UNPACKED_MAX) -> bytes:
    """Undo the Content-Encoding of a body; refuse one that would grow beyond `most` [bytes]."""
    if encoding in ("", "identity"):
        return data
    unpacked = b""
    while data:  # a gzip file may have several members
        if not _MAGIC.startswith(data[:2]):
            raise UnreadableBody("not gzip", hint="send what Content-Encoding says")
        stream = _zlib.decompressobj(wbits=31)
        try:
            unpacked += stream.decompress(data, most - len(unpacked) + 1)
        except _zlib.error as error:
            raise UnreadableBody(f"not gzip: {error}", hint="send what Content-Encoding says") from error
        if len(unpacked) > most:
            raise UnreadableBody(f"unpacks to more than {most} bytes", hint="send smaller batches")
        if not stream.eof:
            raise UnreadableBody("the gzip data end early", hint="send the whole body")
        data = stream.unused_data
    return unpacked


def as_protobuf(table: str, data: bytes, media: str) -> bytes:
    """Return a body in protobuf, whatever it came in."""
    if media != JSON:
        return data
    try:
        document = _with_base64_ids(msgspec.json.decode(data, type=dict[str, object]))
        return json_format.ParseDict(document, REQUESTS[table](), ignore_unknown_fields=True).SerializeToString()
    except (DecodeError, json_format.ParseError, msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise unreadable(table, error) from error


def parse(table: str, data: bytes, media: str = PROTOBUF) -> Any:
    """Read an export request for `table`; of traces and logs the lean form."""
    try:
        return _PARSED[table].FromString(as_protobuf(table, data, media))
    except (DecodeError, RecursionError) as error:
        raise unreadable(table, error) from error


def validate(table: str, data: bytes) -> None:
    """Let the protobuf library read a request whole: lengths, nesting, UTF-8.

    Raises
    ------
    UnreadableBody
        It does not accept the bytes.
    """
    try:
        REQUESTS[table].FromString(data)
    except (DecodeError, RecursionError) as error:
        raise unreadable(table, error) from error


def unreadable(table: str, error: Exception) -> UnreadableBody:
    """Return what to raise where `error` says that a body is no export of `table`."""
    said = f"{type(error).__name__}: {error}"[:300]
    return UnreadableBody(f"not an OTLP export of {table}: {said}", hint="see the OTLP specification")


def accepted(table: str, media: str, rejected: int = 0, reason: str = "") -> Answer:
    """Return the answer to a request that was stored, but for `rejected` things of it."""
    if not rejected:
        return Answer(200, b"{}" if media == JSON else b"", media)
    kind = {"spans": ExportTraceServiceResponse, "metrics": ExportMetricsServiceResponse}.get(
        table, ExportLogsServiceResponse
    )
    partial = {_REJECTED[table]: rejected, "error_message": reason}
    message: Message = kind(partial_success=partial)
    body = json_format.MessageToJson(message, indent=None).encode() if media == JSON else message.SerializeToString()
    return Answer(200, body, media)


def refused(status: int, code: int, message: str, media: str, *, retry_after: int = 0) -> Answer:
    """Return an error answer with a google.rpc.Status body."""
    if media == JSON:
        return Answer(status, json.dumps({"code": code, "message": message}).encode(), JSON, retry_after, message)
    text = message.encode()[:8000]
    return Answer(status, b"\x08" + _varint(code) + b"\x12" + _varint(len(text)) + text, PROTOBUF, retry_after, message)


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _with_base64_ids(node: object) -> Any:
    """OTLP/JSON writes ids in hex, protobuf's JSON bytes in base64; attributes hold no ids of this form."""
    if isinstance(node, list):
        return [_with_base64_ids(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {name: _base64(value) if name in _HEX else _with_base64_ids(value) for name, value in node.items()}


def _base64(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return base64.b64encode(binascii.unhexlify(value)).decode()
    except (binascii.Error, ValueError) as error:
        raise UnreadableBody(f"{value[:40]!r} is not an id in hex", hint="ids are 32 or 16 hex digits") from error
