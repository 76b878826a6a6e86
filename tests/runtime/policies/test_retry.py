"""Retries never exceed their budget and never repeat what must not be repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.runtime.policies.retry import RETRYABLE, Retrier, RetryBudget
from telic.runtime.wiring import RetryPolicy


@given(st.lists(st.booleans(), max_size=300), st.floats(0.01, 1.0), st.floats(1.0, 20.0))
def test_retries_stay_within_the_burst_plus_their_share_of_requests(
    asks: list[bool], ratio: float, burst: float
) -> None:
    budget, requests, retries = RetryBudget(ratio, burst), 0, 0
    for is_request in asks:
        if is_request:
            budget.deposit()
            requests += 1
        else:
            retries += budget.take()
        assert retries <= burst + ratio * requests + 1e-6


def test_a_budget_of_zero_is_no_budget() -> None:
    budget = RetryBudget(0.0, 1.0)
    assert all(budget.take() for _ in range(100))


@given(st.integers(1, 60), st.floats(0, 0.999), st.floats(0.001, 0.5))
def test_backoff_grows_with_full_jitter_and_never_beyond_a_second(attempt: int, chance: float, base: float) -> None:
    jittered = Retrier(RetryPolicy(max=99, backoff=base), lambda: chance).backoff(attempt)
    plain = Retrier(RetryPolicy(max=99, backoff=base, jitter=False), lambda: chance).backoff(attempt)
    assert 0 <= jittered <= plain <= 1.0
    assert plain == min(base * 2 ** min(attempt - 1, 30), 1.0)


@pytest.mark.parametrize("error", ["400", "401", "403", "404", "422", "429", "504", "deadline_exceeded", "cancelled"])
def test_what_a_retry_cannot_mend_is_not_retried(error: str) -> None:
    assert Retrier(RetryPolicy(max=5), lambda: 0.5).again(1, error, safe=True, tried_below=False) is None


@pytest.mark.parametrize("error", sorted(RETRYABLE))
def test_a_passing_failure_is_retried_only_when_that_is_safe(error: str) -> None:
    retrier = Retrier(RetryPolicy(max=1), lambda: 0.5)
    assert retrier.again(1, error, safe=False, tried_below=False) is None
    assert retrier.again(1, error, safe=True, tried_below=False) == pytest.approx(0.005)
    assert retrier.again(2, error, safe=True, tried_below=False) is None


def test_a_budgeted_layer_does_not_repeat_what_a_lower_layer_has_retried() -> None:
    budgeted, unlimited = RetryPolicy(max=3, budget=0.1), RetryPolicy(max=3, budget=0.0)
    assert Retrier(budgeted, lambda: 0.5).again(1, "503", safe=True, tried_below=True) is None
    assert Retrier(unlimited, lambda: 0.5).again(1, "503", safe=True, tried_below=True) is not None


def test_no_policy_is_no_retry() -> None:
    assert Retrier(None, lambda: 0.5).again(1, "503", safe=True, tried_below=False) is None
