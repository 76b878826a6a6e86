"""What a season explains, and what it does not."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.worlds.recorded.folders import START

from telic.context.deviation import Deviation
from telic.context.metrics.deviation import metric_deviations
from telic.context.metrics.seasonal import LEAST, usual
from telic.context.metrics.series import Series
from telic.model import Window

MINUTE, DAY = 60.0, 86_400.0
NOISE = 4.0  # the most surprising of some hundred healthy points [nats]
Floats = NDArray[np.float64]


def daily(times: Floats, seed: int = 1) -> Floats:
    """A queue that holds 300 from nine to twelve and 5 otherwise."""
    hour = times % DAY / 3600.0
    noise = np.random.default_rng(seed).normal(0.0, 1.0, len(times))
    return np.where((hour >= 9.0) & (hour < 12.0), 300.0, 5.0) + noise


def compared(values: Floats, times: Floats, window: float) -> list[Deviation]:
    series = Series("queue", "depth", "", "{}", times, values)
    end = float(times[-1]) + MINUTE
    return metric_deviations([series], Window(end - window, end), Window(float(times[0]), end - window))


def minutes(days: float, *, until: float) -> Floats:
    """A point a minute over so many days, until an hour of the last day."""
    midnight = np.ceil(START / DAY) * DAY + DAY * np.ceil(days)
    end = midnight + until * 3600.0
    return np.arange(end - days * DAY, end, MINUTE)


def test_what_comes_every_day_is_no_deviation() -> None:
    times = minutes(3.0, until=10.5)
    assert all(each.surprise < NOISE for each in compared(daily(times), times, 90 * MINUTE))


def test_what_stays_when_it_should_have_gone_is_one() -> None:
    times = minutes(3.0, until=14.0)
    values = daily(times)
    values[-110:] = 300.0  # since ten past twelve
    (found,) = compared(values, times, 3 * 3600.0)
    assert found.onset == pytest.approx(times[-110])
    assert found.before < 10.0
    assert found.now == 300.0


def test_a_trough_that_does_not_come_is_one_though_the_level_is_usual() -> None:
    times = np.arange(0.0, 26 * 3600.0, MINUTE)
    wave = 50.0 + 40.0 * np.sin(2 * np.pi * times / (4 * 3600.0)) + np.random.default_rng(2).normal(0, 1, len(times))
    assert all(each.surprise < NOISE for each in compared(wave, times, 3600.0))
    stuck = np.where(times >= 25 * 3600.0, 90.0, wave)  # a quarter of a period later it would fall
    (found,) = compared(stuck, times, 3600.0)
    assert found.now == 90.0
    assert found.surprise > 2 * NOISE


def test_noise_drift_and_short_baselines_have_no_season() -> None:
    rng, times = np.random.default_rng(3), np.arange(0.0, 12 * 3600.0, MINUTE)
    for values in (rng.normal(0, 1, len(times)), times / 3600.0, np.cumsum(rng.normal(0, 1, len(times))), times * 0):
        assert usual(times, values, times) is None
    assert usual(times[: LEAST - 1], daily(times[: LEAST - 1]), times) is None


def test_gaps_leave_out_what_was_seen_in_one_cycle_alone() -> None:
    times = minutes(4.0, until=0.0)
    there = ~((times % DAY < 6 * 3600.0) & (times < times[-1] - DAY))  # nights are missing but for the last
    known = usual(times[there], daily(times)[there], times)
    assert known is not None
    nights = times % DAY < 5 * 3600.0
    assert np.isnan(known[nights]).all()
    assert np.isfinite(known[~nights & (times % DAY > 7 * 3600.0)]).all()
