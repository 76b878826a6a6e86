"""Bodies: compression, garbage, and the answers that the OTLP specification asks for."""

from __future__ import annotations

import gzip
import importlib
import json
from typing import Any

import pytest
from google.protobuf.message import DecodeError
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.decoder import READERS


def field(number: int, data: bytes) -> bytes:
    """Return a field of protobuf's wire format that holds bytes."""
    size, left = b"", len(data)
    while left > 0x7F:
        size, left = size + bytes([left & 0x7F | 0x80]), left >> 7
    return bytes([number << 3 | 2]) + size + bytes([left]) + data


Status: Any = importlib.import_module("google.rpc.status_pb2").Status  # has no types
TABLES = st.sampled_from(["spans", "logs", "metrics"])


def good() -> bytes:
    message = ExportTraceServiceRequest()
    message.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="search")
    return message.SerializeToString()


@given(TABLES, st.binary(max_size=200), st.sampled_from([otlp.PROTOBUF, otlp.JSON]))
def test_garbage_is_refused_or_read_never_a_crash(table: str, data: bytes, media: str) -> None:
    try:
        rows = list(READERS[table](otlp.parse(table, data, media), 7).rows())
    except (otlp.UnreadableBody, DecodeError):
        return
    assert isinstance(rows, list)


@settings(max_examples=200)
@given(st.integers(0, 200), st.binary(min_size=1, max_size=3))
def test_a_damaged_body_is_refused_or_read_never_a_crash(at: int, damage: bytes) -> None:
    data = good()
    at %= len(data)
    damaged = data[:at] + damage + data[at + len(damage) :]
    try:
        rows = list(READERS["spans"](otlp.parse("spans", damaged, otlp.PROTOBUF), 7).rows())
    except (otlp.UnreadableBody, DecodeError):
        return
    assert all(len(row) == 18 for row in rows)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'"x"',
        b"{",
        b'{"resourceSpans": 3}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"traceId": "xyz"}]}]}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"startTimeUnixNano": "soon"}]}]}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [{"name": "\\ud800"}]}]}]}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_export_in_json_is_unreadable(data: bytes) -> None:
    with pytest.raises(otlp.UnreadableBody):
        list(READERS["spans"](otlp.parse("spans", data, otlp.JSON), 7).rows())


def test_unknown_fields_in_json_are_left_out() -> None:
    message = otlp.parse("spans", b'{"resourceSpans": [{"scopeSpans": [], "later": 1}], "new": {}}', otlp.JSON)
    assert list(READERS["spans"](message, 7).rows()) == []


def test_values_nested_without_end_are_refused() -> None:
    value = AnyValue(string_value="x").SerializeToString()
    for _ in range(200):
        value = field(5, field(1, value))  # array_value.values
    pair = field(1, b"deep") + field(2, value)
    span = field(1, b"t" * 16) + field(2, b"s" * 8) + field(9, pair)
    data = field(1, field(2, field(2, span)))
    with pytest.raises((otlp.UnreadableBody, DecodeError)):
        list(READERS["spans"](otlp.parse("spans", data, otlp.PROTOBUF), 7).rows())


@given(st.binary(max_size=300), st.integers(1, 3))
def test_gzip_is_undone(data: bytes, members: int) -> None:
    assert otlp.unpack(gzip.compress(data) * members, "gzip", most=1000) == data * members


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (b"no gzip", "not gzip"),
        (gzip.compress(b"x" * 100)[:-9], "end early"),
        (gzip.compress(b"x" * 100_000), "more than 1000"),
        (gzip.compress(b"x" * 600) * 2, "more than 1000"),
    ],
)
def test_bad_gzip_is_refused(packed: bytes, said: str) -> None:
    with pytest.raises(otlp.UnreadableBody, match=said):
        otlp.unpack(packed, "gzip", most=1000)


@given(st.integers(0, 16), st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_errors_carry_a_status_that_the_official_message_reads(code: int, message: str) -> None:
    answer = otlp.refused(400, code, message, otlp.PROTOBUF)
    assert Status.FromString(answer.body) == Status(code=code, message=message)
    assert json.loads(otlp.refused(400, code, message, otlp.JSON).body) == {"code": code, "message": message}


def test_a_partial_success_says_how_many_were_left_out() -> None:
    answer = otlp.accepted("logs", otlp.PROTOBUF, 3, "too late")
    said = ExportLogsServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, said.rejected_log_records, said.error_message) == (200, 3, "too late")
    shown = json.loads(otlp.accepted("spans", otlp.JSON, 3, "odd").body)
    assert shown == {"partialSuccess": {"rejectedSpans": "3", "errorMessage": "odd"}}
    assert otlp.accepted("spans", otlp.JSON).body == b"{}"


@pytest.mark.parametrize(
    ("said", "understood"),
    [
        ("application/json; charset=utf-8", otlp.JSON),
        ("Application/X-Protobuf", otlp.PROTOBUF),
        ("text/plain", ""),
        ("", ""),
    ],
)
def test_content_types(said: str, understood: str) -> None:
    assert otlp.media_type(said) == understood
