"""A model's store: the operator's poll has the tables' answer, and rows do not depend on when somebody asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("numba", reason="needs the extra model")

from tests.worlds.queueing.systems import probe, wired

from telic.model import Row
from telic.model.intent import Objective
from telic.operate.looks import ask
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.store import ModelStore
from telic.worlds.queueing.telemetry import START

pytestmark = pytest.mark.timeout(900)  # the first of all compiles, which a busy machine takes minutes for

SERVICES = ("gateway", "search", "rate")
OBJECTIVES = (
    Objective("success", "gateway", "success", 0.99, 3600.0, 60.0, "usual"),
    Objective("fast", "gateway", "latency", 0.99, 3600.0, 60.0, "usual", below=0.1),
    Objective("usable", "gateway", "latency", 0.99, 3600.0, 60.0, "usual", below=1.0),
)


class Model:
    """A run that goes on as its clock is set, is ill from second 4 to 9, and its store."""

    def __init__(self) -> None:
        self.run = Run(probe(wired()), 60, seed=3, spans=200_000, sampled=1.0)
        self.run.load(150.0)
        self.time = 0.0
        self.store = ModelStore(self.run, lambda: self.run.until(self.time))

    def go_on(self, time: float) -> None:
        for at, share, errors in ((4.0, 0.25, 0.2), (9.0, 1.0, 0.0)):
            if self.time < at <= time:
                self.run.until(at)
                self.run.capacity("rate", share)
                self.run.errors("rate", errors)
        self.time = time


@pytest.fixture
def models() -> Iterator[list[Model]]:
    made = [Model(), Model()]
    yield made
    for each in made:
        each.store.close()


def test_counts_are_those_of_the_tables(models: list[Model], monkeypatch: pytest.MonkeyPatch) -> None:
    quick, slow = models
    monkeypatch.setattr(slow.store._looks, "answer", lambda *asked: None)
    monkeypatch.setattr(quick.store, "_settle", lambda: pytest.fail("the tables were asked"))
    seen = 0
    for step in range(1, 40):
        for each in models:
            each.go_on(step * 0.37)
        for service in SERVICES:
            for back in (0.5, 6.0):
                since = START + step * 0.37 - back
                objectives = OBJECTIVES[: 1 + step % 3]
                mine, theirs = (ask(each.store, service, objectives, since) for each in models)
                assert mine == theirs, (step, service, back)
                seen += sum(count.bad["success"] for count in mine[0].values())
    assert seen > 100  # what is bad was there to be counted


def test_nothing_has_arrived_at_first(models: list[Model]) -> None:
    assert ask(models[0].store, "gateway", OBJECTIVES, START - 6.0) == ({}, 0.0)


def test_a_service_that_is_none_is_for_the_tables(models: list[Model]) -> None:
    models[0].go_on(5.0)
    cells, newest = ask(models[0].store, "nobody", OBJECTIVES, START)
    assert cells == {}
    assert newest == START + 4.0


def test_rows_do_not_depend_on_when_somebody_asked(models: list[Model]) -> None:
    often, once = models
    for step in range(1, 30):
        often.go_on(step * 0.41)
        rows(often, "spans") if step % 3 else ask(often.store, "gateway", OBJECTIVES, START)
    once.go_on(4.0)
    once.go_on(often.time)
    assert rows(often, "spans") == rows(once, "spans")
    assert rows(often, "metrics") == rows(once, "metrics")


def rows(model: Model, table: str) -> list[Row]:
    return model.store.query(f"SELECT * FROM {table} WHERE received_ns <= epoch_ns(now())", limit=200_000)
