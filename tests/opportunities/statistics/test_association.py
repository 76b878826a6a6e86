"""Mantel-Haenszel agrees with statsmodels; p-values are right where users repeat and where counts are small."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special
from statsmodels.stats.contingency_tables import StratifiedTable
from tests.opportunities.cases import binary, numeric, prepared

from telic.opportunities.model import Exclusion, Outcome, Prepared
from telic.opportunities.statistics import association, tallying
from telic.opportunities.statistics.design import NTH, design
from telic.opportunities.statistics.screening import study
from telic.opportunities.statistics.study import Study
from telic.opportunities.statistics.tallying import Tallies


def studied(data: Prepared, outcome: Outcome, ratio: float = 1.0, shift: float = 0.1) -> Study:
    made = study(outcome, data, design(data), ratio, shift)
    assert not isinstance(made, Exclusion)
    return made


def tallied(made: Study, *members: np.ndarray) -> Tallies:
    rows = tallying.joined([np.flatnonzero(each).astype(np.int32) for each in members])
    return tallying.tallied(made, rows, tallying.made_of(made, rows))


@pytest.mark.parametrize("view", ["fine", "coarse"])
def test_sums_are_those_of_statsmodels_stratified_tables(view: str) -> None:
    random = np.random.default_rng(2)
    country = random.integers(0, 4, 3000)
    member = random.random(3000) < 0.1 + 0.15 * country
    error = (random.random(3000) < 0.1 + 0.1 * country + 0.1 * member).astype(float)
    data = prepared(3000, lengths=random.integers(1, 9, 3000), attributes={"country": country})
    made = studied(data, binary(error))
    strata = made.strata()
    code = strata.codes if view == "fine" else strata.codes // strata.width
    tables = []
    for stratum in np.unique(code):
        inside = code == stratum
        tables.append([[np.sum(inside & (member == m) & (error == e)) for e in (1, 0)] for m in (True, False)])
    expected = StratifiedTable(np.array(tables, dtype=float).transpose(1, 2, 0))
    tallies = tallied(made, member)
    effect = association.effect(made, tallies, 0, view)
    assert effect.ratio == pytest.approx(expected.riskratio_pooled)
    end = "0" if view == "fine" else "1"
    # Greenland and Robins: the interval of the ratio, before users are looked at
    assert tallies.of(f"log{end}")[0] == pytest.approx(greenland_robins(tables), rel=1e-9)
    # With no least effect the score is that of the Cochran-Mantel-Haenszel test.
    score = (tallies.of(f"r{end}") - tallies.of(f"s{end}"))[0]
    variance = tallies.of(f"inside{end}")[0] + tallies.of(f"outside{end}")[0]
    assert score**2 / variance == pytest.approx(expected.test_null_odds().statistic, rel=0.04)


def greenland_robins(tables: list[list[list[int]]]) -> float:
    top = left = right = 0.0
    for (a, b), (c, d) in tables:
        n1, n0, n = a + b, c + d, a + b + c + d
        top += (n1 * n0 * (a + c) - a * c * n) / n**2
        left += a * n0 / n
        right += c * n1 / n
    return top / (left * right)


def test_a_confounded_association_is_gone_once_adjusted() -> None:
    random = np.random.default_rng(4)
    country = random.integers(0, 3, 9000)
    member = random.random(9000) < np.array([0.02, 0.02, 0.3])[country]
    error = (random.random(9000) < np.array([0.03, 0.03, 0.2])[country]).astype(float)
    made = studied(prepared(9000, attributes={"country": country}), binary(error), ratio=1.2)
    tallies = tallied(made, member)
    assert association.crude(made, tallies, 0).ratio > 2
    assert association.effect(made, tallies, 0, "coarse").ratio == pytest.approx(1.0, abs=0.15)
    assert association.p_values(made, tallies)[0] > 0.5


def test_a_cohort_is_not_adjusted_for_what_it_is_made_of() -> None:
    random = np.random.default_rng(5)
    system, plan = random.integers(0, 4, 6000), random.integers(0, 3, 6000)
    error = (random.random(6000) < np.where(system == 2, 0.2, 0.05)).astype(float)
    made = studied(prepared(6000, attributes={"os": system, "plan": plan}), binary(error), ratio=1.2)
    tallies = tallied(made, system == 2, (system == 2) & (plan == 1), random.random(6000) < 0.1)
    assert tallies.without == (frozenset({0}), frozenset({0, 1}), frozenset())
    assert association.p_values(made, tallies)[0] < 1e-10


def test_who_is_new_is_not_adjusted_for_what_says_so_too() -> None:
    random = np.random.default_rng(7)
    users = np.sort(random.integers(0, 900, 6000)).astype(np.int32)
    random.shuffle(users)
    nth = np.array([np.count_nonzero(users[:at] == user) for at, user in enumerate(users)])
    stage = np.where(nth + random.normal(0, 0.7, 6000) < 1, 0, np.where(nth < 4, 1, 2))
    error = (random.random(6000) < np.where(stage == 0, 0.2, 0.1)).astype(float)
    for name, adjusted in (("lifecycle", False), ("size", True)):
        events = prepared(6000, users=users, attributes={name: stage, "os": random.integers(0, 3, 6000)})
        made = studied(events, binary(error), ratio=1.2)
        tallies = tallied(made, stage == 0, nth == 0, random.random(6000) < 0.1)
        names = [each.name for each in made.design.confounders]
        told = [{names[at] for at in without} for without in tallies.without]
        assert told == [{name} if adjusted else {name, NTH}, {NTH} if adjusted else {name, NTH}, set()]
        assert (association.p_values(made, tallies)[0] < 1e-6) is not adjusted


def test_a_length_that_is_a_result_does_not_hide_a_cohort() -> None:
    random = np.random.default_rng(6)
    member = random.random(8000) < 0.1
    error = random.random(8000) < np.where(member, 0.2, 0.05)
    lengths = np.where(error, 2, random.integers(4, 12, 8000))  # every harmed group ends early
    made = studied(prepared(8000, lengths=lengths), binary(error), ratio=1.2)
    tallies = tallied(made, member)
    assert not tallies.of("fine")[0]
    fine, coarse = (association.effect(made, tallies, 0, view).ratio for view in ("fine", "coarse"))
    assert fine < 0.8 * coarse
    assert association.p_values(made, tallies)[0] < 1e-10


def test_a_pattern_that_long_groups_have_is_compared_among_equally_long_ones() -> None:
    random = np.random.default_rng(7)
    lengths = random.integers(1, 15, 8000)
    member = random.random(8000) < lengths / 20
    error = random.random(8000) < lengths / 50
    made = studied(prepared(8000, lengths=lengths), binary(error), ratio=1.2)
    tallies = tallied(made, member)
    assert tallies.of("fine")[0]
    assert association.effect(made, tallies, 0, "coarse").ratio > 1.25
    assert association.effect(made, tallies, 0, "fine").ratio == pytest.approx(1.0, abs=0.1)
    assert association.p_values(made, tallies)[0] > 0.5


def test_users_with_many_groups_count_once_not_many_times() -> None:
    random = np.random.default_rng(8)
    users = np.repeat(np.arange(150), 40).astype(np.int32)
    low = 0
    for _ in range(40):
        risk, likes = random.beta(0.5, 4.5, 150), random.random(150) < 0.2
        error = random.random(6000) < risk[users]
        member = likes[users] & (random.random(6000) < 0.5)
        made = studied(prepared(6000, users=users), binary(error))
        low += association.p_values(made, tallied(made, member))[0] <= 0.05
    assert low <= 6  # 5 % of 40 is 2; groups taken for independent give about 15


@pytest.mark.parametrize("seen", range(1, 9))
def test_a_few_events_have_the_tail_of_a_poisson_number(seen: int) -> None:
    size = 40_000
    chosen = np.random.default_rng(1).permutation(size)
    member, error = np.zeros(size, dtype=bool), np.zeros(size)
    member[chosen[:40]] = True
    error[chosen[:seen]] = 1
    error[chosen[40 : 440 - seen]] = 1
    made = studied(prepared(size), binary(error))
    tallies = tallied(made, member)
    exact = special.gammainc(seen, float(tallies.of("mean")[0]))
    assert association.p_values(made, tallies)[0] == pytest.approx(exact, rel=0.25)


def test_fewer_purchases_are_harm_and_the_ratio_is_of_those_who_do_not_buy() -> None:
    random = np.random.default_rng(9)
    member = random.random(9000) < 0.1
    bought = (random.random(9000) < np.where(member, 0.1, 0.3)).astype(float)
    made = studied(prepared(9000), binary(bought, harm=-1), ratio=1.2)
    tallies = tallied(made, member)
    effect = association.effect(made, tallies, 0, "coarse")
    assert effect.ratio == pytest.approx(0.9 / 0.7, rel=0.03)
    assert effect.difference == pytest.approx(-0.2, abs=0.03)
    assert effect.low < effect.ratio < effect.high
    assert association.p_values(made, tallies)[0] < 1e-12
    assert association.p_values(made, tallied(made, ~member))[0] > 0.9


@pytest.mark.parametrize("harm", [1, -1])
def test_harm_that_only_members_have_is_bounded_from_below_and_the_bound_is_right(harm: int) -> None:
    """Where nobody else is harmed the ratio is endless; the interval says from where on, and leaves 1 out."""
    random = np.random.default_rng(12)
    lows, true, size = [], 12.0, 3000
    for _ in range(200):
        member = random.random(size) < 0.05
        harmed = random.random(size) < np.where(member, true * 0.001, 0.001)
        harmed[0] = member[0] = True
        made = studied(prepared(size), binary(harmed if harm > 0 else ~harmed, harm), ratio=1.2)
        each = association.effect(made, tallied(made, member), 0, "coarse")
        if np.isinf(each.ratio):
            lows.append(each.low)
            assert np.isinf(each.high)
    assert len(lows) > 10
    assert np.sum(np.array(lows) > true) <= 8  # 2.5 % of 200 is 5
    sure = studied(prepared(size), binary(member if harm > 0 else ~member, harm), ratio=1.2)
    for each in (
        association.effect(sure, tallied(sure, member), 0, "coarse"),
        association.crude(sure, tallied(sure, member), 0),
    ):
        assert np.isinf(each.ratio)
        assert each.low > 100
    other = association.crude(sure, tallied(sure, ~member), 0)
    assert other.ratio == 0 < other.high < 0.01


@pytest.mark.parametrize("offset", [0.0, -8.0])
def test_numeric_kpis_positive_or_with_signs(offset: float) -> None:
    random = np.random.default_rng(10)
    member, other = random.random(9000) < 0.1, random.random(9000) < 0.1
    value = random.lognormal(2.0, 0.5, 9000) * np.where(member, 1.5, 1.0) + offset
    made = studied(prepared(9000), numeric(value), ratio=1.2)
    p = association.p_values(made, tallied(made, member, other))
    assert p[0] < 1e-12
    assert p[1] > 0.5
    effect = association.effect(made, tallied(made, member), 0, "coarse")
    assert effect.difference == pytest.approx(value[member].mean() - value[~member].mean(), rel=0.1)


def test_p_values_on_the_edge_of_the_null_are_uniform_enough() -> None:
    random = np.random.default_rng(11)
    data = prepared(5000)
    rejected = 0
    for _ in range(60):
        member = random.random(5000) < 0.05
        error = (random.random(5000) < np.where(member, 0.12, 0.10)).astype(float)
        made = studied(data, binary(error), ratio=1.2)
        rejected += association.p_values(made, tallied(made, member))[0] <= 0.05
    assert rejected <= 8  # 3 expected
