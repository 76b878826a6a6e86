"""The exporter delivers everything, waits for a receiver that is away, and never grows without bound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from telic.runtime.telemetry import Kind, Recorder, SpanShape, export
from telic.runtime.telemetry.export import Exporter, Target
from telic.runtime.telemetry.recorder import LogRecord

SHAPE = SpanShape("near", Kind.SERVER, {"http.route": "/near"})
Make = Callable[[Recorder, str], Exporter]
NOWHERE = "http://127.0.0.1:1"


def spans(recorder: Recorder, count: int) -> None:
    for _ in range(count):
        recorder.span(SHAPE, recorder.trace_id(), recorder.span_id(), "", 1, 2)


@pytest.fixture
def exporter_of() -> Iterator[Make]:
    made: list[Exporter] = []

    def make(recorder: Recorder, endpoint: str) -> Exporter:
        made.append(Exporter(recorder, target(endpoint)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def target(endpoint: str) -> Target:
    return Target(endpoint, {"service.name": "hotel", "telic.config.revision": 3})


def test_spans_logs_and_metrics_arrive_under_their_resource(receiver: Any, exporter_of: Make) -> None:
    recorder = Recorder()
    spans(recorder, 5)
    recorder.log(LogRecord(1, 9, "INFO", "hello", "", "", {}))
    recorder.metrics.gauge("process.memory.usage", "By", lambda: 7.0)
    exporter_of(recorder, receiver.endpoint).flush()
    assert len(receiver.spans()) == 5
    facts = {each.key: each.value for each in receiver.traces[0].resource_spans[0].resource.attributes}
    assert (facts["service.name"].string_value, facts["telic.config.revision"].int_value) == ("hotel", 3)
    assert receiver.logs[0].resource_logs[0].scope_logs[0].log_records[0].body.string_value == "hello"
    assert receiver.metrics[0].resource_metrics[0].scope_metrics[0].metrics[0].name == "process.memory.usage"


def test_nothing_to_say_is_not_sent(receiver: Any, exporter_of: Make) -> None:
    exporter_of(Recorder(), receiver.endpoint).flush()
    assert receiver.posts == 0


def test_what_could_not_be_delivered_waits_for_the_receiver(receiver: Any, exporter_of: Make) -> None:
    recorder = Recorder()
    exporter = exporter_of(recorder, NOWHERE)
    spans(recorder, 2)
    exporter.flush()
    exporter.retarget(target(receiver.endpoint))
    receiver.status = 503
    spans(recorder, 1)
    exporter.flush()
    assert receiver.spans() == []
    receiver.status = 200
    exporter.flush()
    assert len(receiver.spans()) == 3
    assert recorder.dropped.value == 0


def test_what_the_receiver_refuses_for_good_is_dropped_and_counted(receiver: Any, exporter_of: Make) -> None:
    recorder = Recorder()
    exporter = exporter_of(recorder, receiver.endpoint)
    receiver.status = 400
    spans(recorder, 4)
    exporter.flush()
    assert recorder.dropped.value >= 4
    assert not exporter._pending


def test_a_full_buffer_drops_and_counts() -> None:
    recorder = Recorder(limit=10)
    spans(recorder, 25)
    for _ in range(12):
        recorder.log(LogRecord(1, 9, "INFO", "", "", "", {}))
    assert (len(recorder.spans), len(recorder.logs), recorder.dropped.value) == (10, 10, 17)


def test_undelivered_requests_are_bounded_and_the_oldest_go_first(
    monkeypatch: pytest.MonkeyPatch, exporter_of: Make
) -> None:
    monkeypatch.setattr(export, "PENDING_BYTES", 2_000)
    recorder = Recorder()
    exporter = exporter_of(recorder, NOWHERE)
    for _ in range(30):
        spans(recorder, 5)
        exporter._collect()
    assert sum(len(body) for _, body, _ in exporter._pending) <= 2_000
    kept = sum(items for path, _, items in exporter._pending if path == "/v1/traces")
    assert kept + recorder.dropped.value == pytest.approx(150, abs=30)  # the counter's own points are counted too


def test_the_thread_sends_by_itself_and_the_rest_at_the_end(receiver: Any) -> None:
    recorder = Recorder()
    exporter = Exporter(recorder, Target(receiver.endpoint, {}, interval=0.01))
    exporter.start()
    spans(recorder, 3)
    until = time.monotonic() + 5
    while len(receiver.spans()) < 3 and time.monotonic() < until:
        time.sleep(0.005)
    assert len(receiver.spans()) == 3
    exporter.retarget(Target(receiver.endpoint, {}, interval=60.0))
    time.sleep(0.02)
    spans(recorder, 4)
    exporter.close()
    assert len(receiver.spans()) == 7
    assert not exporter._thread.is_alive()


def test_the_end_does_not_wait_for_a_receiver_that_is_away(exporter_of: Make) -> None:
    recorder = Recorder()
    exporter = exporter_of(recorder, NOWHERE)
    exporter.start()
    spans(recorder, 3)
    exporter.close()
    assert not exporter._thread.is_alive()
