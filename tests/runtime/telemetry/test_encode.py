"""What is put together by hand is what the official protobuf classes read."""

from __future__ import annotations

import logging
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from telic.runtime.context import SPAN, SpanContext
from telic.runtime.telemetry import Kind, Recorder, SpanShape, Status, encode, wire
from telic.runtime.telemetry.logs import RecorderHandler, exception_attributes
from telic.runtime.telemetry.metrics import BOUNDS, Metrics
from telic.runtime.telemetry.recorder import format_traceparent, parse_traceparent
from telic.runtime.telemetry.shapes import span_event

HEX16, HEX8 = (st.binary(min_size=size, max_size=size).map(bytes.hex) for size in (16, 8))
TIME = st.integers(0, 2**63)
VALUES = st.one_of(st.text(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False), st.binary())


@given(st.integers(0, 2**64 - 1))
def test_varints_are_those_of_protobuf(value: int) -> None:
    found, shift = 0, 0
    for byte in wire.varint(value):
        found |= (byte & 0x7F) << shift
        shift += 7
    assert found == value


@given(
    st.text(),
    st.sampled_from(Kind),
    st.dictionaries(st.text(), VALUES, max_size=5),
    HEX16,
    HEX8,
    HEX8 | st.just(""),
    TIME,
    TIME,
)
def test_a_span_is_read_as_it_was_recorded(
    name: str, kind: Kind, facts: dict[str, Any], trace_id: str, span_id: str, parent: str, start: int, end: int
) -> None:
    shape = SpanShape(name, kind, facts, status=Status.ERROR, message="why")
    event = span_event("exception", end, {"exception.type": "ValueError"})
    body = wire.span_head(trace_id, span_id, parent, start, end) + shape.encoded + event
    span = Span.FromString(body)
    assert (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex()) == (trace_id, span_id, parent)
    assert (span.name, int(span.kind), int(span.status.code), span.status.message) == (name, kind.value, 2, "why")
    assert (span.start_time_unix_nano, span.end_time_unix_nano) == (start, end)
    assert {each.key: getattr(each.value, str(each.value.WhichOneof("value"))) for each in span.attributes} == facts
    assert (span.events[0].name, span.events[0].time_unix_nano) == ("exception", end)


def test_a_request_holds_resource_scopes_and_spans() -> None:
    recorder = Recorder()
    ours, theirs = SpanShape("near", Kind.SERVER, {}), SpanShape("cook", Kind.INTERNAL, {}, scope="kitchen")
    for shape in (ours, theirs, ours):
        recorder.span(shape, recorder.trace_id(), recorder.span_id(), "", 1, 2)
    body = encode.request(encode.resource({"service.name": "hotel"}), encode.spans(list(recorder.spans)))
    (resource,) = ExportTraceServiceRequest.FromString(body).resource_spans
    assert resource.resource.attributes[0].value.string_value == "hotel"
    assert {each.scope.name: len(each.spans) for each in resource.scope_spans} == {"telic.runtime": 2, "kitchen": 1}


@given(st.lists(st.floats(0, 10), min_size=1, max_size=50))
def test_a_histogram_counts_every_duration_once_and_then_begins_anew(durations: list[float]) -> None:
    metrics = Metrics()
    series = metrics.series("http.server.request.duration", {"http.route": "/near", "http.response.status_code": 200})
    for each in durations:
        series.add(each)
    body = encode.request(encode.resource({}), encode.scoped(metrics.take(5, 9)))
    (metric,) = ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0].metrics
    (point,) = metric.histogram.data_points
    assert (metric.name, metric.unit, metric.histogram.aggregation_temporality) == (
        "http.server.request.duration",
        "s",
        1,
    )
    assert (point.count, point.start_time_unix_nano, point.time_unix_nano) == (len(durations), 5, 9)
    assert point.sum == pytest.approx(sum(durations))
    assert (point.min, point.max) == (min(durations), max(durations))
    assert tuple(point.explicit_bounds) == BOUNDS
    expected = [0] * (len(BOUNDS) + 1)
    for each in durations:
        expected[sum(each > bound for bound in BOUNDS)] += 1
    assert list(point.bucket_counts) == expected
    assert metrics.take(9, 12) == b""


