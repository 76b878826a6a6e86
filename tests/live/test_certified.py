"""A healthy scenario of the core and one with a lasting fault are certified in real worlds, every night."""

from __future__ import annotations

import sys

import pytest

from telic.lab import certify
from telic.lab import scenario as scenarios

pytestmark = [pytest.mark.live, pytest.mark.journey, pytest.mark.nightly, pytest.mark.timeout(900)]

PLAYED = {"hotel-calm-000": (), "shop-cache-disabled-007": ("restart-world",)}  # by which cheaters
SEEDS = (1, 2)  # the second only after the first went wrong


@pytest.mark.parametrize("name", PLAYED)
def test_it_harms_users_can_be_solved_and_is_not_solved_by_cheating(
    name: str, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TELIC_HOME", str(tmp_path_factory.mktemp("home")))
    path = next(each for each in scenarios.files("core") if each.stem == name)
    actors, told = (*certify.FAIR, *PLAYED[name]), []
    for seed in SEEDS:
        (made,) = certify.certify([path], seed=seed, again=True, actors=actors, world="local", store=False)
        if made.holds:
            assert set(made.passed) == set(actors)
            return
        told.append(f"{name} seed {seed}: {'; '.join(made.why)}")
        sys.stderr.write(told[-1] + "\n")
    pytest.fail("\n".join(told))
