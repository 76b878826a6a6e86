"""Whole episodes in a cluster whose pods are processes of this machine: real load, telemetry, harm and repair."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from tests.worlds.kubernetes.kubelet import Kubelet
from typer.testing import CliRunner

from telic import cli
from telic.errors import UsageError
from telic.lab.cluster import course
from telic.lab.course import Hurt
from telic.lab.grading import grade
from telic.lab.runs import folder as runs
from telic.lab.scenario import Load, Phases, Placed, Scenario
from telic.lab.scenario.writing import write
from telic.lab.session import Episode, loading, running
from telic.lab.session.playing import built_in
from telic.model import Window
from telic.settings import Settings
from telic.worlds.kubernetes import place
from telic.worlds.kubernetes.api import Api, connect

pytestmark = [pytest.mark.live, pytest.mark.timeout(120)]

KIOSK = Path(__file__).parents[2] / "worlds" / "kubernetes" / "kiosk.yaml"
PHASES = Phases(warm=2.0, baseline=4.0, spread=0.0, recovery=5.0)  # a shorter window has too few users
SCENARIO = Scenario("kiosk", str(KIOSK), workload=Load("normal", rate=20.0), phases=PHASES)


@pytest.fixture
def app() -> str:
    return str(KIOSK)


@pytest.fixture
def clusters(app: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[list[Kubelet]]:
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TELIC_KUBERNETES_IMAGE", "kiosk:1")
    made, before = list[Kubelet](), set(psutil.Process().children(recursive=True))  # other tests' worlds may be up

    def connected(namespace: str, context: str = "") -> Api:
        made.append(Kubelet(namespace, loading.prepared(Scenario("app", app)).folder))
        return made[-1]

    monkeypatch.setattr(course, "connect", connected)
    yield made
    for each in made:
        each.close()
    assert not psutil.wait_procs(set(psutil.Process().children(recursive=True)) - before, timeout=5.0)[1]


def played(actor: str, *faults: Placed, hold: float, app: str = str(KIOSK)) -> Episode:
    scenario = replace(SCENARIO, app=app, faults=faults, phases=replace(PHASES, hold=hold))
    return running.run(scenario, built_in(actor), actor=actor, world="kubernetes")


@pytest.mark.nightly
def test_the_command_plays_and_telic_finds_a_bad_version_and_rolls_it_back(
    clusters: list[Kubelet], tmp_path: Path
) -> None:
    fault = Placed("bad-deploy-exception", {"service": "paper", "operation": "see_papers"})
    file = tmp_path / "kiosk.toml"
    file.write_text(write(replace(SCENARIO, faults=(fault,), phases=replace(PHASES, hold=40.0))))
    said = CliRunner().invoke(
        cli.face(["lab"]), ["lab", "run", str(file), "--world", "kubernetes", "--actor", "telic", "--json"]
    )
    assert said.exit_code == 0, said.output
    (episode,), _ = runs.episodes(runs.find(tmp_path / "home", "latest"))
    found = grade(episode)
    why = (found, episode.calls, episode.actions, episode.post)
    assert not found.void, why
    assert {each.operation for each in episode.users if each.harmed} == {"F1"}
    assert [(str(each.action), each.outcome) for each in episode.actions] == [("rollback paper (version=1)", "helped")]
    judged = (found.detect, found.localise, found.explain, found.mitigate)
    assert all(each.passed for each in judged), [each.why for each in judged]
    assert "exec_shell" not in {each.name for each in episode.brief.tools}
    assert {kind for kind, _ in clusters[-1].objects} <= {"Pod"}, "the namespace is gone, its pods end"


@pytest.mark.nightly
def test_a_service_that_was_scaled_to_zero_stays_so_where_nobody_acts(clusters: list[Kubelet]) -> None:
    episode = played("noop", Placed("scaled-to-zero", {"service": "paper"}), hold=6.0)
    found = grade(episode)
    assert not found.void, (found.void, episode)
    assert (found.detect.passed, found.mitigate.passed) == (False, False)
    assert episode.post.collateral == ("paper does not run",)


def test_a_journey_hurts_and_heals_and_a_container_that_ended_is_started_again(
    clusters: list[Kubelet], tmp_path: Path
) -> None:
    design, said = loading.prepared(Scenario("kiosk", str(KIOSK))), list[str]()
    settings = replace(Settings.read(), home=tmp_path)
    with course.start(design, settings, lambda told: said.append(told.text), rate=20.0) as journey:
        assert f"everything is ready in namespace {journey.world.api.namespace}" in said
        journey.harm.signal("shelf", "KILL")
        until(lambda: journey.world.state().services["shelf"].instances[0].restarts == 1)
        until(lambda: journey.world.state().services["shelf"].instances[0].phase == "ready")
        assert journey.world.state().services["shelf"].instances[0].last_exit == "signal 9"
        assert journey.world.changes(Window(0.0, journey.now() + 1.0)) == [], "nobody did that"
        hurt = Hurt("scaled-to-zero", 1, ("service=paper",), decoy=False, patience=4.0, warm=1.0)
        episode = journey.hurt(hurt)
        assert (episode.injection.truth.entity, episode.score.harm_began is None) == ("paper", False)
        (paper,) = journey.world.state().services["paper"].instances
        assert paper.phase == "ready", "it was healed"
        assert [each.diff for each in journey.world.changes(Window(0.0, journey.now() + 1.0))] == [
            "replicas: 1 -> 0",
            "replicas: 0 -> 1",
        ]


def until(holds: Callable[[], bool], within: float = 20.0) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.nightly
@pytest.mark.parametrize("app", ["hotel"])
def test_the_hotel_is_operated_and_its_data_are_asked(clusters: list[Kubelet], app: str) -> None:
    episode = played("telic", Placed("n-plus-one", {"service": "hotel", "operation": "near"}), hold=40.0, app=app)
    found = grade(episode)
    assert not found.void
    assert found.mitigate.passed, (found.mitigate, episode.actions)
    assert [each.holds for each in episode.post.invariants] == [True] * 3


@pytest.mark.nightly
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", [Placed("scaled-to-zero"), Placed("network")])
def test_an_episode_plays_in_a_real_cluster(fault: Placed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Needs TELIC_KUBERNETES, a context, and TELIC_KUBERNETES_IMAGE, which it may pull and which holds the hotel."""
    if not os.environ.get("TELIC_KUBERNETES"):
        pytest.skip("TELIC_KUBERNETES names no context of a cluster")
    monkeypatch.setenv("TELIC_HOME", str(tmp_path))
    wanted = Scenario("real", "hotel", workload=Load("normal", rate=25.0), faults=(fault,))
    try:
        episode = running.run(wanted, built_in("oracle"), actor="oracle", world="kubernetes")
    except UsageError as error:
        if "no Chaos Mesh" in str(error):
            pytest.skip(str(error))
        raise
    assert not grade(episode).void
    api = connect(place.PREFIX, context=os.environ["TELIC_KUBERNETES"])
    left = [each for each in api.list("Namespace", {place.MACHINE: place.machine()}) if place.lives(each)]
    assert all(each["metadata"].get("deletionTimestamp") for each in left)
