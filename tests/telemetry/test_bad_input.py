"""What a sender may do wrong: each a clear refusal or a counted gap, and everything else is kept."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from tests.telemetry.receiving import Receiver, traces

from telic.telemetry.otlp.body import UNPACKED_MAX, UnreadableBody, unpack
from telic.telemetry.rollup import OPERATIONS_MAX, OTHER, Rollup
from telic.telemetry.routes import BODY_MAX

HOUR = 3600 * 10**9


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    running = Receiver(tmp_path_factory.mktemp("bad")).start()
    yield running
    running.close()


@pytest.fixture(autouse=True)
def _others_are_kept(receiver: Receiver, request: pytest.FixtureRequest) -> Iterator[None]:
    """After every one of them the next good body is taken."""
    yield
    name = f"after {request.node.name}"
    assert receiver.post(traces(name))[0] == 200
    (found,) = receiver.client.query("SELECT count(*) AS n FROM spans WHERE name = ?", (name,))
    assert found["n"] == 1


def _log(body: str, time_ns: int | None = None) -> ExportLogsServiceRequest:
    message = ExportLogsServiceRequest()
    record = message.resource_logs.add().scope_logs.add().log_records.add()
    record.time_unix_nano = time.time_ns() if time_ns is None else time_ns
    record.body.string_value = body
    return message


@pytest.mark.parametrize(
    ("data", "headers", "status", "said"),
    [
        (b"\x0a\xff\xff", {}, 400, b"not an OTLP export"),
        (traces("x")[:-3], {}, 400, b"not an OTLP export"),
        (traces("x").replace(b"search", b"\xff\xfearch"), {}, 400, b"not an OTLP export"),
        (b"{}", {"content-type": "text/plain"}, 415, b"text/plain"),
        (b"{", {"content-type": "application/json"}, 400, b"not an OTLP export"),
        (traces("x"), {"content-encoding": "br"}, 415, b"send gzip or none"),
        (b"nonsense", {"content-encoding": "gzip"}, 400, b"not gzip"),
        (gzip.compress(traces("x"))[:-9], {"content-encoding": "gzip"}, 400, b"end early"),
        (gzip.compress(bytes(UNPACKED_MAX + 1)), {"content-encoding": "gzip"}, 400, b"unpacks to more than"),
    ],
    ids=["truncated tag", "truncated", "not UTF-8", "text", "half JSON", "brotli", "no gzip", "half gzip", "bomb"],
)
def test_what_cannot_be_read_is_refused_with_a_reason(
    receiver: Receiver, data: bytes, headers: dict[str, str], status: int, said: bytes
) -> None:
    found, body, _ = receiver.exchange(data, "/v1/traces", {"content-type": "application/x-protobuf"} | headers)
    assert found == status
    assert said in body


def test_an_attribute_of_a_gigabyte_is_refused_before_it_is_sent(receiver: Receiver) -> None:
    headers = {"content-type": "application/x-protobuf", "content-length": str(1 << 30)}
    status, body, _ = receiver.exchange(b"", "/v1/traces", headers)
    assert status == 413
    assert str(BODY_MAX).encode() in body


def test_a_log_line_of_ten_megabytes_is_kept(receiver: Receiver) -> None:
    line = "x" * (10 << 20)
    assert receiver.post(_log(line).SerializeToString(), "/v1/logs")[0] == 200
    (found,) = receiver.client.query("SELECT max(length(body)) AS size FROM logs")
    assert found["size"] == len(line)


def test_times_of_any_order_and_skew_are_kept_as_they_are(receiver: Receiver) -> None:
    now = time.time_ns()
    for shift in (0, -HOUR * 7, HOUR * 5, -now + 1):
        assert receiver.post(_log(f"shift {shift}", now + shift).SerializeToString(), "/v1/logs")[0] == 200
    rows = receiver.client.query("SELECT time_ns FROM logs WHERE body LIKE 'shift%' ORDER BY time_ns")
    assert [each["time_ns"] for each in rows] == [1, now - 7 * HOUR, now, now + 5 * HOUR]


def test_spans_that_break_the_format_are_counted_and_the_others_kept(receiver: Receiver) -> None:
    message = ExportTraceServiceRequest.FromString(traces("good", "bad", "late"))
    _, bad, late = message.resource_spans[0].scope_spans[0].spans
    bad.trace_id, late.end_time_unix_nano = b"", 2**63
    before = receiver.client.status().invalid
    status, body = receiver.post(message.SerializeToString())
    said = ExportTraceServiceResponse.FromString(body).partial_success
    assert (status, said.rejected_spans, said.error_message) == (200, 2, "a time lies beyond the year 2262")
    assert receiver.client.status().invalid == before + 2


def test_numbers_that_are_none_are_kept(receiver: Receiver) -> None:
    message = ExportMetricsServiceRequest()
    metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name="odd")
    for value in (float("nan"), float("inf"), 1.5):
        metric.gauge.data_points.add(time_unix_nano=time.time_ns(), as_double=value)
    assert receiver.post(message.SerializeToString(), "/v1/metrics")[0] == 200
    (found,) = receiver.client.query("SELECT count(*) AS n, min(value) AS least FROM metrics WHERE name = 'odd'")
    assert (found["n"], found["least"]) == (3, 1.5)


def test_json_and_protobuf_make_the_same_rows(receiver: Receiver) -> None:
    span: dict[str, Any] = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "json",
        "kind": 2,
        "startTimeUnixNano": "1544712660000000000",
        "endTimeUnixNano": "1544712661000000000",
        "attributes": [{"key": "a", "value": {"intValue": "5"}}],
    }
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}).encode()
    assert receiver.post(body, media="application/json") == (200, b"{}")
    (found,) = receiver.client.query("SELECT trace_id, duration_ns, attributes FROM spans WHERE name = 'json'")
    assert tuple(found.values()) == ("5b8efff798038103d269b633813fc60c", 10**9, '{"a":5}')


def test_a_hundred_thousand_operations_do_not_fill_the_counts() -> None:
    rollup, now = Rollup(), 1_000_000
    rollup.add({(now, "search", f"find {index}", False, 200, 3): 1 for index in range(100_000)}, now=float(now))
    rows = rollup.rows(now - 5.0)
    assert len(rows) == OPERATIONS_MAX + 1
    assert sum(each.count for each in rows) == 100_000
    assert next(each.count for each in rows if each.operation == OTHER) == rollup.folded == 100_000 - OPERATIONS_MAX


def test_a_hundred_thousand_label_sets_are_stored(receiver: Receiver) -> None:
    for first in range(0, 100_000, 25_000):
        message = ExportMetricsServiceRequest()
        metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name="wide")
        for index in range(first, first + 25_000):
            point = metric.gauge.data_points.add(time_unix_nano=1, as_int=index)
            point.attributes.add(key="id").value.string_value = f"{index}"
        assert receiver.post(message.SerializeToString(), "/v1/metrics")[0] == 200
    sql = "SELECT count(DISTINCT attributes) AS n FROM metrics WHERE name = 'wide'"
    assert receiver.client.query(sql, timeout=30.0)[0]["n"] == 100_000


def test_gzip_grows_to_its_bound_and_no_further() -> None:
    data = gzip.compress(bytes(1000)) + gzip.compress(bytes(1000))
    assert unpack(data, "gzip", most=2000) == bytes(2000)
    with pytest.raises(UnreadableBody, match="more than 1999"):
        unpack(data, "gzip", most=1999)


def test_what_was_acknowledged_survives_the_worst_end(tmp_path: Path) -> None:
    running = Receiver(tmp_path).start()
    try:
        for index in range(5):
            assert running.post(traces(*(f"{index}-{each}" for each in range(50))))[0] == 200
        running.end(9)
        running.start()
        assert running.count() == 250
    finally:
        running.close()
