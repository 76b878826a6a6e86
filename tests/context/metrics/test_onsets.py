"""Changes of level are found where they are, and none where there is none."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.context.metrics import change_points, locate


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(10, 80), st.sampled_from([-6.0, 6.0]))
def test_a_clear_change_is_located(seed: int, at: int, size: float) -> None:
    values = np.random.default_rng(seed).normal(size=100)
    values[at:] += size
    found = locate(values)
    assert found is not None
    assert abs(found.index - at) <= 2
    assert found.low <= found.index <= found.high
    assert np.sign(found.after - found.before) == np.sign(size)


def test_the_interval_holds_the_place_as_often_as_it_says() -> None:
    inside = 0
    for seed in range(300):
        values = np.random.default_rng(seed).normal(size=100)
        values[60:] += 1.5
        found = locate(values)
        inside += found is not None and found.low <= 60 <= found.high
    assert inside >= 0.94 * 300


def test_noise_changes_rarely() -> None:
    found = [locate(np.random.default_rng(seed).normal(size=96)) for seed in range(300)]
    assert sum(each is not None for each in found) < 0.12 * 300


def test_nothing_is_found_in_nothing() -> None:
    assert locate([]) is None
    assert locate([1.0, 2.0]) is None
    assert locate([5.0] * 50) is None


def test_several_changes_are_found_in_order_and_gaps_keep_places() -> None:
    values = np.random.default_rng(0).normal(size=300)
    values[100:200] += 8
    values[50:60] = np.nan
    assert [abs(found.index - at) <= 1 for found, at in zip(change_points(values), [100, 200], strict=True)] == [
        True,
        True,
    ]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 100), st.floats(-1e3, 1e3))
def test_unit_and_origin_do_not_matter(seed: int, scale: float, shift: float) -> None:
    values = np.random.default_rng(seed).normal(size=60)
    values[30:] += 9
    one, other = locate(values), locate(scale * values + shift)
    assert one is not None
    assert other is not None
    assert (one.index, one.low, one.high) == (other.index, other.low, other.high)
