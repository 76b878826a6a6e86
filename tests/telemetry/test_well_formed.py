"""What is certainly well-formed is accepted by the protobuf library; what the library writes is certain."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import example, given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.telemetry import otlp_examples

from telic.telemetry.otlp.body import REQUESTS

pytest.importorskip("numba", reason="needs the extra `fast`")
from telic.telemetry.otlp.scan.well_formed import NESTED, is_utf8, tables, well_formed

NAMES = list(REQUESTS)
TABLES = tables([*REQUESTS.values(), Span])
MAKERS = {"spans": otlp_examples.traces, "logs": otlp_examples.logs, "metrics": otlp_examples.metrics}
NO_FIELD, DEEP = 28, 70


def certain(data: bytes, row: int) -> bool:
    return bool(well_formed(np.frombuffer(data, np.uint8), TABLES, row, np.empty((NESTED, 2), np.int64)))


def accepted(data: bytes, message: Any) -> bool:
    try:
        message.FromString(data)
    except DecodeError:
        return False
    return True


@given(st.sampled_from(NAMES), st.data())
def test_what_the_library_writes_is_certain(table: str, data: st.DataObject) -> None:
    assert certain(data.draw(MAKERS[table]()).message.SerializeToString(), NAMES.index(table))


@given(st.sampled_from(NAMES), st.data())
def test_what_is_certain_is_accepted_whatever_was_done_to_it(table: str, data: st.DataObject) -> None:
    body = bytearray(data.draw(MAKERS[table]()).message.SerializeToString())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(body)))
        body[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    if certain(bytes(body), NAMES.index(table)):
        assert accepted(bytes(body), REQUESTS[table])


@given(st.binary(max_size=12))
@example(b"\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")  # kind -1: ten bytes
@example(b"\x30\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02")  # beyond 64 bits
@example(b"\x85\x01\x00\x00\x00\x00")  # flags, a tag of two bytes
@example(b"\x85\x01\x00\x00\x00")  # breaks off
@example(b"\xaa\x00\x01a")  # a tag longer than it has to be
@example(b"\x2a\x01\xff")  # a name that is no text
@example(b"\x2b\x2c")  # a group
@example(b"\x00")
@example(b"")
def test_what_is_certain_of_a_few_bytes_is_accepted(data: bytes) -> None:
    assert accepted(data, Span) or not certain(data, len(NAMES))


@pytest.mark.parametrize("data", [b"\x2a\x02\xc3\xa9", b"\x85\x01\x00\x00\x00\x00", b"", b"\x30\x02\x39" + b"\x01" * 8])
def test_a_span_is_certain(data: bytes) -> None:
    assert certain(data, len(NAMES))


@pytest.mark.parametrize(
    "data", [bytes([NO_FIELD << 3 & 127 | 128, NO_FIELD >> 4, 1]), b"\x28\x01", b"\x2a\x05a", b"\x0a", b"\x39\x00"]
)
def test_an_unknown_field_another_type_and_what_breaks_off_are_not_certain(data: bytes) -> None:
    assert not certain(data, len(NAMES))


def test_numbers_that_are_packed_are_counted() -> None:
    found: Any = REQUESTS["metrics"]()
    point = found.resource_metrics.add().scope_metrics.add().metrics.add().exponential_histogram.data_points.add()
    point.positive.bucket_counts.extend([1, 2**40, 2**64 - 1])
    whole = found.SerializeToString()
    assert certain(whole, NAMES.index("metrics"))
    broken = whole[:-1] + b"\x81"  # the last number goes on beyond its field
    assert not certain(broken, NAMES.index("metrics"))
    assert not accepted(broken, REQUESTS["metrics"])


def test_what_is_nested_deeply_is_asked_of_the_library() -> None:
    found: Any = REQUESTS["logs"]()
    value = found.resource_logs.add().scope_logs.add().log_records.add().body
    for _ in range(DEEP):
        value = value.array_value.values.add()
    assert not certain(found.SerializeToString(), NAMES.index("logs"))


def text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def is_text(data: bytes) -> bool:
    return bool(is_utf8(np.frombuffer(data, np.uint8), 0, len(data)))


@given(st.binary(max_size=24) | st.text(max_size=24).map(str.encode))
def test_text_is_what_python_decodes(data: bytes) -> None:
    assert is_text(data) == text(data)


def test_every_pair_of_bytes_after_every_beginning_is_judged_as_python_does() -> None:
    for first in (0x7F, 0x80, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF4, 0xF5, 0xFF):
        for second in range(256):
            for rest in (b"", b"\x80", b"\xbf\x80", b"\x80\xbf", b"\x80\xc0", b"\x7f\x80", b"aaaaaaaa"):
                data = bytes([first, second]) + rest
                assert is_text(data) == text(data), data
