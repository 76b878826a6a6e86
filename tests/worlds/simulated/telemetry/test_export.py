"""When what an instance recorded can be seen, and what is lost with it."""

from __future__ import annotations

import logging
import random

import pytest
from tests.worlds.simulated.telemetry import content

from telic.model.topology import Scalar
from telic.runtime.telemetry.shapes import Kind, SpanShape
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.telemetry import SimulatedRecorder, SimulatedTelemetry, instance_log

SHAPE = SpanShape("book", Kind.SERVER, {})


def recorder_on(loop: VirtualLoop, seed: int = 1, limit: int = 1000) -> SimulatedRecorder:
    return SimulatedRecorder(random.Random(seed), LoopClock(loop).time_ns, limit=limit)


def record(recorder: SimulatedRecorder) -> None:
    now = recorder.now()
    recorder.span(SHAPE, recorder.trace_id(), recorder.span_id(), "", now - 1000, now)


def count(telemetry: SimulatedTelemetry, where: str = "true", *params: Scalar) -> int:
    ((found,),) = [row.values() for row in telemetry.store().query(f"SELECT count(*) FROM spans WHERE {where}", params)]
    return int(str(found))


def test_a_span_is_seen_between_two_tenths_and_seven_after_it_ended(
    loop: VirtualLoop, telemetry: SimulatedTelemetry
) -> None:
    recorder = recorder_on(loop)
    telemetry.attach("booking-1", content.resource(), recorder)
    loop.run_until(10.0)
    record(recorder)
    seen = 0.0
    for step in range(1, 80):
        loop.run_until(10.0 + step * 0.01)
        if not seen and count(telemetry):
            seen = loop.time() - 10.0
    assert 0.2 <= seen <= 0.71
    ((received,),) = [row.values() for row in telemetry.store().query("SELECT received_ns FROM spans")]
    assert int(str(received)) == pytest.approx((1_800_000_010 + seen - 0.2) * 1e9, abs=0.011e9)


def test_instances_export_at_moments_of_their_own_which_the_seed_decides(loop: VirtualLoop) -> None:
    def moments(seed: int) -> list[object]:
        with_seed = SimulatedTelemetry(loop, seed)
        begun = loop.time()
        for number in range(6):
            recorder = recorder_on(loop, number)
            telemetry_of = {**content.resource(), "service.instance.id": f"booking-{number}"}
            with_seed.attach(f"booking-{number}", telemetry_of, recorder)
            record(recorder)
        loop.run_until(begun + 1.0)
        sql = "SELECT received_ns - ? AS at FROM spans ORDER BY instance"
        found = [row["at"] for row in with_seed.store().query(sql, (round((begun + 1_800_000_000) * 1e9),))]
        with_seed.close()
        return found

    first, again, other = moments(3), moments(3), moments(4)
    assert first == pytest.approx(again, abs=10)
    assert first != pytest.approx(other, abs=10)
    assert len({round(int(str(each)), -6) for each in first}) == 6


def test_the_killed_lose_what_they_had_not_sent_the_terminated_do_not(
    loop: VirtualLoop, telemetry: SimulatedTelemetry
) -> None:
    killed, ended = recorder_on(loop, 1), recorder_on(loop, 2)
    exports = [
        telemetry.attach(f"{name}-1", content.resource(name), each) for name, each in (("a", killed), ("b", ended))
    ]
    loop.run_until(4.99)
    record(killed)
    record(ended)
    exports[0].kill()
    exports[1].close()
    record(ended)
    loop.run_until(9.0)
    assert (count(telemetry, "service = 'a'"), count(telemetry, "service = 'b'")) == (0, 1)


def test_a_stopped_instance_sends_when_it_goes_on(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    recorder = recorder_on(loop)
    exporter = telemetry.attach("booking-1", content.resource(), recorder)
    loop.run_until(1.0)
    exporter.pause()
    record(recorder)
    loop.run_until(6.0)
    assert count(telemetry) == 0
    exporter.resume()
    loop.run_until(6.21)
    assert count(telemetry) == 1
    exporter.kill()
    exporter.resume()
    record(recorder)
    loop.run_until(9.0)
    assert count(telemetry) == 1


def test_another_version_is_told_from_then_on(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    recorder = recorder_on(loop)
    exporter = telemetry.attach("booking-1", content.resource(), recorder)
    for version, revision in (("2", 3), ("2", 4)):
        record(recorder)
        loop.run_until(loop.time() + 1.0)
        exporter.retarget(content.resource(version=version, revision=revision))
    record(recorder)
    loop.run_until(loop.time() + 1.0)
    sql = """SELECT version, (attributes ->> '$.resource."telic.config.revision"')::INT AS revision
             FROM spans ORDER BY start_ns"""
    assert [tuple(row.values()) for row in telemetry.store().query(sql)] == [("1", 3), ("2", 3), ("2", 4)]


def test_what_is_too_much_is_dropped_and_counted(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    recorder = recorder_on(loop, limit=5)
    telemetry.attach("booking-1", content.resource(), recorder)
    for _ in range(9):
        record(recorder)
    loop.run_until(1.0)
    record(recorder)
    loop.run_until(2.0)
    assert count(telemetry) == 6
    dropped = telemetry.store().query("SELECT value FROM metrics WHERE name = 'telic.telemetry.dropped'")
    assert [row["value"] for row in dropped] == [4.0]


def test_a_recorder_that_is_off_sends_nothing(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    recorder = recorder_on(loop)
    recorder.metrics.gauge("telic.admission.active", "1", lambda: 1.0)
    telemetry.attach("booking-1", content.resource(), recorder)
    recorder.enabled = False
    loop.run_until(3.0)
    assert telemetry.store().query("SELECT * FROM metrics") == []
    recorder.enabled = True
    loop.run_until(4.0)
    sql = "SELECT min(start_ns) / 1e9 - 1.8e9 AS since FROM metrics"
    assert float(str(telemetry.store().query(sql)[0]["since"])) > 2.4


def test_a_log_line_stays_with_its_instance_and_has_virtual_time(
    loop: VirtualLoop, telemetry: SimulatedTelemetry, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("booking", "search")
    for seed, name in enumerate(names):
        recorder = recorder_on(loop, seed)
        telemetry.attach(f"{name}-1", content.resource(name), recorder)
        loop.run_until(7.0 + seed)
        instance_log(name, recorder).warning("%s is slow", name)
    loop.run_until(9.0)
    found = telemetry.store().query("SELECT service, body, severity, time_ns / 1e9 AS time FROM logs ORDER BY service")
    assert [tuple(row.values()) for row in found] == [
        ("booking", "booking is slow", "WARN", pytest.approx(1_800_000_007.0, abs=1e-5)),
        ("search", "search is slow", "WARN", pytest.approx(1_800_000_008.0, abs=1e-5)),
    ]
    assert not caplog.records
    assert not any(name in logging.Logger.manager.loggerDict for name in names)


def test_ids_are_the_seeds_and_unique(loop: VirtualLoop) -> None:
    one, again, other = recorder_on(loop, 1), recorder_on(loop, 1), recorder_on(loop, 2)
    ids = [one.span_id() for _ in range(1000)]
    assert ids == [again.span_id() for _ in range(1000)]
    assert len({*ids, *(other.span_id() for _ in range(1000))}) == 2000
    assert {len(each) for each in ids} == {16}
    assert len(one.trace_id()) == 32
