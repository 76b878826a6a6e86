"""What is the KPI in other words is no finding."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from tests.opportunities.families import Sets, prepared

from telic.opportunities.judge import Judging, surface
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
