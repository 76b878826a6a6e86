"""The journey of real logs: eight systems and more, one configuration, the accuracy that the benchmark prints."""

from __future__ import annotations

import statistics

import pytest
from benchmarks.logs.loghub import ROOT, System, grouping_accuracy, parsing_accuracy, systems

from telic.context.logs import Miner

pytestmark = pytest.mark.skipif(not ROOT.is_dir(), reason="needs the loghub 2k systems; set TELIC_DATA")
SYSTEMS = systems()


def scores(system: System) -> tuple[float, float]:
    miner = Miner()
    ids = miner.add_many(system.lines).tolist()
    text = {each.id: each.text for each in miner.templates()}
    return grouping_accuracy(ids, system.corrected), parsing_accuracy([text[each] for each in ids], system.corrected)


def test_templates_are_those_that_people_found() -> None:
    found = [scores(each) for each in SYSTEMS]
    assert statistics.mean(grouping for grouping, _ in found) >= 0.95
    assert min(grouping for grouping, _ in found) >= 0.9
    assert statistics.mean(parsing for _, parsing in found) >= 0.7


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda each: each.name)
def test_halves_mined_apart_and_joined_are_the_whole(system: System) -> None:
    whole, first, second = Miner(), Miner(), Miner()
    whole.add_many(system.lines)
    first.add_many(system.lines[::2])
    second.add_many(system.lines[1::2])
    joined = [sorted((each.text, each.count) for each in miner.templates()) for miner in (first.merge(second), whole)]
    assert joined[0] == joined[1]
