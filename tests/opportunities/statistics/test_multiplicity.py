"""Corrections agree with statsmodels and with a simulation."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from statsmodels.stats.multitest import multipletests

from telic.opportunities.statistics.multiplicity import benjamini_hochberg, template_weights, westfall_young


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1)))
def test_benjamini_hochberg_is_that_of_statsmodels(p: np.ndarray) -> None:
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1], atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(arrays.arrays(np.float64, st.integers(1, 20), elements=st.floats(0, 1)), st.integers(0, 30))
def test_tests_that_are_not_listed_count_as_if_their_p_were_1(p: np.ndarray, others: int) -> None:
    listed = benjamini_hochberg(np.r_[p, np.ones(others)])[: len(p)]
    np.testing.assert_allclose(benjamini_hochberg(p, len(p) + others), listed)


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(st.text(max_size=3), st.integers(0, 1000), min_size=1, max_size=6))
def test_weights_of_all_tests_have_mean_1(tests: dict[str, int]) -> None:
    weights = template_weights(tests)
    total = sum(tests.values())
    if total:
        assert np.isclose(sum(weights[name] * tests[name] for name in weights), total)
        assert min(weights.values()) >= 0.5


def test_westfall_young_counts_the_maximum_over_weaker_hypotheses_alone() -> None:
    permuted = np.random.default_rng(1).normal(size=(999, 3))
    observed = np.array([2.0, 5.0, 0.0])
    p = westfall_young(observed, permuted)
    assert p[1] == 1 / 1000
    assert np.isclose(p[0], ((permuted[:, [0, 2]].max(axis=1) >= 2.0).sum() + 1) / 1000)
    assert np.isclose(p[2], max(p[0], ((permuted[:, 2] >= 0.0).sum() + 1) / 1000))


def test_westfall_young_holds_the_family_wise_level_for_hypotheses_that_depend_on_each_other() -> None:
    random = np.random.default_rng(3)
    mixing = random.normal(size=(12, 3))
    rejected = 0
    for _ in range(150):
        observed, permuted = random.normal(size=3) @ mixing.T, random.normal(size=(199, 3)) @ mixing.T
        rejected += bool(westfall_young(observed, permuted).min() <= 0.1)
    assert 0.03 < rejected / 150 < 0.17
