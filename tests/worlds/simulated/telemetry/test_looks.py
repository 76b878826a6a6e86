"""The operator's poll has the database's answer, whoever gives it."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import pytest
from tests.worlds.simulated.telemetry import content

from telic.model import Row
from telic.model.intent import Objective
from telic.operate.looks import FAILED, ask, failed
from telic.runtime.telemetry.shapes import Kind, SpanShape, Status
from telic.telemetry.poll import read_poll
from telic.worlds.simulated.clock import LoopClock
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.simulated.telemetry import SimulatedRecorder, SimulatedTelemetry

WALL = 1_800_000_000.0
OBJECTIVES = (
    Objective("success", "booking", "success", 0.99, 3600.0, 60.0, "usual"),
    Objective("fast", "booking", "latency", 0.99, 3600.0, 60.0, "usual", below=0.1),
    Objective("usable", "booking", "latency", 0.99, 3600.0, 60.0, "usual", below=1.0),
)
BAD = {"book": frozenset({"not_found"}), "cancel": frozenset({"already_paid", "not_found"})}


class Asked:
    """A store that remembers what was asked."""

    def __init__(self) -> None:
        self.sql = ""

    def query(self, sql: str, params: Sequence[object] = (), *, limit: int = 0, timeout: float = 0.0) -> list[Row]:
        self.sql = sql
        return []


class Traffic:
    """A service's requests, some of them long, late or bad."""

    def __init__(self, loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
        self._rng = random.Random(11)
        self._recorder = SimulatedRecorder(random.Random(2), LoopClock(loop).time_ns)
        self._recorder.metrics.gauge("telic.admission.active", "1", lambda: 1.0)
        self._shapes = [
            SpanShape(
                name,
                kind,
                {"http.response.status_code": status},
                status=Status.ERROR if status == 500 else Status.UNSET,
            )
            for name in ("book", "cancel")
            for kind in (Kind.SERVER, Kind.CLIENT)
            for status in (200, 399, 400, 421, 422, 423, 429, 500, None)
        ]
        self._shapes += [
            SpanShape(name, Kind.SERVER, {"http.response.status_code": 422, "telic.business_error": error})
            for name in ("book", "cancel")
            for error in ("sold_out", "already_paid", "not_found")
        ]
        telemetry.attach("booking-1", content.resource(), self._recorder)

    def go_on(self, count: int) -> None:
        recorder, rng = self._recorder, self._rng
        for _ in range(count):
            end = recorder.now()
            took = rng.choice((0, 1_000_000, 100_000_000, 100_000_001, 999_999_999, 4_999_999_999, 5_500_000_000))
            recorder.span(rng.choice(self._shapes), recorder.trace_id(), recorder.span_id(), "", end - took, end)


@pytest.fixture
def database_only(loop: VirtualLoop, monkeypatch: pytest.MonkeyPatch) -> Iterator[SimulatedTelemetry]:
    made = SimulatedTelemetry(loop, seed=7)
    monkeypatch.setattr(made, "poll", lambda sql, params: None)
    yield made
    made.close()


def test_the_operators_poll_is_known() -> None:
    asked = Asked()
    ask(asked, "booking", OBJECTIVES, WALL)
    poll = read_poll(asked.sql)
    assert poll is not None
    columns = {each.name: each for each in poll.columns}
    assert poll.cell_ns == 500_000_000
    assert [columns[f"bad_{index}"].slower for index in (1, 2)] == [100_000_000, 1_000_000_000]
    bad = columns["bad_0"]
    assert [each for each in (200, 399, 400, 421, 422, 423, 599, None) if bad.fits("unset", each)] == [
        *(400, 421, 423, 599)
    ]
    assert bad.fits("error", None)


def test_the_operators_poll_is_known_with_errors_that_an_intent_declares_bad() -> None:
    asked = Asked()
    ask(asked, "booking", OBJECTIVES, WALL, failed(BAD))
    poll = read_poll(asked.sql)
    assert poll is not None
    bad = next(each for each in poll.columns if each.name == "bad_0")
    said = ("book sold_out", "book not_found", "cancel already_paid", "book already_paid")
    assert [each for each in said if bad.fits("unset", 422, each)] == ["book not_found", "cancel already_paid"]
    assert not bad.fits("unset", 200, "book not_found")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("kind = 'server'", "kind = 'client'"),
        ("http_status >= 423", "http_status >= coalesce(423)"),
        ("http_status >= 423", "peer >= 'a'"),
        ("GROUP BY cell, name", "GROUP BY name, cell"),
        ("service = ?", "service <> ?"),
    ],
)
def test_another_question_is_for_the_database(old: str, new: str) -> None:
    asked = Asked()
    ask(asked, "booking", OBJECTIVES, WALL)
    assert old in asked.sql
    assert read_poll(asked.sql.replace(old, new)) is None


@pytest.mark.parametrize("bad", [FAILED, failed(BAD)], ids=["statuses", "declared errors too"])
@pytest.mark.parametrize("objectives", [OBJECTIVES, OBJECTIVES[:1], ()], ids=["three", "one", "none"])
def test_counts_are_those_of_the_database(
    loop: VirtualLoop,
    telemetry: SimulatedTelemetry,
    database_only: SimulatedTelemetry,
    objectives: Sequence[Objective],
    bad: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    traffic = [Traffic(loop, each) for each in (telemetry, database_only)]
    counted = 0
    poll = telemetry.poll

    def watched(sql: str, params: Sequence[int]) -> list[Row] | None:
        nonlocal counted
        found = poll(sql, params)
        counted += found is not None
        return found

    monkeypatch.setattr(telemetry, "poll", watched)
    for step in range(16):
        loop.run_until(step * 0.7)
        for each in traffic:
            each.go_on(20)
        for back in (0.5, 6.0):
            since = WALL + loop.time() - back
            mine, theirs = (ask(each.store(), "booking", objectives, since, bad) for each in (telemetry, database_only))
            assert mine == theirs, (step, back)
    assert counted > 20  # most of them without the database


def test_nothing_measured_is_zero(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    for _ in range(2):
        loop.run_until(loop.time() + 10.0)
        assert ask(telemetry.store(), "booking", OBJECTIVES, WALL + loop.time() - 6.0) == ({}, 0.0)


def test_another_service_has_counts_of_its_own(loop: VirtualLoop, telemetry: SimulatedTelemetry) -> None:
    traffic = Traffic(loop, telemetry)
    for step in range(1, 8):
        loop.run_until(step * 1.0)
        traffic.go_on(5)
        since = WALL + loop.time() - 3.0
        assert ask(telemetry.store(), "search", OBJECTIVES, since)[0] == {}
        if step > 2:
            assert ask(telemetry.store(), "booking", OBJECTIVES, since)[0]
