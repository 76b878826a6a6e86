"""What a reader is shown of a finding: its course over time, and what happened."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.opportunities.families import Sets, prepared
from tests.opportunities.sample import finding

from telic.opportunities.details import BINS, EVENTS, Details
from telic.opportunities.model import Outcome

HOUR = 3600
EVENTS_OF = prepared([["a", "b"], ["b"], ["a", "b", "c"], ["c"], ["a"] * 50], step=HOUR)
FAMILY = Sets("ngrams", {"a>b": [0, 2], "a": [0, 2, 4]})
ERROR = Outcome("error", np.array([1.0, 0.0, 0.0, math.nan, 1.0]), 1, True, "error")
DETAILS = Details(EVENTS_OF, [ERROR], [FAMILY])


def test_the_course_is_of_members_and_of_all_others() -> None:
    bins = DETAILS.of(finding("a", "a", "error", place=(0, 1))).bins
    assert sum(each.members for each in bins) == 3
    assert sum(each.others for each in bins) == 1  # the KPI is not defined for the other one
    met = [(each.members, each.members_mean, each.others_mean) for each in bins if each.members or each.others]
    assert met[0][1] == 1.0
    assert math.isnan(bins[1].members_mean) == (bins[1].members == 0)


def test_stories_are_of_harmed_members_in_order_with_what_was_left_out() -> None:
    stories = DETAILS.of(finding("a", "a", "error", place=(0, 1), examples=())).stories
    assert [each.group for each in stories] == ["s0", "s4"]
    assert stories[0].events == ("a", "b")
    assert stories[0].seconds == (0.0, HOUR)
    assert (len(stories[1].events), stories[1].more) == (EVENTS, 50 - EVENTS)


def test_examples_that_were_chosen_are_told() -> None:
    chosen = finding("a", "a", "error", place=(0, 1), examples=("s4",))
    assert [each.group for each in DETAILS.of(chosen).stories] == ["s4"]


def test_a_finding_without_a_place_has_no_details() -> None:
    assert DETAILS.of(finding("a", "a", "error")).bins == ()


def test_less_is_worse_where_the_kpi_says_so() -> None:
    turned = replace(ERROR, harm=-1)
    stories = Details(EVENTS_OF, [turned], [FAMILY]).of(finding("a", "a", "error", place=(0, 1), examples=())).stories
    assert [each.group for each in stories] == ["s2"]


@settings(max_examples=30)
@given(some.lists(some.integers(0, 10**10), min_size=1, max_size=30), some.sampled_from([1, 10**3, 10**9]))
def test_any_times_fit_the_calendar(times: list[int], unit: int) -> None:
    at = np.array(sorted(times), dtype=np.int64) * unit
    made = replace(prepared([["a"]] * len(times)), at=at)
    values = np.ones(len(times))
    course = Details(made, [], []).course(np.array([0], dtype=np.int32), Outcome("x", values, 1, True, ""))
    assert len(course) <= BINS + 1
    if course:
        assert sum(each.members + each.others for each in course) == len(times)
        assert course[0].at <= at[0] / 1e9 + 1e-3
        gaps = np.diff([each.at for each in course])
        assert gaps == pytest.approx(gaps[0])
