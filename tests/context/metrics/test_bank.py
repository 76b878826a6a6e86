"""What a bank of baselines promises of any series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from telic.context.metrics import FROZEN, Bank, Watch
from telic.errors import UsageError

Floats = NDArray[np.float64]


def noise(seed: int, samples: int, series: int = 1) -> Floats:
    return np.random.default_rng(seed).normal(size=(samples, series))


def daily(samples: int, period: int = 96) -> Floats:
    """A plateau of a third of the period, with a little noise."""
    high = (np.arange(samples) % period) < period // 3
    return np.asarray(20 + 60 * high + np.random.default_rng(3).normal(size=samples))


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10_000), st.integers(-12, 12), st.floats(-1e3, 1e3))
def test_scale_and_shift_change_nothing(seed: int, power: int, shift: float) -> None:
    values = noise(seed, 150)
    factor = 2.0**power  # exact in the arithmetic of the machine
    plain = Bank(1).run(values)
    assert np.allclose(Bank(1).run(factor * values), plain, atol=1e-6)
    # where a border of two parts of the range lies exactly on a value, rounding may put it on either side
    assert np.median(np.abs(Bank(1).run(values + shift) - plain)) < 1e-6


@settings(max_examples=8, deadline=None)
@given(st.floats(-1e12, 1e12, allow_subnormal=False), st.integers(60, 200))
def test_a_constant_series_never_surprises(value: float, samples: int) -> None:
    assert Bank(1).run(np.full((samples, 1), value)).max() < 4.3


def test_a_constant_series_with_gaps_never_surprises() -> None:
    values = np.full((400, 1), 3.3)
    values[100:130] = np.nan
    surprise = Bank(1).run(values)
    assert np.isnan(surprise[100:130]).all()
    assert np.nanmax(surprise) < 4.3


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.integers(100, 160), st.sampled_from([-1.0, 1.0]), st.floats(10, 1e6))
def test_a_step_is_found_at_once(seed: int, at: int, sign: float, size: float) -> None:
    values = noise(seed, at + 5)
    values[at:] += sign * size
    assert Bank(1).run(values)[at : at + 3].max() >= FROZEN.alarm


def test_the_first_value_after_a_flat_line_says_the_most() -> None:
    values = np.full((200, 1), 45.0)
    values[150] = 46.0
    assert Bank(1).run(values)[150, 0] == FROZEN.cap


@pytest.mark.parametrize("period", [24, 96])
def test_a_season_is_found_and_then_no_longer_surprises(period: int) -> None:
    values = daily(8 * period + 256, period)
    bank = Bank(1)
    surprise = bank.run(values[:, None])
    assert bank.period[0] == pytest.approx(period, rel=0.02)
    assert surprise[5 * period + 256 :].max() < FROZEN.alarm


def test_what_the_season_promised_and_did_not_come_surprises() -> None:
    values = daily(12 * 96)
    quiet = slice(10 * 96, 10 * 96 + 32)
    values[quiet] = 20 + 0.1 * (values[quiet] - 80)
    assert Bank(1).run(values[:, None])[quiet].max() >= FROZEN.alarm


def test_a_season_is_found_in_times_however_many_samples_are_missing() -> None:
    values, times = daily(2000), 900.0 * np.arange(2000)
    kept = np.random.default_rng(1).random(2000) < 0.7
    bank = Bank(1)
    bank.run(values[kept][:, None], times[kept])
    assert bank.period[0] == 86_400


def test_noise_has_no_season() -> None:
    bank = Bank(20)
    bank.run(noise(8, 900, 20))
    assert not bank.period.any()


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 1000), st.integers(2, 4))
def test_series_know_nothing_of_one_another(seed: int, series: int) -> None:
    values = noise(seed, 160, series)
    values[100:105, 0] = np.nan
    together = Bank(series).run(values)
    alone = np.column_stack([Bank(1).run(values[:, [each]])[:, 0] for each in range(series)])
    assert np.allclose(together, alone, equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=120))
def test_any_number_is_answered(values: list[float]) -> None:
    with np.errstate(all="raise", under="ignore"):
        surprise = Bank(1).run(np.array(values)[:, None])[:, 0]
    there = np.isfinite(values)
    assert np.isnan(surprise[~there]).all()
    assert ((surprise[there] >= 0) & (surprise[there] <= FROZEN.cap)).all()


def test_an_absurd_value_does_not_blind_for_ever() -> None:
    values = noise(4, 1500)
    values[500] = 1e300
    values[1400] += 25
    surprise = Bank(1).run(values)
    assert surprise[500] == FROZEN.cap
    assert surprise[1400] >= FROZEN.alarm


def test_a_batch_is_its_samples_one_by_one() -> None:
    values, times = noise(9, 400, 3), 60.0 * np.arange(400)
    one, other = Bank(3), Bank(3)
    assert np.array_equal(
        one.run(values, times), np.array([other.step(row, at) for row, at in zip(values, times, strict=True)])
    )


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(UsageError, match="2 series"):
        Bank(2).step([1.0, 2.0, 3.0])
    with pytest.raises(UsageError, match="shape"):
        Bank(2).run(np.zeros((5, 3)))
    with pytest.raises(UsageError, match="times"):
        Bank(2).run(np.zeros((5, 2)), np.arange(4))
    with pytest.raises(UsageError):
        Bank(0)


def test_an_incident_is_told_once_with_its_onset() -> None:
    values = noise(2, 360)
    values[300:, 0] += 12
    watch = Watch(1)
    told = [alarm for at, row in enumerate(values) for alarm in watch.step(row, 10.0 * at) if at >= 290]
    assert len(told) == 1
    assert told[0].earliest <= 3000.0 <= told[0].latest
    assert abs(told[0].level) < 1
    assert told[0].surprise >= FROZEN.alarm
