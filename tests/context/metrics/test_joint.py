"""Many metrics of one thing make one surprise."""

from __future__ import annotations

import numpy as np
import pytest

from telic.context.metrics import Joint
from telic.errors import UsageError


def test_breadth_counts_more_than_one_loud_metric() -> None:
    joint = Joint([0, 0, 0, 0, 1, 1, 1, 1])
    strength = joint.strength(np.array([12.0, 0, 0, 0, 3, 3, 3, 3]))
    assert strength.tolist() == [pytest.approx(12), pytest.approx(48)]


def test_metrics_that_always_move_together_are_one() -> None:
    """That all twenty deviate at once is as frequent as that one does, and surprises as much."""
    draw = np.random.default_rng(0)
    common = draw.exponential(size=2000)
    wide, narrow = Joint([0] * 20), Joint([0])
    one = [float(narrow.step(np.array([each]))[0]) for each in common]
    many = [float(wide.step(np.full(20, each))[0]) for each in common]
    assert np.allclose(one[500:], many[500:], atol=0.5)


def test_a_group_without_samples_says_nothing() -> None:
    assert np.isnan(Joint([0, 1]).step(np.array([np.nan, 2.0]))).tolist() == [True, False]


def test_groups_are_numbers_from_zero() -> None:
    with pytest.raises(UsageError):
        Joint([-1, 0])
