"""Refusals that cease: what is noticed, what is not, and when the check is there again."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator

import pytest

from telic.model import Symptom
from telic.model.intent import Objective
from telic.operate.declines import DeclineMonitor
from telic.operate.looks import CELL, Count, Look
from telic.operate.monitors import Monitors
from telic.operate.words import noticed

START = 10_000.0
Share = Callable[[float], float]  # of uploads that are declined, at a time since the start [s]


def looks(seconds: float, declined: Share, *, rate: Share = lambda time: 6.0, seed: int = 1) -> Iterator[Look]:
    """Uploads as the store tells them, each half second known when the next has ended."""
    rng = random.Random(seed)
    known: dict[tuple[int, str], Count] = {}
    for step in range(int(seconds / CELL)):
        time = step * CELL
        total = sum(rng.random() < rate(time) * CELL / 20 for _ in range(20))
        refused = sum(rng.random() < declined(time) for _ in range(total))
        known[int((START + time) / CELL), "upload"] = Count(total, {}, 0, refused)
        recent = {key: cell for key, cell in known.items() if key[0] * CELL > START + time - 6.0}
        yield Look(START + time + 1.0, recent, START + time + CELL)


def watched(stream: Iterator[Look]) -> tuple[DeclineMonitor, list[Symptom]]:
    monitor, found = DeclineMonitor("gateway"), list[Symptom]()
    for look in stream:
        found += monitor.step(look, frozen=bool(found))
    return monitor, found


@pytest.mark.parametrize("seed", range(5))
def test_a_check_that_is_gone_is_noticed_and_when_it_went(seed: int) -> None:
    _, found = watched(looks(60.0, lambda time: 0.4 if time < 30.0 else 0.0, seed=seed))
    first = found[0]
    assert (first.objective, first.signal, first.operation) == ("declines", "answers", "upload")
    assert START + 25.0 < first.onset <= START + 30.0 + CELL
    assert first.detected < START + 30.0 + 25.0
    assert noticed(first) == f"nobody is refused any more: {first.bad} of {first.total} upload should have been"


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    ("declined", "rate"),
    [
        (lambda time: 0.4, lambda time: 6.0),
        (lambda time: 0.4 if time < 60.0 else 0.25, lambda time: 6.0),
        (lambda time: 0.4, lambda time: 6.0 if time < 60.0 else 0.0),
        (lambda time: 0.02 if time < 60.0 else 0.0, lambda time: 6.0),
        (lambda time: 0.4 if not 60.0 < time < 64.0 else 0.0, lambda time: 6.0),
        (lambda time: 0.0, lambda time: 6.0),
    ],
    ids=["as ever", "people ask better", "nobody asks", "hardly any before", "for a moment", "never any"],
)
def test_what_is_usual_alarms_nobody(declined: Share, rate: Share, seed: int) -> None:
    assert watched(looks(120.0, declined, rate=rate, seed=seed))[1] == []


def test_it_is_well_when_some_are_declined_again() -> None:
    monitor, found = watched(looks(90.0, lambda time: 0.0 if 30.0 < time < 70.0 else 0.4))
    assert found
    assert not monitor.well("upload", START + 90.0)
    assert monitor.well("upload", START + 71.0)
    assert max(each.detected for each in found) < START + 70.0 + 6.0


def test_monitors_tell_it_and_know_when_it_is_over() -> None:
    monitors = Monitors((Objective("O1", "gateway", "success", 0.99, 60.0, 60.0, "W1"),), "gateway")
    readings = [monitors.step(each) for each in looks(60.0, lambda time: 0.4 if time < 30.0 else 0.0)]
    symptom = next(each.symptoms[0] for each in readings if each.symptoms)
    assert not monitors.answers_well(symptom, START + 31.0)
    assert monitors.answers_well(symptom, START)
