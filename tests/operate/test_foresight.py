"""What grows is told before users are harmed; steps, waves, bursts and callers that only wait are not."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping, Sequence

import pytest

from telic.errors import StoreFailed
from telic.model import Row, Scalar
from telic.operate.foresight import Foresight, Growth, deepest

START = 1_800_000_000.0
Slower = Callable[[float], float]  # how much longer than usual something takes at a time since START [s]


class Telemetry:
    """A store in which each place takes what a function of time says, 10 ms usually, five times a second."""

    def __init__(self, places: Mapping[str, Slower], seed: int = 1) -> None:
        self._places, self._rng = places, random.Random(seed)
        self.away = False

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        if self.away:
            raise StoreFailed("nobody answers", hint="wait")
        _, start, end = (float(str(each)) / 1e9 for each in params)
        return [
            {
                "place": place,
                "operation": "get",
                "start": at,
                "count": 5,
                "p50": 0.01 * self._rng.uniform(0.9, 1.1) + slower(at - START),
            }
            for place, slower in self._places.items()
            for at in (start + step for step in range(round(end - start)))
        ]


def told(telemetry: Telemetry, seconds: int = 90) -> list[tuple[float, str]]:
    foresight = Foresight(telemetry)
    found = []
    for half in range(2 * seconds):
        now = START + half / 2
        found += [(each.time - START, each.place) for each in foresight.look(now)]
    return found


def usual(time: float) -> float:
    return 0.0


def ramp(time: float) -> float:
    return max(0.0, 0.002 * (time - 40.0))


@pytest.mark.parametrize("seed", range(5))
def test_what_grows_is_told_once_within_seconds(seed: int) -> None:
    ((time, place),) = told(Telemetry({"user": usual, "booking->user": ramp}, seed))
    assert place == "booking->user"
    assert 45.0 <= time <= 58.0


def test_a_place_that_grows_again_is_told_again() -> None:
    twice = {"user": lambda time: ramp(time) if time < 60 else ramp(time - 100) if time < 160 else 0.0}
    first, second = (time for time, _ in told(Telemetry(twice), 200))
    assert 45.0 <= first <= 58.0
    assert 145.0 <= second <= 158.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize(
    "slower",
    [
        usual,
        lambda time: 0.1 if time >= 40 else 0.0,  # at once
        lambda time: 0.1 if 40 <= time < 43 else 0.0,  # a burst
        lambda time: 0.004 * (1 + math.sin(time / 5)),  # waves, less than is worth a word
    ],
)
def test_nothing_else_is_told(slower: Slower, seed: int) -> None:
    assert told(Telemetry({"user": slower}, seed)) == []


def test_callers_that_wait_for_a_growing_place_are_left_out() -> None:
    places = ("gateway", "gateway->booking", "booking", "booking->user", "user", "user->postgres")
    assert [place for _, place in told(Telemetry(dict.fromkeys(places, ramp)))] == ["user->postgres"]


def test_callers_that_wait_alike_for_one_store_name_the_store() -> None:
    places = ("user", "user->postgres", "hotel", "hotel->postgres")
    assert [place for _, place in told(Telemetry(dict.fromkeys(places, ramp)))] == ["postgres"]


def test_a_caller_is_not_told_while_a_deeper_place_seems_to_grow() -> None:
    waiting, deeper = Growth("gateway->booking", 0.0, 0.01, 0.03), Growth("booking->user", 0.0, 0.01, 0.018, sure=False)
    assert deepest([waiting, deeper]) == []
    assert deepest([waiting]) == [waiting]


def test_a_store_that_is_away_hides_growth_and_ends_nothing() -> None:
    telemetry = Telemetry({"user": ramp})
    foresight = Foresight(telemetry)
    found: list[Growth] = []
    for second in range(90):
        telemetry.away = 44 <= second < 60
        looked = foresight.look(START + second)
        assert not (telemetry.away and looked)
        found += looked
    assert [each.place for each in found] == ["user"]
    assert found[0].time <= START + 61.0, "the seconds that were missed are asked for again"


def test_what_was_before_the_system_was_started_is_not_usual_for_it() -> None:
    telemetry = Telemetry({"user": ramp})
    assert Foresight(telemetry).look(START + 54.0)
    assert not Foresight(telemetry, began=START + 45.0).look(START + 54.0)


def test_what_was_before_an_incident_is_not_what_is_usual() -> None:
    foresight = Foresight(Telemetry({"user": lambda time: 0.0 if time < 60 else ramp(time)}))
    for second in range(60):
        foresight.look(START + second)
    foresight.forget()
    assert not [each for second in range(60, 90) for each in foresight.look(START + second)], "slower by far, as before"


def test_what_is_said_names_place_and_times() -> None:
    said = str(Growth("booking->user", 0.0, 0.002, 0.024))
    assert said.startswith("calls booking->user take 24 ms, usually 2 ms")
    assert str(Growth("user", 0.0, 0.002, 0.024)).startswith("requests at user take 24 ms")
