"""OTLP-JSON from files and servers gives the rows that the receiver would have stored."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from tests.telemetry import otlp_examples

from telic.model import Window
from telic.telemetry.columns import TABLES
from telic.telemetry.otlp.metrics import Metrics
from telic.telemetry.sources import SCHEMAS, Question, otlp_json, source
from telic.telemetry.sources.rows import rows_table

T = 1_795_253_400_000_000_000
ORIGIN = {
    "attributes": [
        {"key": "service.name", "value": {"stringValue": "orders"}},
        {"key": "service.instance.id", "value": {"stringValue": "orders-1"}},
        {"key": "k8s.node.name", "value": {"stringValue": "node-1"}},
    ]
}


def spans(**change: Any) -> list[dict[str, Any]]:
    span = {
        **{"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708", "name": "GET /", "kind": 3},
        **{"startTimeUnixNano": str(T), "endTimeUnixNano": str(T + 5), "status": {"code": 2, "message": "no"}},
    }
    document = {"resourceSpans": [{"resource": ORIGIN, "scopeSpans": [{"spans": [span | change]}]}]}
    return list(otlp_json.spans(document))


def test_a_span_has_the_columns_of_the_store() -> None:
    attributes = [
        {"key": "http.response.status_code", "value": {"intValue": "503"}},
        {"key": "peer.service", "value": {"stringValue": "stock"}},
        {"key": "tags", "value": {"arrayValue": {"values": [{"intValue": 1}, {"boolValue": True}]}}},
    ]
    (row,) = spans(attributes=attributes)
    assert (row["service"], row["instance"], row["kind"], row["status"], row["status_message"]) == (
        *("orders", "orders-1", "client", "error", "no"),
    )
    assert (row["start_ns"], row["duration_ns"], row["http_status"], row["peer"]) == (T, 5, 503, "stock")
    assert json.loads(str(row["attributes"])) == {"tags": [1, True], "resource": {"k8s.node.name": "node-1"}}


@given(st.binary(min_size=16, max_size=16), st.binary(min_size=8, max_size=8))
def test_ids_in_hex_and_in_base64_are_the_same(trace: bytes, span: bytes) -> None:
    in_hex = spans(traceId=trace.hex(), spanId=span.hex())
    in_base64 = spans(traceId=base64.b64encode(trace).decode(), spanId=base64.b64encode(span).decode())
    assert in_hex == in_base64
    if any(trace) and any(span):
        assert (in_hex[0]["trace_id"], in_hex[0]["span_id"]) == (trace.hex(), span.hex())
    else:
        assert in_hex == []


@pytest.mark.parametrize(
    ("kind", "word"), [("SPAN_KIND_SERVER", "server"), (2, "server"), (None, "internal"), (9, "internal")]
)
def test_enums_come_by_name_or_number(kind: object, word: str) -> None:
    assert spans(kind=kind)[0]["kind"] == word


def test_logs_and_metrics_have_the_columns_of_the_store() -> None:
    record = {"timeUnixNano": str(T), "severityNumber": "SEVERITY_NUMBER_ERROR2", "body": {"stringValue": "no stock"}}
    document: dict[str, Any] = {"resourceLogs": [{"resource": ORIGIN, "scopeLogs": [{"logRecords": [record]}]}]}
    (log,) = otlp_json.logs(document)
    assert (log["severity"], log["severity_number"], log["body"], log["service"]) == ("ERROR", 18, "no stock", "orders")
    point = {"timeUnixNano": str(T), "count": "3", "sum": 0.5, "explicitBounds": [0.1], "bucketCounts": ["1", "2"]}
    histogram = {"name": "took", "unit": "s", "histogram": {"aggregationTemporality": 1, "dataPoints": [point]}}
    gauge = {"name": "full", "gauge": {"dataPoints": [{"timeUnixNano": str(T), "asInt": "4"}]}}
    document = {"resourceMetrics": [{"resource": ORIGIN, "scopeMetrics": [{"metrics": [histogram, gauge]}]}]}
    first, second = otlp_json.metrics(document)
    assert (first["count"], first["sum"], first["bounds"], first["buckets"]) == (3, 0.5, "[0.1]", "[1,2]")
    assert json.loads(str(first["attributes"]))["temporality"] == "delta"
    assert second["value"] == 4.0
    assert rows_table("metrics", [first, second]).schema == SCHEMAS["metrics"]


SAME = {
    "spans": ("trace_id", "span_id", "parent_span_id", "service", "instance", "name", "kind", "start_ns", "status"),
    "logs": ("time_ns", "service", "severity", "severity_number", "trace_id", "span_id"),
    "metrics": ("time_ns", "start_ns", "service", "name", "unit", "kind", "count", "buckets"),
}
READERS = {"spans": otlp_json.spans, "logs": otlp_json.logs, "metrics": otlp_json.metrics}


@given(st.one_of(otlp_examples.traces(), otlp_examples.logs(), otlp_examples.metrics()))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_the_rows_are_those_that_the_receiver_makes(example: otlp_examples.Example) -> None:
    document = json.loads(otlp_examples.as_json(example.message))
    expected = example.rows
    found = list(READERS[example.table](document))
    same = SAME[example.table]
    assert [_chosen(row, same) for row in found] == [_chosen(row, same) for row in expected]


def _chosen(row: Mapping[str, Any], names: tuple[str, ...]) -> list[object]:
    return ["" if row.get(name) is None else row[name] for name in names]


def test_exponential_histograms_are_kept_as_the_receiver_keeps_them() -> None:
    message = ExportMetricsServiceRequest()
    metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name="took", unit="s")
    metric.exponential_histogram.aggregation_temporality = 1  # type: ignore[assignment]
    point = metric.exponential_histogram.data_points.add(time_unix_nano=T, count=9, sum=4.5, scale=1, zero_count=1)
    point.positive.offset, point.min, point.max = -2, 0.25, 3.0
    point.positive.bucket_counts.extend([3, 0, 2])
    point.negative.bucket_counts.extend([3])
    names = [name for name, _ in TABLES["metrics"]]
    (expected,) = (dict(zip(names, row, strict=True)) for row in Metrics(message, 7).rows())
    (found,) = otlp_json.metrics(json.loads(otlp_examples.as_json(message)))
    kept = ("kind", "count", "sum", "bounds", "buckets")
    assert [found[name] for name in kept] == [expected[name] for name in kept]
    assert json.loads(str(found["attributes"])) == json.loads(expected["attributes"])  # type: ignore[arg-type]
    assert found["buckets"] == "[3,1,3,0,2,0]"
    points = {"dataPoints": [{"count": "9", "scale": 2**40, "positive": {"bucketCounts": ["9"]}}]}
    document = {
        "resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "took", "exponentialHistogram": points}]}]}]
    }
    (broken,) = otlp_json.metrics(document)
    assert (broken["count"], broken["bounds"]) == (9, "[]")


def test_what_a_file_says_amiss_is_counted(tmp_path: Path) -> None:
    wrong = {"count": "9", "sum": 1.5, "scale": 2**40, "timeUnixNano": str(T), "positive": {"bucketCounts": ["9"]}}
    right = {"count": "9", "scale": 1, "timeUnixNano": str(T), "positive": {"bucketCounts": ["9"]}}
    metric = {"name": "took", "exponentialHistogram": {"dataPoints": [wrong, right, wrong]}}
    span = {"traceId": "", "spanId": "", "startTimeUnixNano": str(T), "name": "lost"}
    lines: list[dict[str, Any]] = [{"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}]
    lines += [{"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]}]
    (tmp_path / "export.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    asked, window = source.create("files", url=str(tmp_path)), Window(T / 1e9 - 1, T / 1e9 + 1)
    answer = asked.fetch(Question("metrics", window))
    assert [json.loads(each) for each in answer.table["buckets"].to_pylist()] == [[], [0, 9, 0], []]
    said = "export.jsonl: 2 exponential histograms keep count and sum alone: their buckets are out of range"
    assert answer.cut == (said,)
    assert asked.fetch(Question("spans", window)).cut == ("export.jsonl: 1 spans without an id were left out",)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=8,
)
NAMES = ("resourceSpans", "resource", "scopeSpans", "spans", "attributes", "status", "events", "links", "kind", "body")


@given(
    st.recursive(
        JSON, lambda inner: st.dictionaries(st.sampled_from(NAMES), st.one_of(inner, st.lists(inner))), max_leaves=20
    )
)
def test_any_document_gives_rows_or_nothing(document: Any) -> None:
    for reader in (otlp_json.spans, otlp_json.logs, otlp_json.metrics):
        if isinstance(document, dict):
            assert all(isinstance(each, dict) for each in reader(document))
