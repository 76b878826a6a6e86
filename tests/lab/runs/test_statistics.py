"""Intervals, paired tests and power against values from the literature and from other programs."""

from __future__ import annotations

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.errors import UsageError
from telic.lab.runs.intervals import balanced, clopper_pearson, effective, rate, upper_bound, wilson
from telic.lab.runs.paired import bootstrap, mcnemar
from telic.lab.runs.power import episodes_needed, power_of, smallest_difference


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_as_published(hits: int, trials: int, low: float, high: float) -> None:
    """R. G. Newcombe, Statistics in Medicine 17, 1998, 857-872, table I, method 3."""
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(81, 263, 0.2527, 0.3676), (15, 148, 0.0578, 0.1617), (0, 20, 0.0, 0.1684), (1, 29, 0.0009, 0.1776)],
)
def test_clopper_pearson_as_published(hits: int, trials: int, low: float, high: float) -> None:
    """The same table, method 5."""
    assert clopper_pearson(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_no_failure_in_n_trials_bounds_the_rate_by_three_over_n() -> None:
    assert upper_bound(0, 100) == pytest.approx(1 - 0.05 ** (1 / 100))
    assert upper_bound(3, 3) == 1.0
    assert upper_bound(0, 0) == 1.0


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 40).flatmap(lambda trials: st.tuples(st.integers(0, trials), st.just(trials))))
def test_intervals_hold_the_share(counts: tuple[int, int]) -> None:
    hits, trials = counts
    for low, high in (wilson(hits, trials), clopper_pearson(hits, trials)):
        assert 0 <= low <= high <= 1
        assert not trials or low - 1e-9 <= hits / trials <= high + 1e-9


def test_counts_that_are_no_share_are_refused() -> None:
    for each in (lambda: wilson(3, 2), lambda: upper_bound(3, 2), lambda: wilson(-1, 2)):
        with pytest.raises(UsageError, match="is no share"):
            each()


def test_episodes_of_one_scenario_count_for_less() -> None:
    alike = [("a", True)] * 5 + [("b", False)] * 5 + [("c", True)] * 5 + [("d", True)] * 5
    apart = [(str(number), hit) for number, (_, hit) in enumerate(alike)]
    one, other = rate(alike), rate(apart)
    assert one.value == other.value == 0.75
    assert one.low < other.low
    assert one.high > other.high
    assert (other.low, other.high) == wilson(15, 20)


def test_all_alike_in_few_scenarios_is_worth_the_number_of_scenarios() -> None:
    always = rate([("a", True)] * 10 + [("b", True)] * 10)
    assert (always.low, always.high) == wilson(2, 2)
    assert rate([]).value is None


@settings(deadline=None)
@given(st.lists(st.lists(st.booleans(), min_size=1, max_size=6), min_size=1, max_size=12))
def test_effective_trials_lie_between_nothing_and_all(clusters: list[list[bool]]) -> None:
    assert 0 < effective(clusters) <= sum(map(len, clusters))


def test_balanced_accuracy_of_a_constant_answer_is_a_half() -> None:
    sick, calm = [(str(each), True) for each in range(20)], [(str(each), False) for each in range(20)]
    found = balanced(rate(sick), rate(calm))
    assert found.value == 0.5
    assert found.low < 0.5 < found.high
    assert balanced(rate(sick), rate([])).value is None


def test_mcnemar_as_published() -> None:
    """A. Agresti, "Categorical Data Analysis": approval 150 to 86; exact p by R's binom.test."""
    assert mcnemar(150, 86) == pytest.approx(3.7e-5, rel=0.05)
    assert mcnemar(10, 0) == pytest.approx(2 / 1024)
    assert mcnemar(5, 9) == mcnemar(9, 5) == pytest.approx(0.42395, abs=1e-5)


def test_the_bootstrap_draws_scenarios_not_episodes() -> None:
    many = {str(each): [float(each % 2)] * 50 for each in range(8)}
    few = {name: values[:1] for name, values in many.items()}
    one, other = bootstrap(many), bootstrap(few)
    assert one is not None
    assert other is not None
    assert (one.low, one.high) == (other.low, other.high)
    assert one.low < 0.5 < one.high
    assert bootstrap({}) is None
    for unknown in ({"a": [0.0], "b": [0.0]}, {"a": [0.0], "b": [1.0]}, {str(each): [1.0] for each in range(9)}):
        told = bootstrap(unknown)
        assert told is not None
        assert (told.low, told.high) == (-inf, inf), "so few, or so alike, say nothing about chance"
    assert bootstrap(many) == bootstrap(dict(reversed(many.items())))


def test_sample_sizes_as_published() -> None:
    """R. J. Connor, Biometrics 43, 1987, table 1 by the same equation; 80 % power at 5 %."""
    assert episodes_needed(0.2, 0.4) == 77
    assert power_of(100, 0.2, 0.4) > power_of(60, 0.2, 0.4)
    assert power_of(100, 0.0, 0.4) <= 0.05
    assert smallest_difference(3, 0.4) is None
    with pytest.raises(UsageError, match="cannot come from"):
        episodes_needed(0.5, 0.4)
