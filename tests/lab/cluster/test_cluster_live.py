"""Whole episodes in a cluster whose pods are processes of this machine: real load, telemetry, harm and repair."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.worlds.kubernetes.kubelet import Kubelet

from telic.lab.cluster import course
from telic.lab.grading import grade
from telic.lab.scenario import Load, Phases, Placed, Scenario
from telic.lab.session import Episode, running
from telic.lab.session.many import built_in
from telic.worlds.kubernetes.api import Api

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

KIOSK = Path(__file__).parents[2] / "worlds" / "kubernetes" / "kiosk.yaml"
PHASES = Phases(warm=3.0, baseline=4.0, spread=0.0, hold=12.0, recovery=4.0)
SCENARIO = Scenario("kiosk", str(KIOSK), workload=Load("normal", rate=12.0), phases=PHASES)


@pytest.fixture
def clusters(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Kubelet]]:
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TELIC_KUBERNETES_IMAGE", "kiosk:1")
    made: list[Kubelet] = []

    def connected(namespace: str, context: str = "") -> Api:
        made.append(Kubelet(namespace, running.prepared(str(KIOSK)).folder))
        return made[-1]

    monkeypatch.setattr(course, "connect", connected)
    yield made
    for each in made:
        each.close()
    assert not [each for each in psutil.Process().children(recursive=True) if each.status() != psutil.STATUS_ZOMBIE]


def played(actor: str, *faults: Placed) -> Episode:
    scenario = replace(SCENARIO, faults=faults)
    return running.run(scenario, built_in(actor), actor=actor, world="kubernetes")


def test_a_service_that_was_scaled_to_zero_stays_so_where_nobody_acts(clusters: list[Kubelet]) -> None:
    episode = played("noop", Placed("scaled-to-zero", {"service": "paper"}))
    found = grade(episode)
    assert not found.void, (found.void, episode)
    assert {each.operation for each in episode.users if each.harmed} == {"see_papers"}
    assert episode.post.collateral == ("paper does not run",)
