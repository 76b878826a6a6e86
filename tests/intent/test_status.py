"""Status by id: what nobody measured is UNVERIFIED, and the worst word counts."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telic.apps import find
from telic.errors import UsageError
from telic.intent import Count, Standing, judge_objective, judge_tests, overall, read, standings
from telic.intent.parts import cited
from telic.model.intent import Status

HOTEL = read(find("hotel"))
LATENCY, SUCCESS = HOTEL.objectives


@pytest.mark.parametrize(
    ("good", "total", "status"),
    [
        (0, 0, "UNVERIFIED"),
        (99, 99, "UNVERIFIED"),  # 100 requests are the fewest that can keep 99 %
        (100, 100, "FULFILLED"),
        (99, 100, "FULFILLED"),
        (98, 100, "NOT_FULFILLED"),
        (990, 1000, "FULFILLED"),
        (989, 1000, "NOT_FULFILLED"),
        (0, 10, "NOT_FULFILLED"),
        (9, 10, "UNVERIFIED"),  # one bad request is not yet a rate
    ],
)
def test_an_objective_is_judged_by_what_was_counted(good: int, total: int, status: Status) -> None:
    standing = judge_objective(LATENCY, Count(good, total), evidence="run-1")
    assert standing.status == status
    assert standing.evidence == "run-1"
    assert standing.id == "O1"


def test_a_bad_last_stretch_of_a_good_window_is_degraded() -> None:
    standing = judge_objective(LATENCY, Count(99_500, 100_000), recent=Count(60, 100))
    assert standing.status == "DEGRADED"
    assert standing.reason == (
        "lately 60 of 100 requests good; over the whole window 99500 of 100000 requests good, 0.99 asked for"
    )


def test_a_good_last_stretch_does_not_excuse_a_bad_window() -> None:
    assert judge_objective(LATENCY, Count(90, 100), recent=Count(10, 10)).status == "NOT_FULFILLED"


def test_reasons_say_how_many() -> None:
    assert judge_objective(SUCCESS, Count(500, 500)).reason == "500 requests; 1000 are needed to tell"
    assert judge_objective(SUCCESS, Count(990, 1000)).reason == "990 of 1000 requests good, 0.999 asked for"


@given(st.integers(0, 5000), st.integers(0, 5000), st.floats(0.5, 0.9999))
def test_an_objective_is_never_fulfilled_below_its_target(good: int, bad: int, target: float) -> None:
    objective = replace(LATENCY, target=target)
    standing = judge_objective(objective, Count(good, good + bad))
    if standing.status == "FULFILLED":
        assert good / (good + bad) >= target - 1e-8


def test_tests_are_evidence_only_when_they_ran() -> None:
    assert judge_tests("U1", passed=0, failed=0) == Standing("U1", "UNVERIFIED", "no test ran")
    assert judge_tests("U1", passed=1, failed=0, evidence="run-1") == Standing(
        "U1", "FULFILLED", "1 test passed", "run-1"
    )
    assert judge_tests("U1", passed=2, failed=1) == Standing("U1", "NOT_FULFILLED", "1 of 3 tests failed")


def test_every_id_has_a_standing_and_the_worst_word_counts() -> None:
    known = [
        judge_tests("U1", passed=3, failed=0),
        judge_tests("U1", passed=0, failed=1),
        judge_tests("F1", passed=1, failed=0),
    ]
    found = {each.id: each for each in standings(HOTEL, known)}
    assert tuple(found) == cited(HOTEL)
    assert found["U1"].status == "NOT_FULFILLED"
    assert found["F1"].status == "FULFILLED"
    assert found["O1"] == Standing("O1", "UNVERIFIED", "nothing has been measured")
    assert overall(found.values()) == "NOT_FULFILLED"


def test_nothing_measured_is_not_fulfilled() -> None:
    assert overall([]) == "UNVERIFIED"
    assert overall(standings(HOTEL)) == "UNVERIFIED"


def test_a_standing_about_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="no id 'F77' in hotel"):
        standings(HOTEL, [judge_tests("F77", passed=1, failed=0)])
