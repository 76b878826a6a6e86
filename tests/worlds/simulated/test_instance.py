"""Instances on virtual time: they serve, die, stand still, drain, follow their configuration; runs are repeatable."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.worlds.simulated.two_services import LINK, Pair, record, told

from telic.runtime.server.messages import Request
from telic.worlds.simulated.confined import Left
from telic.worlds.simulated.instance import SimulatedInstance


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    made.loop.run_until(1.0)
    yield made
    made.loop.close()


def logs(pair: Pair, service: str) -> list[str]:
    instance = pair.front if service == "front" else pair.back
    return [each.body for each in instance._pipeline.recorder.logs]


def spans(instance: SimulatedInstance) -> list[tuple[str, str, str]]:
    """Return trace, span and parent of each span but those of jobs."""
    found = instance._pipeline.recorder.spans
    return [each[1:4] for each in found if b"tick" not in each[0].encoded]


def test_a_request_goes_all_the_way_and_takes_cpu_and_travel(pair: Pair) -> None:
    assert pair.front.ready
    assert logs(pair, "front")[0] == "front-1 serves at port 9001"
    before = pair.back.cpu_seconds()
    status, body = pair.answer(pair.ask(0.05))
    assert status == 200
    assert len(str(body["number"])) == 20
    assert 1.0505 < pair.loop.time() < 1.06
    assert 0.0001 < pair.back.cpu_seconds() - before < 0.003
    (client_trace, client, client_parent), (trace, server, parent) = spans(pair.front)
    ((back_trace, _, back_parent),) = spans(pair.back)
    assert (client_trace, client_parent, parent) == (trace, server, "")
    assert (back_trace, back_parent) == (trace, client)


def test_a_killed_callee_resets_what_is_under_way_and_loses_its_telemetry(pair: Pair) -> None:
    asked = pair.ask(0.5)
    pair.loop.run_until(1.2)
    assert pair.back.busy == 1
    pair.back.kill()
    status, body = pair.answer(asked)
    assert (status, body["error"]) == (503, "dependency_failed")
    assert "connection_reset" in str(body["message"])
    assert pair.loop.time() == pytest.approx(1.2, abs=0.01)
    assert told(pair.back)[-1] == "abandon"
    assert pair.answer(pair.ask())[0] == 503
    pair.back = pair.start("back")
    pair.loop.run_until(2.0)
    assert pair.answer(pair.ask())[0] == 200


def test_a_stopped_instance_answers_when_it_goes_on(pair: Pair) -> None:
    under_way = pair.ask(0.1)
    pair.loop.run_until(1.05)
    pair.back.stop()
    assert not pair.back.ready
    waiting = pair.ask()
    ticks = logs(pair, "back").count("tick")
    pair.loop.run_until(1.9)
    assert not under_way.done()
    assert not waiting.done()
    assert logs(pair, "back").count("tick") == ticks
    pair.back.resume()
    assert pair.answer(under_way)[0] == pair.answer(waiting)[0] == 200
    assert pair.loop.time() < 1.95
    assert pair.back.kept_seconds() == pytest.approx(0.85)
    assert told(pair.back)[-2:] == ["pause", "resume"]


def test_a_caller_that_gives_up_cancels_the_work(pair: Pair) -> None:
    asked = pair.ask(5.0)
    pair.loop.run_until(1.5)
    asked.cancel()
    pair.loop.run_until(1.6)
    assert (pair.front.busy, pair.back.busy) == (0, 0)


def test_the_end_in_good_order_finishes_what_is_under_way(pair: Pair) -> None:
    asked = pair.ask(0.8)
    pair.loop.run_until(1.1)
    ending = pair.loop.create_task(pair.back.terminate())
    pair.loop.run_until(1.2)
    assert not pair.back.ready
    assert not ending.done()
    assert pair.answer(asked)[0] == 200
    pair.loop.run_until_complete(ending)
    assert 1.8 < pair.loop.time() < 1.85
    assert told(pair.back)[-1] == "close"
    pair.back.kill()
    assert told(pair.back)[-1] == "close"
    assert pair.answer(pair.ask())[0] == 503


def test_work_that_takes_too_long_does_not_hold_up_the_end(pair: Pair) -> None:
    pair.front._configuration = pair.document("front")
    asked = pair.ask(60.0)
    pair.loop.run_until(1.1)
    pair.front.kill()
    pair.loop.run_until_complete(pair.back.terminate())
    assert pair.loop.time() < 4.5
    assert asked.done()


def test_a_service_that_cannot_be_built_exits_with_its_reason(pair: Pair) -> None:
    pair.back.kill()
    pair.back = pair.start("back", broken=True)
    pair.loop.run_until(2.0)
    assert pair.exits["back"].result() == 1
    (record,) = pair.back._pipeline.recorder.logs
    assert record.body == "back-1 ends: it cannot be built"
    assert record.text == "ERROR"
    assert 'services/back/app.py", line' in str(record.attributes["exception.stacktrace"])
    assert record.time > 1_800_000_000 * 10**9
    assert told(pair.back)[-1] == "close"


def test_a_port_that_is_taken_ends_the_second_instance(pair: Pair) -> None:
    second = pair.start("back")
    pair.loop.run_until(2.0)
    assert pair.exits["back"].result() == 1
    assert not second.ready
    assert pair.answer(pair.ask())[0] == 200


def test_configuration_is_followed_within_a_quarter_of_a_second(pair: Pair) -> None:
    pair.front.configure(pair.document("front", 2, word="new"))
    pair.loop.run_until(1.25)
    assert pair.answer(pair.ask())[1]["word"] == "new"
    assert told(pair.front) == ["revision 1", "revision 2"]
    pair.front.configure(pair.document("front", 3, **{"upstream.back.port": 9}))
    pair.loop.run_until(2.0)
    assert "connection_refused" in str(pair.answer(pair.ask())[1]["message"])
    pair.front.configure(pair.document("front", 4, **{"upstream.back.port": LINK["b"]}))
    pair.loop.run_until(3.0)
    assert pair.answer(pair.ask())[0] == 200


def test_a_configuration_that_cannot_be_applied_ends_the_instance(pair: Pair) -> None:
    pair.front.configure(b'{"system": "pair"}')
    pair.loop.run_until(1.25)
    assert pair.exits["front"].result() == 1
    assert "front-1 ends" in logs(pair, "front")[-1]


def test_a_throttled_instance_is_slow_and_says_so(pair: Pair) -> None:
    pair.back.throttle(0.02)
    asked = [pair.ask() for _ in range(100)]
    pair.loop.run_until(1.9)
    assert sum(each.done() for each in asked) < 60
    assert pair.back.processor.lag() > 0.08
    assert pair.back.kept_seconds() > 0.5


def test_readiness_and_description_are_answered_as_live(pair: Pair, tmp_path: Path) -> None:
    ready = pair.loop.run_until_complete(pair.back.handle(Request("GET", "/-/ready", "", {}, b"")))
    assert ready.status == 200
    assert b'"instance":"back-1"' in ready.body
    missing = pair.loop.run_until_complete(pair.back.handle(Request("GET", "/-/openapi.json", "", {}, b"")))
    assert missing.status == 404
    (tmp_path / "openapi").mkdir()
    (tmp_path / "openapi" / "back.json").write_text("{}")
    described = pair.loop.run_until_complete(pair.back.handle(Request("GET", "/-/openapi.json", "", {}, b"")))
    assert described.body == b"{}"


def test_runs_are_equal_whatever_the_hash_seed_and_differ_by_seed() -> None:
    script = [sys.executable, "-m", "tests.worlds.simulated.two_services", "7"]
    other = subprocess.run(
        script, env={**os.environ, "PYTHONHASHSEED": "2"}, capture_output=True, check=True, text=True
    )
    first = record(7)
    assert first.count("\n") > 800
    assert first == record(7) == other.stdout
    assert record(8) != first


def test_what_was_given_back_counts_no_longer_against_the_limit(pair: Pair) -> None:
    pair.back.hold(80)
    pair.back.limit_memory(50)
    pair.back.hold(40)
    for _ in range(3):
        pair.back.hold(-40)
        pair.back.hold(40)
    assert not pair.exits["back"].done()
    pair.back.hold(-120)
    with pytest.raises(Left):
        pair.back.hold(60)
    assert pair.exits["back"].result() == -9


def test_who_wants_more_memory_than_there_is_stands_still_for_a_while(pair: Pair) -> None:
    pair.back.limit_memory(50, stall=2.0)
    pair.back.hold(60)
    pair.back.hold(-60)
    begun = pair.loop.time()
    status, _ = pair.answer(pair.ask(0.0))
    assert status in (200, 503, 504)
    pair.loop.run_until(begun + 2.1)
    assert pair.answer(pair.ask(0.0))[0] == 200
    assert not pair.exits["back"].done()


def test_a_clock_that_is_wrong_tells_another_time_and_waits_as_long(pair: Pair) -> None:
    before = pair.back.clock.time()
    pair.back.skew(3600.0)
    assert pair.back.clock.time() == before + 3600.0
    assert pair.front.clock.time() == before
    assert pair.answer(pair.ask(0.05))[0] == 200
    assert pair.back.clock.time() < before + 3600.1
    pair.back.skew(0.0)
    assert pair.back.clock.time() == pair.front.clock.time()
