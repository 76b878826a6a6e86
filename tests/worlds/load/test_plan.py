"""Planning is pure and seeded: rates, mixes, key frequencies and shapes are what was asked for."""

from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telic.errors import UsageError
from telic.model.intent import Keys, Workload
from telic.worlds.load.plan import Mix, Planned, Zipf, arrivals, load_of
from telic.worlds.load.shapes import read_shape

SEEDS = st.integers(0, 2**32)
SHAPES = st.sampled_from(
    ["constant", "ramp:0.2..2", "ramp:2..0.5", "swing:0.3", "swing:1@3", "spike:2.5@1+2", "spike:0@1+2"]
)


def workload(**changed: object) -> Workload:
    values: dict[str, object] = {
        "arrival": "poisson",
        "rate": 100.0,
        "mix": {"F1": 3.0, "F2": 1.0},
        "keys": Keys(1.1, 50),
    }
    return Workload(id="W1", name="normal", **{**values, **changed})  # type: ignore[arg-type]


def plan(seed: int, shape: str = "constant", seconds: float = 5.0, **changed: object) -> list[Planned]:
    return list(load_of(workload(**changed), rate=None, shape=shape, seconds=seconds, seed=seed))


@given(SEEDS, SHAPES, st.sampled_from(["poisson", "constant"]))
@settings(max_examples=30, deadline=None)
def test_the_same_seed_plans_the_same_and_times_rise_within_the_run(seed: int, shape: str, arrival: str) -> None:
    first = plan(seed, shape, arrival=arrival)
    assert first == plan(seed, shape, arrival=arrival)
    times = [each.at for each in first]
    assert times == sorted(times)
    assert all(0 <= at < 5.0 for at in times)
    assert [each.number for each in first] == list(range(len(first)))
    assert all(each.choices().random() == each.choices().random() for each in first[:5])


def test_different_seeds_plan_differently() -> None:
    assert len({tuple(plan(seed, seconds=1.0)) for seed in range(20)}) == 20


@given(SEEDS, st.floats(20, 400))
@settings(max_examples=20, deadline=None)
def test_poisson_arrivals_have_the_rate_and_are_not_even(seed: int, rate: float) -> None:
    times = list(arrivals(rate, read_shape("constant", 30.0), 30.0, arrival="poisson", seed=seed))
    mean = rate * 30.0
    assert abs(len(times) - mean) < 6 * mean**0.5
    gaps = [after - before for before, after in itertools.pairwise(times)]
    spread = (sum((gap - 1 / rate) ** 2 for gap in gaps) / len(gaps)) ** 0.5
    assert 0.7 < spread * rate < 1.3, "the gaps of a Poisson process vary as much as their mean"


@given(st.floats(1, 500), SEEDS)
@settings(max_examples=20, deadline=None)
def test_constant_arrivals_are_even(rate: float, seed: int) -> None:
    times = list(arrivals(rate, read_shape("constant", 10.0), 10.0, arrival="constant", seed=seed))
    assert abs(len(times) - rate * 10.0) <= 1
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert all(abs(gap - 1 / rate) <= 0.11 / rate for gap in gaps)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ("constant", [1000, 1000, 1000, 1000]),
        ("ramp:0..2", [250, 750, 1250, 1750]),
        ("swing:0.5@20", [1318, 1318, 682, 682]),
        ("spike:3@5+5", [1000, 3000, 1000, 1000]),
        ("spike:0@5+5", [1000, 0, 1000, 1000]),
    ],
)
@pytest.mark.parametrize("arrival", ["poisson", "constant"])
def test_a_shape_moves_the_rate(shape: str, expected: list[int], arrival: str) -> None:
    times = [each.at for each in plan(3, shape, seconds=20.0, rate=200.0, arrival=arrival)]
    quarters = [sum(1 for at in times if n * 5 <= at < n * 5 + 5) for n in range(4)]
    assert quarters == pytest.approx(expected, abs=160 if arrival == "poisson" else 12)


@given(SEEDS, st.dictionaries(st.sampled_from([f"F{n}" for n in range(1, 8)]), st.floats(0.5, 60), min_size=1))
@settings(max_examples=30, deadline=None)
def test_operations_come_as_often_as_they_weigh(seed: int, weights: dict[str, float]) -> None:
    draws, mix = random.Random(seed), Mix(weights)
    count = Counter(mix.pick(draws) for _ in range(4000))
    assert count.keys() <= weights.keys()
    for name, share in mix.shares.items():
        assert abs(count[name] - 4000 * share) < 6 * (4000 * share) ** 0.5 + 3


@given(SEEDS, st.floats(0.5, 2.0), st.integers(1, 3000))
@settings(max_examples=20, deadline=None)
def test_keys_are_as_popular_as_zipf_says(seed: int, exponent: float, count: int) -> None:
    draws, zipf = random.Random(seed), Zipf(Keys(exponent, count))
    found = Counter(zipf.pick(draws) for _ in range(3000))
    assert all(0 <= rank < count for rank in found)
    assert sum(zipf.shares) == pytest.approx(1.0)
    for rank in range(min(count, 5)):
        share = (rank + 1) ** -exponent / sum((n + 1) ** -exponent for n in range(count))
        assert abs(found[rank] - 3000 * share) < 6 * (3000 * share) ** 0.5 + 3


def test_an_operation_without_weight_is_never_asked() -> None:
    assert {each.operation for each in plan(1, seconds=20.0, mix={"F1": 1.0, "F2": 0.0})} == {"F1"}


@pytest.mark.parametrize("text", ["", "flat", "ramp", "ramp:1", "ramp:-1..2", "ramp:0..0", "swing:2", "swing:0.3@0",
                                  "spike:2", "spike:2@1", "spike:inf@1+1", "constant:2", "swing:nan"])  # fmt: skip
def test_an_unreadable_shape_is_refused_with_the_forms_that_there_are(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_shape(text, 10.0)
    assert "swing:0.3" in caught.value.hint


@pytest.mark.parametrize(("rate", "seconds"), [(0.0, 1.0), (-1.0, 1.0), (10.0, 0.0), (float("nan"), 1.0)])
def test_no_load_is_refused(rate: float, seconds: float) -> None:
    with pytest.raises(UsageError):
        load_of(workload(), rate=rate, shape="constant", seconds=seconds, seed=1)


def test_an_empty_mix_is_refused() -> None:
    with pytest.raises(UsageError):
        plan(1, mix={"F1": 0.0})
