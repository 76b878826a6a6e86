"""A design on Kubernetes: what is observed of it, and verbs that can be taken back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.worlds.kubernetes.cluster import Cluster, Manifest, valid
from tests.worlds.kubernetes.shop import NOW, OPTIONS

from telic.clock import VirtualClock
from telic.errors import ActionRefused, StoreFailed, TelicError, UsageError, WorldUnavailable
from telic.model import Action, Design, Window
from telic.worlds.kubernetes import names, starting
from telic.worlds.kubernetes.api import connect
from telic.worlds.kubernetes.manifests import release
from telic.worlds.kubernetes.observed import instance
from telic.worlds.kubernetes.world import KubernetesWorld


@pytest.fixture
def world(cluster: Cluster, tmp_path: Path) -> KubernetesWorld:
    return KubernetesWorld(cluster, "shop", cluster._clock, tmp_path / "state")


def test_what_was_started_can_be_observed(world: KubernetesWorld) -> None:
    assert [(each.caller, each.callee, each.kind) for each in world.topology().edges] == [
        ("cart", "postgres", "uses"), ("cart", "valkey", "uses"), ("gateway", "cart", "calls"),
    ]  # fmt: skip
    assert world.topology().entry == "gateway"
    state = world.state()
    cart = state.services["cart"]
    assert (cart.version, cart.previous_version, cart.revision, cart.replicas) == ("1", "", 1, 2)
    assert cart.config["store.postgres.pool"] == 3
    assert set(state.stores) == {"postgres", "valkey"}
    assert world.changes(Window(0.0, NOW + 1.0)) == []
    assert set(world.release_files("cart")) == {"services/cart/app.py", "services/cart/handlers.py"}
    with pytest.raises(StoreFailed, match="telemetry"):
        world.store().query("SELECT 1")


def test_a_second_start_changes_no_secret_and_no_revision(cluster: Cluster, design: Design) -> None:
    before = {key: dict(each) for key, each in cluster.objects.items() if key[0] in ("Secret", "ConfigMap")}
    assert starting.start(cluster, design, OPTIONS) == []
    assert {key: each for key, each in cluster.objects.items() if key[0] in ("Secret", "ConfigMap")} == before
    gone = starting.end(cluster, "shop")
    assert "StatefulSet/postgres" in gone
    assert {kind for kind, _ in cluster.objects} == {"Namespace", "ReplicaSet"}, "the cluster removes what pods own"


def test_a_setting_is_changed_by_a_new_revision_and_taken_back(cluster: Cluster, world: KubernetesWorld) -> None:
    wanted = Action("set_config", "cart", {"key": "store.postgres.pool", "value": "9"}, "more of them")
    assert world.dry_run(wanted) == "cart: store.postgres.pool 3 -> 9, as revision 2, rolled out"
    assert not cluster.patched
    cluster._clock._now += 60.0
    undo = world.apply(wanted)
    assert (world.state().services["cart"].revision, world.state().services["cart"].config["store.postgres.pool"]) == (
        2,
        9,
    )
    (change,) = world.changes(Window(NOW, NOW + 100.0))
    assert (change.kind, change.author, change.diff, change.time) == (
        "config", "telic", "store.postgres.pool: 3 -> 9", NOW + 60.0,
    )  # fmt: skip
    assert undo.action is not None
    world.apply(undo.action)
    assert world.state().services["cart"].config["store.postgres.pool"] == 3
    for kind, name in (("Deployment", "cart"), ("ConfigMap", "cart-config-3")):
        valid({**(cluster.get(kind, name) or {})})
    volumes = cluster.objects["Deployment", "cart"]["spec"]["template"]["spec"]["volumes"]
    assert {"name": "config", "configMap": {"name": "cart-config-3"}} in volumes


def test_a_version_is_rolled_back(cluster: Cluster, world: KubernetesWorld, design: Design) -> None:
    cart = design.service("cart")
    cluster.create(release(design, cart, OPTIONS, {"app.py": "broken\n"}, "2"))
    world.apply(Action("rollback", "cart", {"version": "2"}))
    cart_now = world.state().services["cart"]
    assert (cart_now.version, cart_now.previous_version) == ("2", "1")
    assert world.release_files("cart") == {"services/cart/app.py": "broken\n"}
    assert [(each.kind, each.before, each.after) for each in world.changes(Window(0, 2e9))] == [("deploy", "1", "2")]
    undo = world.apply(Action("rollback", "cart"))
    assert world.state().services["cart"].version == "1"
    assert str(undo.action) == "rollback cart (version=2)"
    valid(cluster.objects["Deployment", "cart"])


def test_scale_restart_and_policy(cluster: Cluster, world: KubernetesWorld) -> None:
    undo = world.apply(Action("scale", "cart", {"replicas": 0}))
    assert (world.state().services["cart"].replicas, str(undo.action)) == (0, "scale cart (replicas=2)")
    world.apply(Action("restart", "cart"))
    world.apply(Action("restart", "postgres"))
    assert cluster.patched[-1] == ("StatefulSet", "postgres")
    assert sorted(each.kind for each in world.changes(Window(0, 2e9))) == ["restart", "scale"]
    undo = world.apply(Action("set_policy", "gateway->cart", {"policy": '{"timeout": 2.0}'}))
    policies = world.state().services["gateway"].policies
    assert policies["gateway->cart"]["timeout"] == 2.0  # type: ignore[index]
    assert undo.action is not None
    world.apply(undo.action)
    assert world.state().services["gateway"].policies["gateway->cart"]["timeout"] == 0.5  # type: ignore[index]
    for name in ("cart", "gateway"):
        valid(cluster.objects["Deployment", name])


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (Action("failover", "gateway->cart"), "no verb 'failover'"),
        (Action("restart", "carts"), "no service 'carts'"),
        (Action("rollback", "cart", {"version": "9"}), "no version '9'"),
        (Action("rollback", "cart", {"version": "1"}), "runs version 1 already"),
        (Action("set_config", "cart", {"key": "poool", "value": 1}), "no setting 'poool'"),
        (Action("set_config", "cart", {"key": "store.postgres.pool", "value": "many"}), "is no int"),
        (Action("scale", "cart", {"replicas": 2}), "it has 2"),
        (Action("scale", "cart", {"replicas": -1}), "it has 2"),
        (Action("set_policy", "gateway->cart", {"policy": "{"}), "not a policy"),
        (Action("set_policy", "gateway->user", {"policy": "{}"}), "no edge"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_happens(
    cluster: Cluster, world: KubernetesWorld, wanted: Action, said: str
) -> None:
    with pytest.raises(ActionRefused, match=re.escape(said)):
        world.apply(wanted)
    assert not cluster.patched


def pod(**status: Any) -> Manifest:
    return {"metadata": {"name": "cart-x", "labels": {names.VERSION: "1"}}, "status": status}


@pytest.mark.parametrize(
    ("status", "phase", "last_exit"),
    [
        ({}, "starting", ""),
        ({"conditions": [{"type": "Ready", "status": "True"}], "containerStatuses": [{"started": True}]}, "ready", ""),
        (
            {"conditions": [{"type": "Ready", "status": "False"}], "containerStatuses": [{"started": True}]},
            "unready",
            "",
        ),
        (
            {
                "containerStatuses": [
                    {
                        "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                        "lastState": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                        "restartCount": 4,
                    }
                ]
            },
            "backoff",
            "signal 9 (OOMKilled)",
        ),
    ],
)
def test_pods_are_instances(status: Manifest, phase: str, last_exit: str) -> None:
    found = instance(pod(**status))
    assert (found.phase, found.last_exit) == (phase, last_exit)


def test_without_a_cluster_the_next_step_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("kubernetes", reason="the extra `kubernetes` is not installed")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    with pytest.raises(UsageError, match="no cluster"):
        connect("shop", kubeconfig=str(tmp_path / "none"))
    empty = KubernetesWorld(Cluster(VirtualClock(NOW)), "shop", VirtualClock(NOW), tmp_path)
    with pytest.raises(WorldUnavailable, match="no shop in namespace shop"):
        empty.state()
    with pytest.raises(TelicError):
        empty.ask("ping")