def test_counters_send_what_was_added_and_gauges_what_is() -> None:
    metrics = Metrics()
    counter = metrics.counter("telic.retry.count", attributes={"peer.service": "rate"})
    metrics.gauge("telic.admission.active", "1", lambda: 3)
    totals = iter([1.5, 2.0])
    metrics.counter("process.cpu.time", "s", read=lambda: next(totals))

    def sent(add: float) -> dict[str, float]:
        counter.add(add)
        body = encode.request(encode.resource({}), encode.scoped(metrics.take(1, 2)))
        found = ExportMetricsServiceRequest.FromString(body).resource_metrics[0].scope_metrics[0].metrics
        return {
            each.name: (each.sum if each.HasField("sum") else each.gauge).data_points[0].as_double for each in found
        }

    assert sent(2) == {"telic.retry.count": 2, "telic.admission.active": 3, "process.cpu.time": 1.5}
    assert sent(0) == {"telic.admission.active": 3, "process.cpu.time": 0.5}


def test_a_log_line_carries_its_trace_its_extras_and_its_exception() -> None:
    recorder = Recorder()
    log = logging.Logger("hotel")
    log.addHandler(RecorderHandler(recorder))
    token = SPAN.set(SpanContext("0a" * 16, "0b" * 8))
    try:
        raise ValueError("no such room")
    except ValueError:
        log.exception("cannot hold %s", "h-1", extra={"hotel.id": "h-1"})
    finally:
        SPAN.reset(token)
    log.info("outside")
    body = encode.request(encode.resource({}), encode.logs(recorder.logs))
    first, second = ExportLogsServiceRequest.FromString(body).resource_logs[0].scope_logs[0].log_records
    facts = {each.key: each.value.string_value for each in first.attributes}
    assert (first.severity_text, first.severity_number, first.body.string_value) == ("ERROR", 17, "cannot hold h-1")
    assert (first.trace_id.hex(), first.span_id.hex()) == ("0a" * 16, "0b" * 8)
    assert (facts["hotel.id"], facts["exception.type"], facts["exception.message"]) == (
        "h-1",
        "ValueError",
        "no such room",
    )
    assert (second.severity_text, second.trace_id) == ("INFO", b"")


def test_a_long_stack_trace_is_cut_at_its_beginning() -> None:
    with pytest.raises(ValueError, match="x") as caught:
        raise ValueError("x" * 20_000)
    assert len(str(exception_attributes(caught.value)["exception.stacktrace"])) == 8000


@given(HEX16.filter(lambda each: set(each) != {"0"}), HEX8.filter(lambda each: set(each) != {"0"}))
def test_traceparent_goes_both_ways(trace_id: str, span_id: str) -> None:
    assert parse_traceparent(format_traceparent(trace_id, span_id)) == (trace_id, span_id)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "00-xyz",
        f"ff-{'a' * 32}-{'b' * 16}-01",
        f"00-{'0' * 32}-{'b' * 16}-01",
        f"00-{'a' * 32}-{'0' * 16}-01",
        f"00-{'A' * 32}-{'b' * 16}-01",
        f"00-{'a' * 31}g-{'b' * 16}-01",
        f"00-{'a' * 32}-{'b' * 16}",
    ],
)
def test_what_is_no_traceparent_begins_a_new_trace(header: str) -> None:
    assert parse_traceparent(header) is None


@given(st.integers(0, 54), st.sampled_from("0af-gA_ +٣"))
def test_one_other_character_counts_as_the_standard_says(place: int, other: str) -> None:
    header = f"00-{'a' * 31}0-{'b' * 15}0-01"
    header = header[:place] + other + header[place + 1 :]
    found = re.fullmatch(r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}", header)
    assert parse_traceparent(header) == (found.groups() if found else None)


@given(st.text())
def test_no_header_breaks_the_parser(header: str) -> None:
    parse_traceparent(header)


def test_ids_are_as_long_as_they_must_be_and_never_zero() -> None:
    recorder = Recorder()
    assert {len(recorder.trace_id()) for _ in range(1000)} == {32}
    assert {len(recorder.span_id()) for _ in range(1000)} == {16}
    assert len({recorder.span_id() for _ in range(1000)}) == 1000
    recorder = Recorder()
    recorder._bits = lambda bits: 0
    assert (int(recorder.trace_id(), 16), int(recorder.span_id(), 16)) == (1, 1)
