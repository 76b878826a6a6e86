"""Harm in a cluster: what a colleague does shows as a rollout, what Chaos Mesh does shows nowhere, all is healed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.worlds.kubernetes.chaos_mesh import of_chaos
from tests.worlds.kubernetes.cluster import Cluster, valid
from tests.worlds.kubernetes.shop import NOW

from telic.errors import UsageError
from telic.model import Design, Window
from telic.worlds.kubernetes.harm import ClusterHarm
from telic.worlds.kubernetes.world import KubernetesWorld

EVER = Window(0.0, 2e9)
WHO = {"author": "kim", "summary": "faster"}


@pytest.fixture
def harm(cluster: Cluster, design: Design, tmp_path: Path) -> ClusterHarm:
    return ClusterHarm(KubernetesWorld(cluster, "shop", cluster._clock, tmp_path), design)


def later(harm: ClusterHarm) -> None:
    harm.world.clock._now += 10.0  # type: ignore[attr-defined]


def test_a_version_is_deployed_seen_and_taken_back(cluster: Cluster, harm: ClusterHarm) -> None:
    before = harm.release_files("cart")
    change = harm.deploy("cart", {"services/cart/handlers.py": "x = 2\n"}, **WHO)
    assert (change.kind, change.before, change.after, change.author) == ("deploy", "1", "2", "kim")
    assert "+x = 2" in change.diff
    assert harm.world.changes(EVER) == [change]
    assert harm.release_files("cart") == {**before, "services/cart/handlers.py": "x = 2\n"}
    valid(cluster.objects["ConfigMap", "cart-release-2"])
    later(harm)
    harm.restore("cart", change)
    assert harm.release_files("cart") == before
    assert [(each.before, each.after) for each in harm.world.changes(EVER)] == [("1", "2"), ("2", "1")]
    later(harm)
    harm.restore("cart", change)
    assert len(harm.world.changes(EVER)) == 2, "what is not in force any more is not taken back"
    with pytest.raises(UsageError, match="no source file of cart"):
        harm.deploy("cart", {"services/gateway/app.py": ""}, **WHO)


def test_a_version_that_comes_again_is_a_change_again(harm: ClusterHarm) -> None:
    change = harm.deploy("cart", {"services/cart/handlers.py": "x = 2\n"}, **WHO)
    for version in ("1", "2", "1"):
        later(harm)
        harm.world.rollouts.switch("cart", version, 1, _said("again"))
    assert [each.after for each in harm.world.changes(EVER)] == ["2", "1", "2", "1"]
    assert change.time == NOW


def _said(text: str) -> Any:
    from telic.worlds.kubernetes.rollout import Said

    return Said("kim", text)


def test_pods_that_are_replaced_at_once_end_first(cluster: Cluster, harm: ClusterHarm) -> None:
    harm.roll_out("cart", {"services/cart/handlers.py": "x = 2\n"}, **WHO)
    assert cluster.objects["Deployment", "cart"]["spec"]["strategy"] == {"type": "Recreate"}
    valid(cluster.objects["Deployment", "cart"])
    later(harm)
    harm.push_config("cart", {"log.level": "DEBUG"}, **WHO)
    assert cluster.objects["Deployment", "cart"]["spec"]["strategy"]["type"] == "RollingUpdate"


def test_settings_policies_and_numbers_of_pods_are_changes(harm: ClusterHarm) -> None:
    config = harm.push_config("cart", {"store.postgres.pool": 1}, **WHO)
    later(harm)
    policy = harm.push_policy("gateway->cart", {"timeout": 0.1}, **WHO)
    later(harm)
    scale = harm.scale("cart", 0, **WHO)
    assert scale is not None
    assert (config.diff, policy.diff, scale.diff) == (
        "store.postgres.pool: 3 -> 1", "timeout: 0.5 -> 0.1", "replicas: 2 -> 0",
    )  # fmt: skip
    assert (config.kind, policy.kind, policy.entity, scale.kind) == ("config", "policy", "gateway->cart", "scale")
    assert harm.world.changes(EVER) == [config, policy, scale]
    assert harm.scale("cart", 0, **WHO) is None
    later(harm)
    harm.restore("cart", config)
    assert harm.state().services["cart"].config["store.postgres.pool"] == 3


def test_chaos_hurts_heals_and_shows_nowhere(cluster: Cluster, harm: ClusterHarm) -> None:
    before = (harm.world.topology(), harm.state(), harm.world.changes(EVER))
    harm.link("gateway->cart", delay=0.2)
    harm.throttle("cart", 0.05)
    harm.skew("cart", 30.0)
    harm.signal("postgres", "KILL")
    assert harm.left() == [
        "NetworkChaos/link-gateway-cart", "PodChaos/end-postgres", "StressChaos/busy-cart", "TimeChaos/skew-cart",
    ]  # fmt: skip
    for (kind, _), each in cluster.objects.items():
        if kind.endswith("Chaos"):
            of_chaos({key: value for key, value in each.items() if key != "status"})
    assert (harm.world.topology(), harm.state(), harm.world.changes(EVER)) == before
    harm.link("gateway->cart", drop=True)
    assert cluster.objects["NetworkChaos", "link-gateway-cart"]["spec"]["action"] == "partition", "one weather an edge"
    harm.link("gateway->cart")
    harm.throttle("cart", 1.0)
    harm.skew("cart", 0.0)
    harm.signal("cart", "CONT")
    harm.close()
    assert harm.left() == []


def test_what_a_cluster_has_no_means_for_is_refused_by_name(harm: ClusterHarm) -> None:
    for call in (
        lambda: harm.limit("cart", memory=1e6), lambda: harm.pause("cart", 0.5), lambda: harm.revoke("cart", "a.b"),
        lambda: harm.capacity("cart", 0.5), lambda: harm.store("postgres", "lock"), lambda: harm.flush("valkey"),
        lambda: harm.signal("cart", "STOP"), lambda: harm.link("gateway->cart", fail=0.5),
        lambda: harm.link("cart->user", delay=1.0), lambda: harm.throttle("carts", 0.5),
        lambda: harm.push_policy("gateway->cart", {"timeout": "long"}, **WHO),
    ):  # fmt: skip
        with pytest.raises(UsageError):
            call()
    assert harm.left() == []
