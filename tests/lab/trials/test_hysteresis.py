"""Both states at one load, judged on records that are written down."""

from __future__ import annotations

from dataclasses import replace

import pytest

from telic import apps, loop
from telic.design import read_wiring
from telic.lab.trials import hysteresis, plan
from telic.lab.trials.hysteresis import Steps, judged
from telic.model import Design
from telic.model.goodput import Goodput
from telic.runtime.wiring import Wiring
from telic.settings import Settings
from telic.worlds.load.shapes import read_shape

STEPS = Steps(warm=4.0, before=12.0, trigger=5.0, cuts=(0.5, 0.1))
FIRST = 1000.0


@pytest.fixture(scope="module")
def design(tmp_path_factory: pytest.TempPathFactory) -> Design:
    return loop.design("hotel", replace(Settings.read({}), home=tmp_path_factory.mktemp("home")))


def wired(design: Design, name: str) -> Wiring:
    return read_wiring(apps.find_wiring("hotel", name))


@pytest.mark.parametrize("trial", ["T1", "T2", "T4"])
def test_the_baseline_carries_one_load_well_and_badly(design: Design, trial: str) -> None:
    found = hysteresis.modelled(design, plan("hotel", trial), wired(design, "baseline"))
    assert found.metastable
    assert found.recovered_at is not None


@pytest.mark.parametrize("name", ["no-retries", "breaker", "bounded-queue", "combination"])
def test_a_braked_wiring_has_one_state_a_load(design: Design, name: str) -> None:
    found = hysteresis.modelled(design, plan("hotel", "T1"), wired(design, name))
    assert not found.metastable
    assert found.collapsed >= 0.95


def record(collapsed_until: float) -> list[Goodput]:
    """Return a record that collapses with the trigger and is well again from `collapsed_until` on [s]."""
    shares = [0.1 if STEPS.before <= second < collapsed_until else 1.0 for second in range(int(STEPS.end) + 1)]
    return [Goodput(int(FIRST) + at, round(100 * share), 100, 100) for at, share in enumerate(shares)]


def test_one_load_carried_well_and_badly_is_metastable() -> None:
    found = judged(record(STEPS.first_cut + 25.0), STEPS, FIRST)
    assert found.metastable
    assert (found.before, found.collapsed, found.restored) == (1.0, 0.1, 1.0)
    assert found.recovered_at == 0.1
    assert found.levels == ((0.5, 0.1), (0.1, 1.0))


@pytest.mark.parametrize("until", [STEPS.before + 6.0, STEPS.end + 1.0])
def test_what_comes_back_by_itself_or_never_is_not(until: float) -> None:
    assert not judged(record(until), STEPS, FIRST).metastable


def test_the_load_falls_step_by_step_and_rises_again() -> None:
    assert STEPS.shape() == "steps:0.3@0,1@4,0.5@25,0.1@45,1@65"
    shape = read_shape(STEPS.shape(2.5), STEPS.end)
    assert [shape.factor(at) for at in (0.0, 5.0, 13.0, 18.0, 26.0, 46.0, 66.0)] == [0.3, 1.0, 2.5, 1.0, 0.5, 0.1, 1.0]
    assert shape.peak == 2.5
