"""Replica lag on virtual time: users miss what they just made, until the replica, or the service, is led back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from telic.errors import UsageError
from telic.lab import virtual
from telic.lab.fault import Scene, fault
from telic.lab.faults.replica_lag import ReplicaLag
from telic.lab.scenario import read
from telic.lab.session.loading import prepared
from telic.model import Action, Truth
from telic.model.design import REPLICA
from telic.settings import Settings

FILE = Path(__file__).parents[2] / "src/telic/lab/suites/wide/genai-replica-lag-108.toml"
READERS = ("history", "quota")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[virtual.VirtualJourney]:
    settings = replace(Settings.read({}), home=tmp_path)
    design = prepared(read(FILE))
    with virtual.start(design, settings, lambda told: None, rate=60.0, seed=1, operate=False) as journey:
        journey.pause(10.0)
        yield journey


def bad(journey: virtual.VirtualJourney, seconds: float) -> Counter[str]:
    """Let `seconds` [s] pass; return for which reasons how many answers were bad."""
    begun = journey.now()
    journey.pause(seconds)
    rows = (row for line in journey.record().seconds if line.second >= begun for row in line.operations.values())
    found: Counter[str] = Counter()
    for row in rows:
        found.update(row.reasons)
    return found


def test_users_miss_what_they_made_until_it_is_healed(running: virtual.VirtualJourney) -> None:
    assert not bad(running, 20.0)
    truth = ReplicaLag("history").inject(running.harm)
    assert truth == Truth("replica-lag", REPLICA, "replica-lag", tuple(f"{each}->{REPLICA}" for each in READERS))
    assert bad(running, 20.0)["wrong_missing"] >= 10
    ReplicaLag("history").heal(running.harm, None)
    running.pause(2.0)
    assert not bad(running, 10.0)


@pytest.mark.parametrize(
    "actions",
    [
        [Action("reconcile", REPLICA)],
        [Action("restart", REPLICA)],
        [Action("set_config", each, {"key": "store.postgres.reads", "value": "primary"}) for each in READERS],
    ],
    ids=["reconcile", "restart", "primary"],
)
def test_each_remedy_helps(running: virtual.VirtualJourney, actions: list[Action]) -> None:
    ReplicaLag("history").inject(running.harm)
    assert bad(running, 20.0)
    for each in actions:
        running.world.apply(each)
    running.pause(3.0)
    assert not bad(running, 10.0)


def test_it_needs_a_service_that_reads_from_a_replica(tmp_path: Path) -> None:
    settings = replace(Settings.read({}), home=tmp_path)
    with virtual.start("hotel", settings, lambda told: None, rate=20.0, operate=False) as journey:
        with pytest.raises(UsageError, match="replica-lag"):
            ReplicaLag.plan(Scene(journey.harm, journey.design), 1, {})
        with pytest.raises(UsageError, match=REPLICA):
            journey.harm.store(REPLICA, "replay")
        with pytest.raises(UsageError, match="replay"):
            journey.harm.store("postgres", "replay")
    assert fault.factory("replica-lag") is ReplicaLag
