"""Generated scenarios: half of them healthy, places that differ, and the same again for the same seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from telic.errors import UnknownName
from telic.lab.fault import Scene
from telic.lab.faults import LOOP
from telic.lab.scenario import digest, generator, suite

KINDS = tuple(LOOP)


def test_half_is_healthy_and_everything_is_read_again(scene: Scene, tmp_path: Path) -> None:
    made = generator.generate("hotel", scene, kinds=KINDS, each=2)
    assert sum(each.healthy for each in made) * 2 == len(made)
    assert {each.faults[0].kind for each in made if not each.healthy} == set(KINDS)
    assert any(each.faults for each in made if each.healthy)
    assert any(not each.faults for each in made)
    paths = generator.write(made, tmp_path)
    assert len(set(paths)) == len(made)
    assert sorted(suite(str(tmp_path)), key=lambda each: each.name) == sorted(made, key=lambda each: each.name)


def test_a_place_is_taken_once_and_a_seed_gives_the_same_again(scene: Scene) -> None:
    made = generator.generate("hotel", scene, kinds=("network",), each=3)
    sick = [each.faults[0] for each in made if not each.healthy]
    assert len({str(sorted(each.params.items())) for each in sick}) == len(sick)
    again = generator.generate("hotel", scene, kinds=("network",), each=3)
    assert [digest(each) for each in again] == [digest(each) for each in made]
    other = generator.generate("hotel", scene, kinds=("network",), each=3, seed=2)
    assert [digest(each) for each in other] != [digest(each) for each in made]


def test_a_fault_that_does_not_exist_is_an_error(scene: Scene) -> None:
    with pytest.raises(UnknownName):
        generator.generate("hotel", scene, kinds=("netwrk",))
