"""What to ask when not everything can be: chosen from what earlier runs found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from tests.opportunities.families import Sets
from tests.opportunities.sample import run

from telic.errors import UsageError
from telic.opportunities.generate import Memory, bandit, choose, memory, regions
from telic.opportunities.model import Hypothesis

FAMILY = Sets("ngrams", {"a>b": [0, 1, 2], "a>c": [1, 2], "b>a": [0], "b>c": [0, 2, 3, 4]})
WEEKS, REGIONS = 12, 240


def world() -> tuple[dict[str, int], dict[str, int]]:
    """Tests of each region, and how many findings there are in it."""
    draw = np.random.default_rng(7)
    sizes = {f"ngrams events={number}": int(draw.integers(10, 400)) for number in range(REGIONS)}
    return sizes, {f"ngrams events={number}": 2 for number in (11, 58, 133, 170, 221)}


def play(sizes: Mapping[str, int], planted: Mapping[str, int], share: float, *, learns: bool) -> list[int]:
    """Findings of each week within a share of all tests."""
    known, found = Memory(), []
    for week in range(WEEKS):
        names = choose(known if learns else Memory(), sizes, round(share * sum(sizes.values())), seed=week)
        found.append(sum(planted.get(name, 0) for name in names))
        known = known.learn({name: (sizes[name], planted.get(name, 0)) for name in names})
    return found


def test_the_bandit_needs_fewer_tests_for_the_same_findings() -> None:
    sizes, planted = world()
    learned, blind = (play(sizes, planted, 0.2, learns=learns) for learns in (True, False))
    there = sum(planted.values())
    assert min(learned[6:]) == there  # a fifth of the tests gives what all of them give
    assert sum(learned) / (0.2 * WEEKS) > 3 * there  # findings per full set of tests; asking everything gives `there`
    assert sum(learned) > 2.5 * sum(blind)


def test_what_stopped_giving_findings_is_forgotten_and_what_is_new_is_found() -> None:
    sizes, planted = world()
    moved = {name.replace("11", "12").replace("58", "59"): number for name, number in planted.items()}
    known = Memory()
    for week in range(10):
        names = choose(known, sizes, round(0.2 * sum(sizes.values())), seed=week)
        known = known.learn({name: (sizes[name], planted.get(name, 0)) for name in names})
    late: list[str] = []
    for week in range(10, 24):
        late = choose(known, sizes, round(0.2 * sum(sizes.values())), seed=week)
        known = known.learn({name: (sizes[name], moved.get(name, 0)) for name in late})
    assert set(moved) <= set(late)


@settings(max_examples=30)
@given(
    some.dictionaries(some.text(max_size=3), some.integers(1, 50), max_size=20),
    some.integers(1, 200),
    some.integers(0, 5),
)
def test_the_budget_is_kept(sizes: dict[str, int], budget: int, seed: int) -> None:
    known = Memory(dict.fromkeys(list(sizes)[::2], (3.0, 1.0)))
    names = choose(known, sizes, budget, seed=seed)
    assert sum(sizes[name] for name in names) <= budget
    assert len(set(names)) == len(names)
    assert names == choose(known, sizes, budget, seed=seed)
    if sum(sizes.values()) <= budget * (1 - bandit.EXPLORE):
        assert set(names) == set(sizes)


def test_a_budget_has_to_be_positive() -> None:
    with pytest.raises(UsageError, match="0 tests"):
        choose(Memory(), {"a": 1}, 0)


def test_regions_are_of_what_has_support() -> None:
    assert regions.sizes([FAMILY], 2) == {"ngrams events=a+1": 2, "ngrams events=b+1": 1}
    (kept,) = bandit.narrowed([FAMILY], ["ngrams events=b+1"], 2)
    assert [kept.hypothesis(row).words for row in range(len(kept))] == ["sessions with b>c"]
    assert kept.support().tolist() == [4]
    assert kept.totals(np.arange(5.0)).tolist() == [9.0]
    assert kept.members(np.array([0])).groups.tolist() == [0, 2, 3, 4]
    assert bandit.narrowed([FAMILY], ["ngrams events=z+1"], 2) == []


def test_a_record_lists_many_regions_by_template() -> None:
    tests = {f"ngrams events={number}": 1 for number in range(regions.MOST + 5)}
    found = Hypothesis("", "ngrams", {"events": "7"}, "")
    assert regions.tally(tests, [found]) == {"ngrams events=7": (1, 1), "ngrams *": (regions.MOST + 4, 0)}
    assert regions.tally({"a x=1": 3}, []) == {"a x=1": (3, 0)}


def test_memory_comes_from_the_records_of_runs_and_fades() -> None:
    first, second = replace(run(), regions={"a": (10, 2)}), replace(run(), regions={"b": (5, 0)})
    assert memory([first, second]).regions == {"a": (8.0, 1.6), "b": (5.0, 0.0)}
