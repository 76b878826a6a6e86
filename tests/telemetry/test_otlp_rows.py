"""What was sent equals what the store holds, in both encodings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.metrics.v1.metrics_pb2 import ExponentialHistogramDataPoint
from tests.telemetry.local_store import LocalStore
from tests.telemetry.otlp_examples import Example, as_json, logs, metrics, pairs, traces

from telic.telemetry.columns import TABLES
from telic.telemetry.otlp import body as otlp
from telic.telemetry.otlp.decoder import READERS
from telic.telemetry.otlp.metrics import Metrics, explicit_buckets
from telic.telemetry.otlp.traces import Spans

EXAMPLES = st.one_of(traces(), logs(), metrics())


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStore]:
    made = LocalStore(tmp_path_factory.mktemp("telemetry"))
    yield made
    made.database.close()


def read(table: str, data: bytes, media: str) -> list[dict[str, object]]:
    reader = READERS[table](otlp.parse(table, data, media), 7)
    names = [name for name, _ in TABLES[table]]
    rows = [dict(zip(names, row, strict=True)) for row in reader.rows()]
    assert reader.rejected == 0
    return [each | {"attributes": json.loads(str(each["attributes"], "utf-8"))} for each in rows]  # type: ignore[call-overload]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(EXAMPLES)
def test_protobuf_says_what_was_sent(example: Example) -> None:
    assert read(example.table, example.message.SerializeToString(), otlp.PROTOBUF) == example.rows


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(EXAMPLES)
def test_json_says_what_was_sent(example: Example) -> None:
    assert read(example.table, as_json(example.message), otlp.JSON) == example.rows


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@given(example=EXAMPLES)
def test_the_file_holds_what_was_sent(store: LocalStore, example: Example) -> None:
    reader = READERS[example.table](otlp.parse(example.table, example.message.SerializeToString(), otlp.PROTOBUF), 7)
    before = store.query(f"SELECT count(*) AS n FROM {example.table}")[0]["n"]
    store.put(example.table, *reader.rows())
    found = [dict(each) for each in store.query(f"SELECT * FROM recent_{example.table} ORDER BY rowid OFFSET {before}")]
    assert [each | {"attributes": json.loads(str(each["attributes"]))} for each in found] == example.rows


def test_an_attribute_of_another_type_than_its_column_stays_an_attribute() -> None:
    message = ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add(trace_id=b"t" * 16, span_id=b"s" * 8)
    span.attributes.extend(pairs({"peer.service": 3, "http.response.status_code": "200", "error.type": True, "": 5}))
    (found,) = read("spans", message.SerializeToString(), otlp.PROTOBUF)
    assert (found["peer"], found["http_status"], found["error_type"]) == ("", None, "")
    assert found["attributes"] == {
        "peer.service": 3,
        "http.response.status_code": "200",
        "error.type": True,
        "": 5,
    }


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ({"trace_id": b"short"}, "trace_id"),
        ({"trace_id": bytes(16)}, "trace_id"),
        ({"span_id": b""}, "span_id"),
        ({"parent_span_id": b"odd"}, "parent_span_id"),
        ({"end_time_unix_nano": 2**64 - 1}, "2262"),
    ],
)
def test_a_span_that_breaks_the_format_is_rejected_alone(broken: dict[str, object], reason: str) -> None:
    message = ExportTraceServiceRequest()
    scope = message.resource_spans.add().scope_spans.add()
    scope.spans.add(trace_id=b"t" * 16, span_id=b"s" * 8, name="good")
    scope.spans.add(**({"trace_id": b"t" * 16, "span_id": b"s" * 8, "name": "bad"} | broken))
    reader = Spans(otlp.parse("spans", message.SerializeToString(), otlp.PROTOBUF), 7)
    assert [row[6] for row in reader.rows()] == ["good"]
    assert reader.rejected == 1
    assert reason in reader.reason


def test_exponential_buckets_become_bounds() -> None:
    point = ExponentialHistogramDataPoint(scale=0, zero_count=4, count=10)
    point.positive.offset, point.negative.offset = 1, 0
    point.positive.bucket_counts.extend([1, 2])  # (2, 4] and (4, 8]
    point.negative.bucket_counts.extend([3])  # [-2, -1)
    assert explicit_buckets(point) == ([-1.0, 0.0, 4.0, 8.0], [3, 4, 1, 2, 0])


def test_exponential_buckets_without_zeroes_begin_at_their_offset() -> None:
    point = ExponentialHistogramDataPoint(scale=0)
    point.positive.offset = 1
    point.positive.bucket_counts.extend([1])
    assert explicit_buckets(point) == ([2.0, 4.0], [0, 1, 0])


@pytest.mark.parametrize(("scale", "bound"), [(-(2**31), sys.float_info.max), (-40, sys.float_info.max), (3, 2**0.125)])
def test_a_bucket_beyond_all_numbers_is_kept_with_the_largest_bound(scale: int, bound: float) -> None:
    message = ExportMetricsServiceRequest()
    metric = message.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
    metric.exponential_histogram.data_points.add(scale=scale, count=5).positive.bucket_counts.extend([5])
    reader = Metrics(otlp.parse("metrics", message.SerializeToString(), otlp.PROTOBUF), 7)
    (found,) = reader.rows()
    named = dict(zip([name for name, _ in TABLES["metrics"]], found, strict=True))
    assert json.loads(str(named["bounds"])) == [1.0, bound]
    assert json.loads(str(named["buckets"])) == [0, 5, 0]
    assert b'"scale":%d' % scale in named["attributes"]  # type: ignore[operator]
    assert reader.rejected == 0
