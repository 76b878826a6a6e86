"""From hypotheses to findings: planted ones are found, confounded and repeated ones are not, nothing is silent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.opportunities.cases import HOUR, Listed, binary, numeric, prepared

from telic.errors import UnknownName, UsageError
from telic.opportunities.experts import expert
from telic.opportunities.judge import surface
from telic.opportunities.judging import Judging
from telic.opportunities.kernels.ngrams import mine
from telic.opportunities.synthetic import Decoy, Recipe, Sequence, generate

SIZE = 12_000


def noise(seed: int, count: int = 40, share: float = 0.05) -> dict[str, np.ndarray]:
    random = np.random.default_rng([seed, 1])
    return {f"noise {each}": random.random(SIZE) < share for each in range(count)}


def test_a_planted_sequence_is_found_with_its_overlaps_under_it_and_a_decoy_is_not() -> None:
    made = generate(Recipe(groups=40_000, users=8_000, plants=(Sequence(3.0, 0.02),), decoys=(Decoy(),), seed=2))
    keep = np.array([label != "app_error" for label in made.prepared.names.labels])
    families = [mine(made.prepared, k, least=40, keep=keep, threads=1) for k in (1, 2, 3, 4)]
    found = surface(made.prepared, [made.outcome], families, Judging(threads=1))
    assert len(found.findings) == 1
    finding, truth = found.findings[0], made.plants[0]
    members = families[finding.place[0]].members(np.array([finding.place[1]])).groups
    assert truth.members[members].mean() > 0.9
    assert finding.support == len(members)
    assert finding.alike
    assert finding.crude.ratio > 2
    assert finding.crude.low < 3.0 < finding.crude.high
    assert finding.q <= 0.05
    assert finding.p_family <= 0.05
    assert len(finding.examples) == 5
    weeks = made.prepared.at.max() - made.prepared.at.min()
    harmed = made.outcome.values[members].sum()
    assert finding.bound == pytest.approx(
        harmed * (1 - 1 / finding.adjusted.ratio) * 604_800e9 / float(weeks), rel=0.01
    )
    assert found.asked == {"ngrams": sum(int((family.support() >= 30).sum()) for family in families)}


@pytest.mark.parametrize("hours", [24, 24 * 28])
def test_what_could_be_won_is_no_rate_a_week_where_groups_begin_within_a_day(hours: int) -> None:
    random = np.random.default_rng(8)
    member = random.random(SIZE) < 0.1
    error = random.random(SIZE) < np.where(member, 0.4, 0.1)
    data = prepared(SIZE)
    starts = np.sort(random.integers(0, hours * HOUR, SIZE))
    data = replace(data, at=(np.repeat(starts, 3) + np.tile(np.arange(3), SIZE)).astype(np.int64))
    (finding,) = surface(data, [binary(error)], [Listed({**noise(8), "bad": member})]).findings
    total = error[member].sum() * (1 - 1 / finding.adjusted.ratio)
    assert finding.weekly == (hours > 24)
    assert finding.bound == pytest.approx(total / (4 if finding.weekly else 1), rel=0.01)


def test_outcomes_of_both_directions_and_in_numbers_in_one_run() -> None:
    random = np.random.default_rng(1)
    members = noise(1)
    members["slow"] = random.random(SIZE) < 0.05
    members["lost"] = random.random(SIZE) < 0.05
    bought = random.random(SIZE) < np.where(members["lost"], 0.15, 0.35)
    spent = random.lognormal(3, 0.6, SIZE) * np.where(members["slow"], 0.6, 1.0)
    found = surface(prepared(SIZE), [binary(bought, -1), numeric(spent, -1)], [Listed(members)])
    assert {(each.outcome, each.hypothesis.words) for each in found.findings} == {
        ("error", "sessions with lost"),
        ("amount", "sessions with slow"),
    }
    by = {each.outcome: each for each in found.findings}
    assert by["error"].adjusted.difference == pytest.approx(-0.2, abs=0.04)
    assert by["amount"].adjusted.ratio == pytest.approx(0.6, abs=0.05)
    assert by["amount"].bound > 0
    assert found.record["tests"] == 2 * len(members)


def test_two_causes_that_share_members_are_two_findings_and_a_subset_is_none() -> None:
    random = np.random.default_rng(2)
    first, second = random.random(SIZE) < 0.08, random.random(SIZE) < 0.08
    risk = 0.05 * np.where(first, 3.0, 1.0) * np.where(second, 3.0, 1.0)
    error = random.random(SIZE) < risk
    members = {**noise(2), "first": first, "second": second, "half": first & (random.random(SIZE) < 0.5)}
    found = surface(prepared(SIZE), [binary(error)], [Listed(members)])
    assert sorted(each.hypothesis.words for each in found.findings) == ["sessions with first", "sessions with second"]
    alike = {each.hypothesis.words: [other.words for other in each.alike] for each in found.findings}
    assert alike["sessions with first"] == ["sessions with half"]


def test_findings_are_ranked_by_users_affected_times_effect() -> None:
    random = np.random.default_rng(3)
    broad, narrow = random.random(SIZE) < 0.3, random.random(SIZE) < 0.02
    error = random.random(SIZE) < 0.05 * np.where(broad, 2.5, 1.0) + 0.3 * narrow
    found = surface(prepared(SIZE), [binary(error)], [Listed({**noise(3), "narrow": narrow, "broad": broad})])
    assert [each.hypothesis.words for each in found.findings] == ["sessions with broad", "sessions with narrow"]
    weights = [each.users * each.adjusted.difference for each in found.findings]
    assert weights == sorted(weights, reverse=True)


def test_an_effect_that_is_sure_but_too_small_is_no_news() -> None:
    random = np.random.default_rng(4)
    member = random.random(60_000) < 0.3
    error = random.random(60_000) < np.where(member, 0.11, 0.10)
    family = Listed({"small": member})
    assert not surface(prepared(60_000), [binary(error)], [family]).findings
    assert surface(prepared(60_000), [binary(error)], [family], Judging(least_ratio=1.0)).findings


def test_one_user_is_no_finding() -> None:
    random = np.random.default_rng(5)
    users = np.where(np.arange(SIZE) < SIZE // 2, 0, np.arange(SIZE)).astype(np.int32)
    member = (users == 0) & (random.random(SIZE) < 0.2)
    error = random.random(SIZE) < np.where(users == 0, 0.3, 0.1)
    found = surface(prepared(SIZE, users=users), [binary(error)], [Listed({**noise(5), "his": member})])
    assert not found.findings


def test_what_the_kpi_is_made_of_is_no_finding_and_is_told() -> None:
    random = np.random.default_rng(6)
    member = random.random(SIZE) < 0.1
    error = random.random(SIZE) < np.where(member, 0.5, 0.05)
    family = Listed({"plain": member}, params={"plain": "app_error"})
    found = surface(prepared(SIZE), [binary(error, touches=frozenset({"app_error"}))], [family])
    assert not found.findings
    assert [each.count for each in found.exclusions if "no news" in each.why] == [1]


def test_a_kpi_that_cannot_be_asked_is_told_beside_one_that_can_and_alone_is_an_error() -> None:
    random = np.random.default_rng(7)
    error = binary(random.random(SIZE) < 0.1)
    found = surface(prepared(SIZE), [numeric(np.ones(SIZE)), error], [Listed(noise(7))])
    assert found.outcomes == ("error",)
    assert found.exclusions[-1].why == "is 1 for every session: nothing to explain"
    with pytest.raises(UsageError, match="amount is 1 for every session"):
        surface(prepared(SIZE), [numeric(np.ones(SIZE))], [Listed(noise(7))])
    with pytest.raises(UsageError, match="values for 100 sessions"):
        surface(prepared(100), [error], [])


def test_hypotheses_below_the_least_support_are_not_tests() -> None:
    random = np.random.default_rng(8)
    members = {**noise(8, 5), "tiny": np.arange(SIZE) < 20}
    found = surface(prepared(SIZE), [binary(random.random(SIZE) < 0.1)], [Listed(members)])
    assert found.asked == {"listed": 5}
    assert surface(prepared(SIZE), [binary(random.random(SIZE) < 0.1)], []).findings == ()


def test_the_same_seed_gives_the_same_findings_on_any_number_of_threads() -> None:
    made = generate(Recipe(groups=20_000, users=4_000, plants=(Sequence(4.0, 0.03),), seed=5))
    families = [mine(made.prepared, k, least=30, threads=1) for k in (2, 3)]
    one, two = (surface(made.prepared, [made.outcome], families, Judging(threads=n)).findings for n in (1, 2))
    assert one == two
    assert one


def test_every_expert_says_something_and_unknown_ones_are_named() -> None:
    made = generate(Recipe(groups=30_000, users=6_000, plants=(Sequence(4.0, 0.03),), seed=6))
    keep = np.array([label != "app_error" for label in made.prepared.names.labels])
    families = [mine(made.prepared, 3, least=30, keep=keep, threads=1)]
    said = surface(made.prepared, [made.outcome], families, Judging(threads=1)).findings[0].experts
    assert said["paper_sequence"] in ("yes", "no")
    assert said["paper_cohort"] == "yes"
    assert said["decided_with_length"] is True
    assert said["matching"] == pytest.approx(4.0, abs=1.2)
    assert said["trend"] == "steady"
    assert said["changed"] == "no"
    assert 0 < float(said["doubly_robust_low"] or 0) < float(said["doubly_robust"] or 0)
    assert said["permutations"]
    few = Judging(threads=1, experts="paper_cohort", permutations=0)
    assert dict(surface(made.prepared, [made.outcome], families, few).findings[0].experts) == {"paper_cohort": "yes"}
    with pytest.raises(UnknownName, match="papr_cohort"):
        surface(made.prepared, [made.outcome], families, Judging(experts="papr_cohort"))
    for name in expert:
        assert expert.create(name, **expert.examples[name])


@pytest.mark.parametrize("wrong", [{"alpha": 0.0}, {"alpha": 1.5}, {"least_ratio": 0.5}, {"least": -1}, {"most": -2}])
def test_a_setting_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Judging(**wrong)  # type: ignore[arg-type]
