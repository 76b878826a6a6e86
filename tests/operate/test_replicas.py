"""Replicas: noticed where they fall behind without an end, left alone where they catch up or always were late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.operate.hotel import Hotel

from telic.model import InstanceState, StoreState, Symptom, Window
from telic.operate.diagnosis.findings import Findings, Picture
from telic.operate.diagnosis.mechanisms.replica_lag import replica_lag
from telic.operate.history import History
from telic.operate.replicas import ReplicaMonitor
from telic.operate.words import noticed
from telic.telemetry.queries import ReplicaStep

START = 1_800_000_000.0
WELL = 120  # readings before anything happens [1]
EVERY = 0.5  # [s]
REPLICA = "postgres-replica"


def watched(lag: Callable[[float], float], usual: float = 0.001) -> tuple[ReplicaMonitor, list[list[Symptom]]]:
    """Return a monitor, and what it says at each look while a replica is so far behind, seconds after `WELL`."""
    monitor, found, steps = ReplicaMonitor(), [], list[ReplicaStep]()
    for number in range(WELL + 80):
        time = START + number * EVERY
        behind = usual if number < WELL else lag((number - WELL) * EVERY)
        steps.append(ReplicaStep(REPLICA, time, behind))
        found.append(monitor.step(steps[-12:], time + 0.2, frozen=False))
    return monitor, found


def test_a_replica_that_stands_is_noticed_within_seconds_and_since_when() -> None:
    monitor, found = watched(lambda seconds: seconds)
    at, symptom = next((at, each[0]) for at, each in enumerate(found) if each)
    assert (at - WELL) * EVERY <= 5.0
    assert (symptom.signal, symptom.entity, symptom.felt) == ("replica", REPLICA, False)
    assert symptom.onset == pytest.approx(START + WELL * EVERY, abs=0.1)
    assert REPLICA in noticed(symptom)
    assert not monitor.well(REPLICA, START + len(found) * EVERY)


@pytest.mark.parametrize(
    "lag",
    [
        lambda seconds: 0.02,
        lambda seconds: 2.5,
        lambda seconds: max(0.0, 30.0 - 4.0 * seconds),  # it catches up
        lambda seconds: 6.0 if seconds % 4.0 == 0.0 else 0.1,  # one reading alone
    ],
)
def test_what_does_not_fall_behind_is_left_alone(lag: Callable[[float], float]) -> None:
    assert not any(watched(lag)[1])


def test_a_replica_that_always_is_late_is_left_alone() -> None:
    assert not any(watched(lambda seconds: 6.0, usual=2.0)[1])


def test_it_is_well_again_when_it_has_caught_up() -> None:
    monitor, found = watched(lambda seconds: seconds if seconds < 20.0 else 0.001)
    assert not found[-1]
    assert monitor.well(REPLICA, START + len(found) * EVERY)
    assert not ReplicaMonitor().well(REPLICA, START)


def findings(steps: list[ReplicaStep]) -> Findings:
    hotel = Hotel()
    state, topology = hotel.state(), hotel.topology()
    review = replace(state.services["review"], config={"store.postgres.reads": "replica"})
    server = StoreState(REPLICA, InstanceState(REPLICA, 1, "ready", "", 0.0))
    state = replace(state, services={**state.services, "review": review}, stores={REPLICA: server})
    window = Window(START, START + 10.0)
    return Findings(
        START + 10.0, START, (), topology, state, History(), (), Picture(window), None, (), replicas=steps
    )  # fmt: skip


def test_the_cause_is_the_replica_and_the_remedy_its_design_then_the_primary() -> None:
    before = [ReplicaStep(REPLICA, START - 10.0 + each, 0.001) for each in range(10)]
    after = [ReplicaStep(REPLICA, START + each, float(each)) for each in range(10)]
    (found,) = replica_lag(findings([*before, *after]))
    assert (found.mechanism, found.entity) == ("replica-lag", REPLICA)
    assert found.weight > 2.0
    assert found.onset == pytest.approx(START)
    assert [(each.verb, each.target) for each in found.mitigations] == [
        ("reconcile", REPLICA),
        ("set_config", "review"),
    ]
    assert replica_lag(findings(before)) == []
