"""Harm reads the same whichever side of a KPI is rare, and whichever way it harms."""

from __future__ import annotations

import numpy as np
import pytest
from tests.opportunities.families import Sets, prepared

from telic.opportunities.judge import surface
from telic.opportunities.judging import Judging
from telic.opportunities.model import Outcome

SIZE, MEMBERS = 4000, 600
WORSE = {"rare": (0.30, 0.06), "common": (0.94, 0.70)}  # share harmed, of members and of others


@pytest.mark.parametrize("harm", [1, -1])
@pytest.mark.parametrize("harmed", ["rare", "common"])
def test_a_ratio_is_of_harm_and_a_difference_of_the_kpi(harmed: str, harm: int) -> None:
    draw, shares = np.random.default_rng(3), WORSE[harmed]
    inside = np.zeros(SIZE, dtype=bool)
    inside[draw.permutation(SIZE)[:MEMBERS]] = True
    risk = np.where(inside, *shares)
    worse = draw.random(SIZE) < risk
    values = (worse if harm > 0 else ~worse).astype(np.float64)
    events = prepared([["a", "b"]] * SIZE, step=3600)
    outcome = Outcome("kpi", values, harm, True, "kpi")
    family = Sets("ngrams", {"a>b": np.flatnonzero(inside).tolist()})
    settings = Judging(least_ratio=1.1, permutations=0, experts="paper_cohort")
    (found,) = surface(events, [outcome], [family], settings).findings
    ratio = worse[inside].mean() / worse[~inside].mean()
    assert found.crude.ratio == pytest.approx(ratio)
    assert found.crude.difference == pytest.approx(values[inside].mean() - values[~inside].mean())
    assert found.adjusted.ratio == pytest.approx(ratio, rel=0.15)
    assert np.sign(found.adjusted.difference) == harm
    assert found.adjusted.low > 1
    assert found.bound > 0
    assert all(worse[int(name.removeprefix("s"))] for name in found.examples)
