"""Every kind of fault plays in a cluster or says why not, before anything is started."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from telic.errors import UsageError
from telic.lab import faults
from telic.lab.cluster import course, plays
from telic.lab.fault import fault
from telic.lab.runs.playable import require_playable
from telic.lab.scenario import Noise, Placed, Scenario
from telic.settings import Settings
from telic.worlds.kubernetes.harm import ClusterHarm

IN_CLUSTER = [kind for kind in faults.fault if plays.words(kind)]
REFUSED = [kind for kind in faults.fault if not plays.words(kind)]
VERBS = ("signal", "throttle", "link", "limit", "skew", "store", "capacity", "flush", "pause", "revoke", "grant")


def test_every_kind_is_in_one_of_both_tables() -> None:
    table = plays.table()
    assert all(f"`{kind}`" in table for kind in fault)
    assert set(plays.REASONS) <= set(REFUSED)
    assert {*plays.BY_API, *plays.BY_CHAOS} <= set(IN_CLUSTER)


@pytest.mark.parametrize("kind", IN_CLUSTER)
def test_a_kind_that_plays_calls_what_the_harm_has(kind: str) -> None:
    """A verb that `Harm` has and a cluster refuses stands in no fault that plays, but for what heals."""
    made = fault.factory(kind)
    sources = [inspect.getsource(each) for each in made.__mro__ if each.__module__.startswith("telic.lab")]  # type: ignore[attr-defined]
    called = {verb for verb in VERBS for text in sources if f"harm.{verb}(" in text}
    assert called <= set(vars(ClusterHarm)), called


def test_the_guide_has_the_table() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "how-to" / "kubernetes.md").read_text()
    assert plays.table() in guide


def scenario(*faults: Placed, noise: tuple[Noise, ...] = ()) -> Scenario:
    return Scenario("one", "hotel", faults=faults, noise=noise)


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (scenario(Placed("hang")), "hang does not play in a cluster: a container's first process"),
        (scenario(Placed("table-locked")), "table-locked does not play in a cluster: the lab changes nothing"),
        (scenario(Placed("crash-loop")), "crash-loop by a setting"),
        (scenario(noise=(Noise("red-herring"),)), "a red herring does not play"),
        (scenario(Placed("crash-loop", {"kind": "deploy"}), noise=(Noise("decoy"),)), "no image"),
        (scenario(), "no image"),
    ],
)
def test_what_does_not_play_is_refused_before_anything_starts(
    wanted: Scenario, said: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("TELIC_KUBERNETES_IMAGE", raising=False)
    with pytest.raises(UsageError, match=said):
        require_playable([wanted], ["kubernetes"])


def test_a_fault_of_chaos_mesh_needs_it_in_the_cluster(tmp_path: Path) -> None:
    from tests.worlds.kubernetes.cluster import Cluster

    from telic.clock import VirtualClock
    from telic.lab.session import loading

    api = Cluster(VirtualClock())
    api.chaotic = False
    settings = replace(Settings.read({}), home=tmp_path, kubernetes_image="hotel:1")
    design = loading.prepared(Scenario("hotel"))
    with (
        pytest.raises(UsageError, match="network: the cluster has no Chaos Mesh"),
        course.start(
            design, settings, lambda told: None, kinds=["network", "surge"], connected=lambda name, context: api
        ),
    ):
        pass
    assert not api.objects, "nothing was made"
