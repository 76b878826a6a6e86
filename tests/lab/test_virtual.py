"""Every fault on virtual time, with and without an operator: the same causes, repairs and scores as live."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from telic import loop as main_path
from telic.lab import faults, virtual
from telic.lab.course import CALM, Hurt
from telic.lab.faults import LOOP, fault
from telic.model import Design, user_harm
from telic.settings import Settings

RATE = 50.0  # [requests/s]; less than normal, so that the suite is quick
SEED = 1
ALONE = ("hang", "network", "wrong-port")  # the others every night: certificates say the same of most


def journey(
    home: Path, *, operate: bool, seed: int = SEED, system: str | Design = "hotel"
) -> Iterator[virtual.VirtualJourney]:
    settings = replace(Settings.read({}), home=home)
    with virtual.start(system, settings, lambda told: None, rate=RATE, seed=seed, operate=operate) as running:
        yield running


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return main_path.design("hotel", replace(Settings.read({}), home=tmp_path_factory.mktemp("design")))


@pytest.fixture(scope="module")
def operated(hotel: Design, tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    yield from journey(tmp_path_factory.mktemp("operated"), operate=True, system=hotel)


@pytest.fixture(scope="module")
def alone(hotel: Design, tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    yield from journey(tmp_path_factory.mktemp("alone"), operate=False, system=hotel)


@pytest.mark.parametrize("name", LOOP)
def test_an_operator_finds_the_cause_and_ends_the_harm(name: str, operated: virtual.VirtualJourney) -> None:
    score = operated.hurt(Hurt(name, SEED, warm=6.0)).score
    assert score.cause_right, f"{score.verdict} instead of {score.truth}"
    assert score.recovered is not None
    assert score.wrong_actions_left == 0
    assert score.false_alarms == 0


@pytest.mark.parametrize(
    "name", [each if each in ALONE else pytest.param(each, marks=pytest.mark.nightly) for each in LOOP]
)
def test_without_an_operator_the_harm_stays(name: str, alone: virtual.VirtualJourney) -> None:
    score = alone.hurt(Hurt(name, SEED, warm=3.0, patience=8.0)).score
    assert score.harm_began is not None
    assert score.recovered is None
    assert score.actions == ()


def test_calm_is_waited_for_before_the_next_fault(alone: virtual.VirtualJourney) -> None:
    assert alone.until_calm()
    before = alone.now()
    alone.hurt(Hurt("hang", SEED, warm=3.0, patience=2.0))
    assert not alone.until_calm(most=1.0)
    assert alone.until_calm()
    assert user_harm(alone.record().tallies(), since=before) is not None
    assert user_harm(alone.record().tallies(), since=alone.now() - CALM) is None


def outcome(home: str, seed: int, system: str | Design = "hotel") -> str:
    """Return what a short journey with a fault leaves behind."""
    for running in journey(Path(home), operate=True, seed=seed, system=system):
        assert running.hurt(Hurt("wrong-port", 1, warm=3.0)).score.cause_right
        return running.digest()
    raise AssertionError


def elsewhere(home: Path, seed: int) -> str:
    """Return the same from another process with other hashes of strings."""
    code = f"from tests.lab.test_virtual import outcome; print(outcome({str(home)!r}, {seed}))"
    environ = {**os.environ, "PYTHONHASHSEED": "1234"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[2], env=environ, capture_output=True, check=True
    )
    return done.stdout.decode().split()[-1]


def test_a_seed_gives_the_same_run_to_the_byte_in_any_process(hotel: Design, tmp_path: Path) -> None:
    other = outcome(str(tmp_path / "here"), 6, hotel)
    here = outcome(str(tmp_path / "here"), 5, hotel)  # where another run was before
    assert here != other
    assert here == elsewhere(tmp_path / "there", 5)


def test_every_fault_is_there() -> None:
    assert len(list(fault)) >= 8
    assert set(faults.LASTING) <= set(fault)
