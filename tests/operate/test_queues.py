"""Queues: noticed where work waits without an end, left alone where it is worked off or always was so."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from telic.model import Symptom
from telic.operate.queues import QueueMonitor
from telic.telemetry.queries import QueueStep

START = 1_800_000_000.0
WELL = 40.0  # of time before anything happens [s]


def step(second: float, waiting: float, age: float, *, again: float = 0.0, told: bool = True) -> QueueStep:
    return QueueStep("fanout", "fan_out", START + second, waiting, age, again, told)


def watched(*made: Callable[[float], QueueStep], seconds: float = 40.0, back: int = 8) -> list[list[Symptom]]:
    """Return what a monitor says each second while queues do as `made` says, the second one from `WELL` on."""
    monitor, found, steps = QueueMonitor(), [], list[QueueStep]()
    for second in range(int(WELL + seconds)):
        steps.append(made[0 if second < WELL else -1](float(second)))
        found.append(monitor.step(steps[-back:], START + second + 1.0, frozen=False))
    return found


def idle(second: float) -> QueueStep:
    return step(second, 0.0, 0.0)


def first(found: Sequence[Sequence[Symptom]]) -> tuple[float, Symptom]:
    at, symptoms = next((at, each) for at, each in enumerate(found) if each)
    return at - WELL, symptoms[0]


@pytest.mark.parametrize("pace", [1.0, 0.3, 0.05], ids=["stopped", "starved", "slowly"])
def test_work_that_waits_longer_and_longer_is_noticed(pace: float) -> None:
    found = watched(idle, lambda second: step(second, 5.0 * (second - WELL), pace * (second - WELL)), seconds=300.0)
    after, symptom = first(found)
    assert after * pace <= 8.0 + 3.0 * pace
    assert (symptom.signal, symptom.entity, symptom.operation) == ("queue", "fanout", "fan_out")
    assert abs(symptom.onset - (START + WELL + after * (1.0 - pace))) < 3.0
    assert symptom.bad > 3


def test_a_heap_that_is_worked_off_is_none() -> None:
    def falls(second: float) -> QueueStep:
        left = max(0.0, 1.0 - (second - WELL) / 20.0)
        return step(second, 900.0 * left, 30.0 * left)

    assert not any(watched(idle, falls))


def test_what_always_was_so_is_none() -> None:
    def busy(second: float) -> QueueStep:
        return step(second, 40.0 + second % 7, 1.5 + 0.05 * (second % 7))

    def busier(second: float) -> QueueStep:
        return step(second, 120.0 + second % 7, 4.5 + 0.05 * (second % 7))

    assert not any(watched(busy, busier))


def test_one_message_that_is_tried_again_wakes_nobody() -> None:
    assert not any(watched(idle, lambda second: step(second, 1.0, second - WELL, again=1.0)))


def test_redeliveries_are_noticed_before_anything_is_old() -> None:
    after, symptom = first(watched(idle, lambda second: step(second, 20.0, 1.0, again=8.0)))
    assert after <= 5.0
    assert symptom.onset == START + WELL


def test_redeliveries_that_were_always_there_are_none() -> None:
    monitor, steps = QueueMonitor(), [step(float(second), 20.0, 1.0, again=8.0) for second in range(60)]
    monitor.learn(steps[:30])
    assert not any(monitor.step(steps[at - 8 : at], START + at, frozen=False) for at in range(38, 60))


def test_a_silent_consumer_has_to_be_so_for_longer() -> None:
    def grows(told: bool) -> Callable[[float], QueueStep]:
        return lambda second: step(second, 5.0 * (second - WELL), second - WELL, told=told)

    assert first(watched(idle, grows(False)))[0] > first(watched(idle, grows(True)))[0] + 1.0


def test_readings_that_are_old_or_far_apart_say_nothing() -> None:
    monitor = QueueMonitor()
    grown = [step(second, 5.0 * second, second) for second in (3.0, 4.0, 5.0, 6.0)]
    assert monitor.step(grown, START + 7.0, frozen=False)
    assert not monitor.step([], START + 20.0, frozen=False)
    assert not monitor.well("fanout", START + 7.0)
    assert not monitor.well("nobody", START + 7.0)
    assert not QueueMonitor().step(grown[::3], START + 7.0, frozen=False)
