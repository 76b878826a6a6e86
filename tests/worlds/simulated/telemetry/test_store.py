"""Queries of a simulated store: the live rules, the usual questions, what is kept, and one result of one seed."""

from __future__ import annotations

import random

import pytest
from tests.worlds.simulated.telemetry import content

from telic.errors import StoreFailed, UsageError
from telic.model import Store, Window
from telic.operate.diagnosis.collect import ANSWERED, COVERED, EVENTS, HEARD
from telic.operate.diagnosis.onset import cells
from telic.operate.diagnosis.traces import traced
from telic.operate.looks import FAILED
from telic.telemetry import in_process
from telic.telemetry.columns import TABLES
from telic.telemetry.queries import (
    edges,
    errors_in_logs,
    exceptions,
    freshness,
    gauges,
    service_operations,
    statements,
)
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.telemetry import SimulatedRecorder, SimulatedTelemetry

WALL = 1_800_000_000.0


def live_for(
    loop: VirtualLoop, telemetry: SimulatedTelemetry, seconds: float, *, seed: int = 1, rate: int = 20
) -> None:
    """Let one instance record and export for `seconds`."""
    recorder = SimulatedRecorder(random.Random(seed), LoopClock(loop).time_ns)
    content.instruments(recorder, loop.time)
    telemetry.attach("booking-1", content.resource(), recorder)
    made, rng = content.shapes(recorder), random.Random(seed)
    until = loop.time() + seconds
    while loop.time() < until:
        content.spans(recorder, made, rate, rng, at=recorder.now())
        loop.run_until(loop.time() + 1.0)
    content.lines(recorder)
    loop.run_until(until + 1.0)


@pytest.mark.parametrize(
    "sql",
    ["DROP TABLE logs", "DELETE FROM kept.spans", "INSERT INTO logs SELECT * FROM logs", "SELECT 1; SELECT 2", "SELEC"],
)
def test_only_one_select_is_answered(telemetry: SimulatedTelemetry, sql: str) -> None:
    with pytest.raises(UsageError) as raised:
        telemetry.store().query(sql)
    assert raised.value.hint


def test_a_wrong_column_says_where_columns_are_told(telemetry: SimulatedTelemetry) -> None:
    with pytest.raises(UsageError, match="fails") as raised:
        telemetry.store().query("SELECT nothing FROM spans")
    assert "contracts.md" in str(raised.value.hint)


def test_a_limit_cuts(telemetry: SimulatedTelemetry) -> None:
    rows = telemetry.store().query("SELECT range AS n FROM range(100) ORDER BY n", limit=3)
    assert [row["n"] for row in rows] == [0, 1, 2]


def test_an_endless_query_is_ended(telemetry: SimulatedTelemetry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(in_process, "PATIENCE", 1.0)
    with pytest.raises(StoreFailed, match="longer") as raised:
        telemetry.store().query("SELECT count(*) FROM range(1000000000000)", timeout=0.05)
    assert raised.value.hint
    assert telemetry.store().query("SELECT 1 AS one") == [{"one": 1}]


def test_no_time_is_no_answer(telemetry: SimulatedTelemetry) -> None:
    with pytest.raises(StoreFailed):
        telemetry.store().query("SELECT 1", timeout=0.0)


def test_columns_have_the_live_names_and_types(telemetry: SimulatedTelemetry) -> None:
    for table, columns in TABLES.items():
        shown = telemetry.store().query(f"SELECT column_name, column_type FROM (DESCRIBE {table})")
        assert [tuple(row.values()) for row in shown] == list(columns)


def test_the_usual_questions_have_answers(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    live_for(loop, telemetry, 10.0)
    store: Store = telemetry.store()
    window = Window(WALL, WALL + 12.0)
    start, end = round(window.start * 1e9), round(window.end * 1e9)
    (edge,) = [each for each in edges(store, window) if each.callee == "payment"]
    assert edge.caller == "booking"
    assert edge.by_type == {"timeout": edge.errors}
    (statement,) = statements(store, window)
    assert statement.text.startswith('INSERT INTO "hold"')
    assert {each.operation for each in service_operations(store, window)} == {"book"}
    assert {each.type for each in exceptions(store, window)} == {"KeyError", "ValueError"}
    assert [each.body for each in errors_in_logs(store, window)] == ["cannot hold"]
    assert {each.value for each in gauges(store, "telic.event_loop.lag", window)} == {0.0125}
    age = freshness(store)
    assert age is not None
    assert 0.0 <= age <= 1.0  # now() is virtual
    for sql, params in (
        (traced(FAILED), ("booking", start, end, "", "", 10**8, 100, start, end)),
        (cells(FAILED), (10**8, "booking", start, end, "", "")),
        *((each, (start, end)) for each in (COVERED, HEARD, ANSWERED)),
    ):
        assert store.query(sql, params), sql
    assert store.query(EVENTS, (start, end)) == []


def busy_for(loop: VirtualLoop, telemetry: SimulatedTelemetry, minutes: int) -> None:
    """Record 500 spans every five seconds."""
    recorder = SimulatedRecorder(random.Random(1), LoopClock(loop).time_ns)
    shape = content.shapes(recorder)[0]
    telemetry.attach("booking-1", content.resource(), recorder)
    until = loop.time() + minutes * 60.0
    while loop.time() < until:
        for _ in range(500):
            recorder.span(shape, recorder.trace_id(), recorder.span_id(), "", recorder.now(), recorder.now())
        loop.run_until(loop.time() + 5.0)
    telemetry.settle()


def test_the_oldest_minutes_go_first_and_give_their_memory_back(loop: VirtualLoop) -> None:
    telemetry = SimulatedTelemetry(loop, 1, retention_bytes=4_000_000)
    busy_for(loop, telemetry, 3)
    early = telemetry.memory()
    busy_for(loop, telemetry, 7)
    kept = []
    for table in ("spans", "metrics"):
        sql = f"SELECT min(received_ns) / 60e9 AS first, max(received_ns) / 60e9 AS last FROM {table}"
        (row,) = telemetry.store().query(sql)
        first, last = float(str(row["first"])) - 30_000_000, float(str(row["last"])) - 30_000_000
        assert first % 1.0 < 0.1  # whole minutes
        assert last == pytest.approx(10.0, abs=0.1)
        kept.append(int(first))
    assert kept[0] == kept[1] >= 6
    assert telemetry.memory() < 1.5 * early
    telemetry.close()


def test_without_need_nothing_goes(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    busy_for(loop, telemetry, 2)
    assert telemetry.store().query("SELECT count(*) AS spans FROM spans")[0]["spans"] == 24 * 500


def test_one_seed_has_one_result() -> None:
    def digest(seed: int, *, asked: bool) -> str:
        loop = VirtualLoop()
        telemetry = SimulatedTelemetry(loop, seed)
        live_for(loop, telemetry, 5.0, seed=seed)
        if asked:
            telemetry.settle()
        live_for(loop, telemetry, 5.0, seed=seed + 100)
        found = telemetry.digest()
        telemetry.close()
        loop.close()
        return found

    first = digest(3, asked=False)
    assert first == digest(3, asked=True)
    assert first != digest(4, asked=False)
    assert all(part.split(".")[0] != "0" for part in first.split("-"))
