"""What goes wrong with a queue: felt by those who read too early, gone once it is mended or healed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from telic import loop as main_path
from telic.lab import virtual
from telic.lab.actors import reference
from telic.lab.fault import Scene, fault, make
from telic.lab.injection import Injection
from telic.lab.session.eyes import Eyes
from telic.model import Change, Window
from telic.settings import Settings

RATE = 120.0  # [requests/s]
FELT = 12.0  # after which somebody misses something, for certain [s]
DRAINED = 6.0  # after an action [s]
HEALTHY = 3.0  # [s]
STANDING = "SELECT name, arg_max(value, time_ns) AS value FROM metrics WHERE name LIKE 'telic.queue.%' GROUP BY name"
CASES = ("poison-message", pytest.param("queue-backlog", marks=pytest.mark.nightly))


@pytest.fixture(scope="module")
def journey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[virtual.VirtualJourney]:
    settings = replace(Settings.read({}), home=tmp_path_factory.mktemp("home"))
    design = main_path.design("social", settings)
    with virtual.start(design, settings, lambda told: None, rate=RATE, seed=1, operate=False) as running:
        yield running


def harmed(journey: virtual.VirtualJourney, seconds: float) -> bool:
    begun = journey.now()
    journey.pause(seconds)
    return any(each.harmed for each in journey.record().tallies() if begun <= each.second)


def standing(journey: virtual.VirtualJourney) -> dict[str, float]:
    """Return what the telemetry says of the queue."""
    rows: Any = journey.world.store().query(STANDING)
    return {row["name"].removeprefix("telic.queue."): row["value"] for row in rows}


def changed(journey: virtual.VirtualJourney, id_: str) -> Change | None:
    found = journey.world.changes(Window(0.0, journey.now() + 1.0))
    return next((each for each in found if each.id == id_), None)


def test_every_case_is_here() -> None:
    layers = {name: fault.factory(name).layer for name in fault}  # type: ignore[attr-defined]
    assert sorted(name for name, layer in layers.items() if layer == "queue") == ["poison-message", "queue-backlog"]


@pytest.mark.parametrize("case", CASES)
def test_users_miss_what_is_late_until_an_action_mends_it(case: str, journey: virtual.VirtualJourney) -> None:
    stage: Any = SimpleNamespace(
        course=journey, before=SimpleNamespace(state=journey.world.state()), started=journey.now()
    )
    assert not harmed(journey, 8.0)
    factory: Any = fault.factory(case)
    params = factory.plan(Scene(journey.harm, journey.design, journey.world.changes, RATE), 1, {})
    culprit = make(case, params)
    began = journey.now()
    truth = culprit.inject(journey.harm)
    assert harmed(journey, FELT)
    assert set(journey.record().reasons()) == {"wrong_missing"}
    seen = standing(journey)
    assert seen["depth"] > 30
    assert seen["age"] > 5.0
    seen_by_actors = Eyes(journey.world, journey.design.objectives, "gateway", normal=(began - 8.0, began))
    assert any(each.signal == "queue" for each in journey.complete(seen_by_actors.look()).symptoms)
    for action in reference.mitigations(Injection(truth, 1, params), stage):
        journey.world.dry_run(action)
        journey.world.apply(action)
    journey.pause(DRAINED)
    assert not harmed(journey, HEALTHY)
    assert standing(journey)["age"] < 1.0
    culprit.heal(journey.harm, changed(journey, truth.change))
    assert not harmed(journey, HEALTHY)


def test_what_stands_in_the_queue_can_be_taken_back(journey: virtual.VirtualJourney) -> None:
    before = standing(journey)["depth"]
    journey.harm.store("nats", "poison", on="fan_out", size=50.0)
    journey.pause(2.0)
    assert standing(journey)["depth"] >= before + 40 or standing(journey)["dead"] > 0
    journey.harm.store("nats", "poison", on="fan_out", size=0.0)
    journey.pause(2.0)
    assert standing(journey)["depth"] < 10
