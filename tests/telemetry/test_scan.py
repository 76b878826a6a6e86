"""The compiled scanners and the plain readers make the same rows of the same bytes, whatever the bytes."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from google.protobuf.message import DecodeError
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.telemetry import otlp_examples

from telic.telemetry.columns import TABLES
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.decoder import Decoder

pytest.importorskip("numba", reason="needs the extra `fast`")
from telic.telemetry.otlp.scan import warm
from telic.telemetry.otlp.scan.buffers import EXPANDED_MAX, TooLarge
from telic.telemetry.otlp.scan.decimals import put_double

Read = Callable[[str, bytes], tuple[dict[str, list[dict[str, Any]]], Any, tuple[int, str]]]
REQUESTS: dict[str, Any] = {
    "spans": ExportTraceServiceRequest,
    "logs": ExportLogsServiceRequest,
    "metrics": ExportMetricsServiceRequest,
}
CORPUS = sorted((Path(__file__).parent / "corpus").glob("*.bin"))
NOW = 1_800_000_000_000_000_000
QUICK = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


def _read(decoder: Decoder, table: str, data: bytes) -> Any:
    try:
        faults = decoder.read(table, data, otlp.PROTOBUF, NOW)
    except otlp.UnreadableBody:
        decoder.finish()
        return "unreadable"
    tables, live = decoder.finish()
    rows = {name: columns.to_pylist() for name, columns in tables.items()}
    decoder.recycle()
    for each in rows.values():
        each.sort(key=repr)
    return repr(rows), dict(live), faults  # in text, NaN equals NaN


@pytest.fixture(scope="module")
def both() -> Callable[[str, bytes], tuple[Any, Any]]:
    """Read bytes both ways; what the scanner leaves to the plain reader is no test of it."""
    compiled, plain = Decoder(warm.prepare()), Decoder()

    def read(table: str, data: bytes) -> tuple[Any, Any]:
        return _read(compiled, table, data), _read(plain, table, data)

    return read


def scanned(table: str, data: bytes) -> bool:
    """Whether the scanner reads the body itself."""
    scanners = warm.prepare()
    found = scanners.add(table, data, NOW)
    scanners.finish()
    return found is not None


@given(st.sampled_from(["spans", "logs", "metrics"]), st.data())
@QUICK
def test_exports_of_every_shape_make_the_same_rows(both: Any, table: str, data: st.DataObject) -> None:
    makers = {"spans": otlp_examples.traces, "logs": otlp_examples.logs, "metrics": otlp_examples.metrics}
    drawn = data.draw(makers[table]())
    compiled, plain = both(table, drawn.message.SerializeToString())
    assert compiled == plain


@given(st.sampled_from(["spans", "logs", "metrics"]), st.data())
@QUICK
def test_damaged_bytes_are_read_or_refused_alike(both: Any, table: str, data: st.DataObject) -> None:
    makers = {"spans": otlp_examples.traces, "logs": otlp_examples.logs, "metrics": otlp_examples.metrics}
    body = bytearray(data.draw(makers[table]()).message.SerializeToString())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(body)))
        match data.draw(st.sampled_from(["change", "cut", "insert", "twice"])):
            case "change" if at < len(body):
                body[at] = data.draw(st.integers(0, 255))
            case "cut":
                del body[at : at + data.draw(st.integers(0, 9))]
            case "insert":
                body[at:at] = data.draw(st.binary(max_size=6))
            case _:
                body[at:at] = body[at : at + data.draw(st.integers(0, 60))]
    compiled, plain = both(table, bytes(body))
    assert compiled == plain


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.stem)
def test_the_corpus_is_read_or_refused_alike(both: Any, path: Path) -> None:
    table = path.stem.partition("-")[0]
    compiled, plain = both(table, path.read_bytes())
    assert compiled == plain


def test_the_corpus_is_there() -> None:
    assert {path.stem.partition("-")[0] for path in CORPUS} == set(TABLES) & set(REQUESTS)


@given(st.floats(allow_nan=False, allow_infinity=False))
@example(5e-324)
@example(1.7976931348623157e308)
@example(2.0**-1022)
@example(-0.0)
@example(9007199254740993.0)
@settings(deadline=None, max_examples=300)
def test_doubles_are_written_as_msgspec_writes_them(value: float) -> None:
    out = np.empty(64, np.uint8)
    assert out[: put_double(value, out, 0)].tobytes() == msgspec.json.encode(value)


def test_doubles_of_any_bits_read_back() -> None:
    source, out = random.Random(4), np.empty(64, np.uint8)
    for _ in range(5_000):
        (value,) = struct.unpack("<d", source.randbytes(8))
        if np.isfinite(value):
            text = out[: put_double(value, out, 0)].tobytes()
            assert text == msgspec.json.encode(value)


def _spans(count: int, **more: Any) -> ExportTraceServiceRequest:
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    for index in range(1, count + 1):
        scope.spans.add(trace_id=b"t" * 16, span_id=index.to_bytes(8, "big"), start_time_unix_nano=NOW, **more)
    return message


def test_a_usual_body_needs_no_plain_reader() -> None:
    message = _spans(3, name="find", kind=2, end_time_unix_nano=NOW + 5)
    span = message.resource_spans[0].scope_spans[0].spans[0]
    span.attributes.add(key="a").value.double_value = 0.1
    span.attributes.add(key="b").value.array_value.values.add().string_value = "x"
    span.attributes.add(key="c").value.kvlist_value.values.add(key="d").value.int_value = 3
    span.events.add(name="exception", time_unix_nano=NOW)
    assert scanned("spans", message.SerializeToString())


def test_more_rows_than_a_chunk_holds_and_a_span_larger_than_a_column(both: Any) -> None:
    message = _spans(17_000, name="find")
    message.resource_spans[0].scope_spans[0].spans[5].attributes.add(key="large").value.string_value = (
        "\x01" * 3_000_000
    )
    compiled, plain = both("spans", message.SerializeToString())
    assert compiled[0].count("trace_id") == 17_000
    assert compiled == plain


def test_a_resource_that_repeats_beyond_memory_is_refused() -> None:
    message = _spans(2_000)
    message.resource_spans[0].resource.attributes.add(key="k").value.string_value = "x" * (EXPANDED_MAX // 1_000)
    scanners = warm.prepare()
    with pytest.raises(TooLarge, match="smaller batches"):
        scanners.add("spans", message.SerializeToString(), NOW)
    assert scanners.add("spans", _spans(1).SerializeToString(), NOW) == (0, "")
    chunks, _ = scanners.finish()
    assert sum(each.num_rows for each in chunks["spans"]) == 1


def test_a_body_that_breaks_off_leaves_nothing(both: Any) -> None:
    data = _spans(50, name="find").SerializeToString()
    compiled, plain = both("spans", data[:-7])
    assert compiled == plain == "unreadable"
    with pytest.raises(DecodeError):
        ExportTraceServiceRequest.FromString(data[:-7])
