"""What keeps a namespace from getting ready is named: pod, reason, last words, and what to do."""

from __future__ import annotations

from typing import Any

import pytest
from tests.worlds.kubernetes.cluster import Cluster, Manifest

from telic.clock import VirtualClock
from telic.errors import WorldError
from telic.worlds.kubernetes import waiting


def cluster(*pods: Manifest, job: Manifest | None = None, ready: int = 0) -> Cluster:
    made = Cluster(VirtualClock())
    made.create({"kind": "Deployment", "metadata": {"name": "cart", "labels": {}}, "spec": {"template": {"metadata": {"labels": {}}}}})  # fmt: skip  # noqa: E501
    made.objects["Deployment", "cart"]["status"] = dict.fromkeys(
        ("updatedReplicas", "replicas", "readyReplicas"), ready
    )
    for each in pods:
        made.create({"kind": "Pod", **each})
    if job:
        made.create({"kind": "Job", "metadata": {"name": "prepare-abc"}, "status": job})
    return made


def pod(name: str = "cart-x", **container: Any) -> Manifest:
    return {"metadata": {"name": name}, "status": {"containerStatuses": [container]}}


def ended(message: str, restarts: int) -> Manifest:
    state = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}}
    return pod(state=state, lastState={"terminated": {"exitCode": 1, "message": message}}, restartCount=restarts)


def waited(made: Cluster, within: float = 10.0) -> list[float]:
    clock: list[float] = []
    waiting.until_ready(
        made, image="shop:1", within=within, sleep=clock.append, now=lambda: sum(clock)
    )  # fmt: skip
    return clock


@pytest.mark.parametrize(
    ("made", "said", "hint"),
    [
        (
            cluster(pod(state={"waiting": {"reason": "ImagePullBackOff", "message": "shop:1 not found"}})),
            "pod cart-x: ImagePullBackOff: shop:1 not found", "TELIC_KUBERNETES_IMAGE",
        ),
        (
            cluster(ended("ModuleNotFoundError: No module named 'telic'", 5)),
            r"pod cart-x: CrashLoopBackOff: ModuleNotFoundError.*\(5 restarts\)", "logs cart-x --previous",
        ),
        (
            cluster(pod(state={"waiting": {"reason": "CreateContainerConfigError", "message": "no secret"}})),
            "CreateContainerConfigError: no secret", "logs",
        ),
        (
            cluster(
                pod("prepare-abc-1", lastState={"terminated": {"exitCode": 1, "message": "the image holds hotel"}}),
                job={"conditions": [{"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}]},
            ),
            "job prepare-abc failed: the image holds hotel", "logs job/prepare-abc",
        ),
        (
            cluster({
                "metadata": {"name": "cart-x"},
                "status": {"conditions": [{
                    "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes",
                }]},
            }),
            "not ready after 10 s: pod cart-x: Unschedulable: 0/3 nodes", "room",
        ),
        (cluster(pod(state={"running": {}})), "not ready: cart", "get pods"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(made: Cluster, said: str, hint: str) -> None:
    with pytest.raises(WorldError, match=said) as refused:
        waited(made)
    assert hint in refused.value.hint


def test_a_container_that_is_earlier_than_its_store_is_waited_for() -> None:
    with pytest.raises(WorldError, match="after 10 s"):
        waited(cluster(ended("no database", 2), job={"active": 1}))
    assert waited(cluster(ready=1)) == []
