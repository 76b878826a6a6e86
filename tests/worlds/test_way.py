"""One direction of a link: how late messages are, and spells of weather."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.errors import UsageError
from telic.model.weather import Weather
from telic.worlds.simulated.loop import VirtualLoop
from telic.worlds.way import RETRY, Spells, Way


def test_a_fair_way_is_clear_and_holds_nothing() -> None:
    way = Way(random.Random(1).random)
    assert way.clear
    assert way.hold(1_000_000, 5.0) == 0.0


def test_lost_messages_wait_for_retransmissions_that_double() -> None:
    way = Way(random.Random(1).random)
    way.set(loss=0.3)
    holds = [way.hold(100, 0.0) for _ in range(4000)]
    assert {round(each, 6) for each in holds} <= {0.0, *(round(RETRY * (2**lost - 1), 6) for lost in range(1, 7))}
    assert sum(each > 0 for each in holds) / len(holds) == pytest.approx(0.3, abs=0.03)


def test_a_rate_makes_messages_queue_and_the_queue_drains() -> None:
    way = Way(random.Random(1).random)
    way.set(rate=1000.0)
    assert [way.hold(500, 0.0) for _ in range(3)] == pytest.approx([0.5, 1.0, 1.5])
    assert way.hold(500, 10.0) == pytest.approx(0.5)


@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 100))
def test_jitter_is_around_the_delay_and_never_early(delay: float, jitter: float, seed: int) -> None:
    way = Way(random.Random(seed).random)
    way.set(delay=delay, jitter=jitter)
    for _ in range(20):
        assert max(0.0, delay - jitter) - 1e-9 <= way.hold(100, 0.0) <= delay + jitter + 1e-9


def test_spells_turn_off_and_on_until_they_end() -> None:
    loop = VirtualLoop()
    seen: list[tuple[float, str]] = []
    spells = Spells(
        loop, 2.0, 0.25, lambda: seen.append((loop.time(), "on")), lambda: seen.append((loop.time(), "off"))
    )
    loop.run_until(4.0)
    spells.end()
    loop.run_until(9.0)
    loop.close()
    assert seen == [(0.5, "off"), (2.0, "on"), (2.5, "off"), (4.0, "on")]


@pytest.mark.parametrize(
    "given", [{"delay": -1.0}, {"loss": 1.5}, {"way": "up"}, {"rate": -5.0}, {"silent": -0.1}, {"share": 2.0}]
)
def test_weather_that_cannot_be_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="weather"):
        Weather(**given)  # type: ignore[arg-type]


def test_fair_weather_is_fair() -> None:
    assert Weather().fair
    assert Weather(way="back", every=2.0).fair
    assert not Weather(loss=0.1).fair
