"""What is the KPI in other words is no finding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from tests.opportunities.families import Sets, prepared

from telic.opportunities.judge import surface
from telic.opportunities.judging import Judging
from telic.opportunities.language import kpi
from telic.opportunities.model import Hypothesis, Outcome

SIZE = 3000


@dataclass(frozen=True)
class Lasting(Sets):
    """Groups that last long: from the first of all their events to the last."""

    def hypothesis(self, row: int) -> Hypothesis:
        return replace(super().hypothesis(row), params={"events": (), "longer than": "2m"})


def test_how_long_a_group_lasts_is_no_news_where_the_kpi_is_an_event_that_lengthens_it() -> None:
    draw = np.random.default_rng(5)
    failed = draw.random(SIZE) < 0.2
    events = prepared([["a", "b", *["error"] * bool(each)] for each in failed], step=3600)
    long = np.flatnonzero(failed | (draw.random(SIZE) < 0.2)).tolist()
    family = Lasting("durations", {"any": long})
    settings = Judging(permutations=0, experts="paper_cohort")
    outcome = Outcome("error", failed.astype(np.float64), 1, True, "error", frozenset({"error"}))
    made = surface(events, [outcome], [family], settings)
    assert not made.findings
    assert [each.why for each in made.exclusions if each.what == "hypotheses"] == [
        "made of what error is made of: no news"
    ]
    other = replace(outcome, touches=frozenset())  # a KPI that no event of the group is made of
    assert surface(events, [other], [family], settings).findings


@dataclass(frozen=True)
class Taking(Sets):
    """Groups that take long from one event to another."""

    def hypothesis(self, row: int) -> Hypothesis:
        return replace(super().hypothesis(row), params={"events": ("a", "b"), "longer than": "2m", "in": "between"})


def test_a_time_between_events_that_the_event_of_the_kpi_lies_in_is_no_news() -> None:
    """What takes time itself makes long what it happens in; before or behind it, length may be news."""
    draw = np.random.default_rng(5)
    failed = draw.random(SIZE) < 0.2
    long = np.flatnonzero(failed | (draw.random(SIZE) < 0.2)).tolist()
    settings = Judging(permutations=0, experts="paper_cohort")
    outcome = Outcome("error", failed.astype(np.float64), 1, True, "error", frozenset({"error"}))
    family = Taking("durations", {"any": long})
    for inside in (True, False):
        events = prepared(
            [["a", *["error"] * bool(each and inside), "b", *["error"] * bool(each and not inside)] for each in failed],
            step=3600,
        )
        made = surface(events, [outcome], [family], settings)
        assert bool(made.findings) is not inside
        said = "made of what error is made of: no news"
        assert ([each.why for each in made.exclusions if each.what == "hypotheses"] == [said]) is inside


def test_a_kpi_that_is_a_time_is_not_told_by_times() -> None:
    draw = np.random.default_rng(6)
    slow = draw.random(SIZE) < 0.2
    events = prepared([["a", "b"]] * SIZE, step=3600)
    family = Lasting("durations", {"any": np.flatnonzero(slow | (draw.random(SIZE) < 0.2)).tolist()})
    outcome = Outcome("slow", slow.astype(np.float64), 1, True, "slow: duration of session > 1h", timed=True)
    settings = Judging(permutations=0, experts="paper_cohort")
    assert not surface(events, [outcome], [family], settings).findings
    assert surface(events, [replace(outcome, timed=False)], [family], settings).findings
    assert kpi("slow: duration of session > 1d or session has 'z'", prepared([["a"], ["z"]])).timed
    assert not kpi("bad: session has 'z'", prepared([["a"], ["z"]])).timed


def test_what_harms_only_among_groups_of_equal_length_is_left_out() -> None:
    """Longer groups are harmed less; members are longer, and within a length harmed more."""
    draw = np.random.default_rng(7)
    length = draw.integers(1, 9, 4 * SIZE)
    inside = draw.random(4 * SIZE) < np.where(length > 4, 0.7, 0.05)
    harmed = draw.random(4 * SIZE) < np.where(length > 4, 0.08, 0.5) * np.where(inside, 1.8, 1.0)
    events = prepared([["a"] * int(each) for each in length], step=60)
    family = Sets("ngrams", {"a>b": np.flatnonzero(inside).tolist()})
    outcome = Outcome("failed", harmed.astype(np.float64), 1, True, "failed")
    made = surface(events, [outcome], [family], Judging(permutations=0, experts="paper_cohort"))
    assert not made.findings
    assert "only where groups of equal length are compared" in made.exclusions[-1].why
