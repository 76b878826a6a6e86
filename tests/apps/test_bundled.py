"""Every bundled system reads, passes the lints, answers right on virtual time, can be hurt, and is repaired."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from telic import apps, intent, loop
from telic.design.wiring import read_wiring
from telic.lab import virtual
from telic.lab.course import Hurt
from telic.lab.fault import Scene
from telic.lab.faults import LOOP, fault
from telic.model import Design
from telic.settings import Settings

RATE = 40.0  # low: what is wrong here is no question of load [requests/s]
SECONDS = 20.0
FOUND = Hurt("wrong-port", 1, warm=2.0)  # what the operator has to find and repair


@pytest.fixture(scope="module", params=apps.names())
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def design(name: str, tmp_path_factory: pytest.TempPathFactory) -> Design:
    return loop.design(name, replace(Settings.read({}), home=tmp_path_factory.mktemp("design")))


@pytest.fixture(scope="module")
def journey(design: Design, tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    settings = replace(Settings.read({}), home=tmp_path_factory.mktemp("home"))
    with virtual.start(design, settings, lambda told: None, rate=RATE, seed=1, operate=True) as running:
        yield running


def test_it_reads_with_nothing_left_open_and_has_what_a_lab_needs(name: str) -> None:
    wanted = intent.require_complete(intent.read(apps.find(name)))
    assert wanted.system == name
    assert wanted.use_cases
    assert wanted.trials
    assert {each.service for each in wanted.capacity} <= set(intent.services_of(wanted))
    assert wanted.workloads[0].mix.keys() == {each.id for each in wanted.operations}


def test_its_design_passes_the_lints(design: Design) -> None:
    assert loop.lint(design) == []
    assert len(design.services) + len(design.stores) <= design.max_processes


def test_it_answers_right_and_every_operation_is_asked(journey: virtual.VirtualJourney, design: Design) -> None:
    journey.pause(SECONDS)
    record = journey.record()
    assert record.total() > 0.8 * RATE * SECONDS
    assert record.good() >= 0.999, record.reasons()
    assert [each for each in design.workloads[0].mix if not record.total(each)] == []
    assert journey.incidents() == ()


def test_its_wirings_name_what_it_has(name: str, design: Design) -> None:
    edges = frozenset(f"{caller}->{callee}" for caller, callee in design.edges)
    nodes = frozenset(each.name for each in design.services)
    for each in apps.wirings(name):
        assert read_wiring(apps.find_wiring(name, each), edges=edges, nodes=nodes)


@pytest.mark.parametrize("hurt", LOOP)
def test_it_has_a_place_for_every_fault_of_the_loop(hurt: str, journey: virtual.VirtualJourney, design: Design) -> None:
    params = fault.factory(hurt).plan(Scene(journey.harm, design), 1, {})  # type: ignore[attr-defined]
    assert params


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=() if each != "genai" else pytest.mark.nightly) for each in apps.names()],
    indirect=True,
    scope="module",
)
def test_an_operator_finds_what_hurts_it_and_repairs_it(journey: virtual.VirtualJourney) -> None:
    score = journey.hurt(FOUND).score
    assert score.cause_right, f"{score.verdict} instead of {score.truth}"
    assert score.recovered is not None
    assert score.wrong_actions_left == 0
    assert score.false_alarms == 0
