"""A healthy scenario of the core and one with a lasting fault are certified in real worlds; a cheater every night."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import pytest

from telic.lab import certify
from telic.lab import scenario as scenarios

pytestmark = [pytest.mark.live, pytest.mark.journey, pytest.mark.timeout(900)]

HEALTHY, HURT = "hotel-calm-000", "shop-cache-disabled-007"
SEEDS = (1, 2)  # the second only after the first went wrong


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep designs and databases to the test."""
    monkeypatch.setenv("TELIC_HOME", str(tmp_path_factory.mktemp("home")))


def certified(names: Sequence[str], actors: Sequence[str]) -> None:
    """Certify scenarios, two episodes at a time; those that do not hold once more with another seed."""
    left, told = [each for each in scenarios.files("core") if each.stem in names], []
    assert len(left) == len(names)
    for seed in SEEDS:
        found = certify.certify(left, seed=seed, again=True, actors=actors, world="local", store=False, jobs=2)
        assert all(set(each.passed) == set(actors) for each in found if each.holds)
        left = [path for path, each in zip(left, found, strict=True) if not each.holds]
        told += [f"{each.scenario} seed {seed}: {'; '.join(each.why)}" for each in found if not each.holds]
        sys.stderr.write("".join(f"{each}\n" for each in told))
        if not left:
            return
    pytest.fail("\n".join(told))


def test_one_that_hurts_can_be_solved_and_not_by_doing_nothing_and_a_healthy_one_hurts_nobody() -> None:
    certified((HEALTHY, HURT), certify.FAIR)


@pytest.mark.nightly
def test_one_that_hurts_is_not_solved_by_cheating() -> None:
    certified((HURT,), (*certify.FAIR, "restart-world"))
