"""Experts are right where the answer is known."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from tests.opportunities.cases import Listed, binary, prepared

from telic.opportunities.experts.robust import augmented
from telic.opportunities.judge import surface
from telic.opportunities.judging import Judging
from telic.opportunities.model import Value

SIZE = 16_000


def asked(error: np.ndarray, member: np.ndarray, name: str, country: np.ndarray | None = None) -> dict[str, Value]:
    attributes = {} if country is None else {"country": country}
    settings = Judging(experts=name, permutations=0, least_ratio=1.0, threads=1)
    family = Listed({"it": member})
    findings = surface(prepared(SIZE, attributes=attributes), [binary(error)], [family], settings).findings
    return dict(findings[0].experts)


def test_the_doubly_robust_estimate_is_that_of_statsmodels() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from statsmodels.discrete.discrete_model import Logit
        from statsmodels.regression.linear_model import OLS
        from statsmodels.treatment.treatment_effects import TreatmentEffect
    random = np.random.default_rng(1)
    covariates = np.column_stack([np.ones(3000), random.normal(size=(3000, 2))])
    treated = (random.random(3000) < 1 / (1 + np.exp(-covariates @ [-0.5, 0.8, -0.4]))).astype(float)
    outcome = covariates @ [0.3, 1.0, 0.5] + 0.4 * treated + random.normal(size=3000)
    mine = augmented(outcome, treated, covariates)
    assert mine is not None
    chance = Logit(treated, covariates).fit(disp=False)
    theirs = TreatmentEffect(OLS(outcome, covariates), treated.astype(int), results_select=chance)
    assert mine[0] == pytest.approx(theirs.aipw(return_results=False)[0], abs=1e-6)
    assert mine[0] == pytest.approx(0.4, abs=0.1)
    assert mine[1] < 0.4 < mine[2]
    doubled = [np.repeat(each, 2, axis=0) for each in (outcome, treated, covariates, np.arange(3000))]
    twice = augmented(*doubled)
    assert twice is not None
    assert twice[2] - twice[1] == pytest.approx(mine[2] - mine[1], rel=1e-6)  # the same users twice are no more of them


def test_the_doubly_robust_estimate_says_when_there_is_nothing_in_common() -> None:
    parted = np.column_stack([np.ones(400), np.r_[np.full(200, -3.0), np.full(200, 3.0)]])
    assert augmented(np.zeros(400), np.r_[np.zeros(200), np.ones(200)], parted) is None


def test_matching_takes_out_what_a_confounder_does() -> None:
    random = np.random.default_rng(2)
    country = random.integers(0, 3, SIZE)
    member = random.random(SIZE) < np.array([0.05, 0.05, 0.4])[country]
    risk = np.array([0.05, 0.05, 0.2])[country] * np.where(member, 1.5, 1.0)
    said = asked(random.random(SIZE) < risk, member, "matching", country)
    assert said["matching"] == pytest.approx(1.5, abs=0.3)


def test_a_trend_and_the_moment_of_a_change_are_found() -> None:
    random = np.random.default_rng(3)
    member = random.random(SIZE) < 0.2
    elapsed = np.arange(SIZE) / SIZE
    growing = asked(random.random(SIZE) < 0.05 * (1 + 5 * member * elapsed), member, "trend")
    assert growing["trend"] == "rising"
    jumped = asked(random.random(SIZE) < 0.05 * (1 + 4 * member * (elapsed > 0.6)), member, "change_point")
    assert "1970-12" < str(jumped["changed"]) < "1971-04"  # it was 1971-02-05
    assert float(jumped["changed_times"] or 0) > 2
    steady = asked(random.random(SIZE) < 0.05 * (1 + 2 * member), member, "change_point")
    assert steady["changed"] == "no"


def test_the_papers_rules_are_as_written() -> None:
    random = np.random.default_rng(4)
    member = random.random(SIZE) < 0.1
    strong = random.random(SIZE) < np.where(member, 0.4, 0.1)  # 31 % of faulty groups, 4.6 times the rate
    assert asked(strong, member, "paper_sequence") == {"paper_sequence": "yes"}
    weak = random.random(SIZE) < np.where(member, 0.18, 0.1)
    assert asked(weak, member, "paper_sequence") == {"paper_sequence": "no"}
    assert asked(strong, member, "paper_cohort") == {"paper_cohort": "yes"}
