"""A namespace of one's own: labelled, removed at the end, found again when its process was killed."""

from __future__ import annotations

import subprocess
import sys

import psutil
import pytest
from tests.worlds.kubernetes.cluster import Cluster, Manifest, valid

from telic.clock import VirtualClock
from telic.errors import WorldUnavailable
from telic.worlds.kubernetes import place


def labelled(pid: int, born: float, machine: str = "") -> dict[str, str]:
    return {place.MACHINE: machine or place.machine(), place.PROCESS: str(pid), place.BORN: str(round(born))}


def test_a_namespace_says_whose_it_is_and_is_gone_at_the_end() -> None:
    api = Cluster(VirtualClock(), place.new_name("shop"))
    with place.held(api, "shop"):
        made = api.objects["Namespace", api.namespace]
        valid(made)
        assert place.lives(made)
        assert place.sweep(api) == [], "its process runs"
    assert not api.objects


def test_only_namespaces_of_this_machines_dead_processes_are_swept() -> None:
    gone = subprocess.Popen([sys.executable, "-c", "pass"])
    born = psutil.Process(gone.pid).create_time()
    gone.wait()
    me = psutil.Process()
    api = Cluster(VirtualClock(), "default")
    for name, labels in {
        "dead": labelled(gone.pid, born),
        "mine": labelled(me.pid, me.create_time()),
        "number-used-again": labelled(me.pid, me.create_time() - 3600.0),
        "of-another-machine": labelled(gone.pid, born, "0" * 16),
        "of-a-person": {},
        "ending": labelled(gone.pid, born),
    }.items():
        api.create({"kind": "Namespace", "metadata": {"name": name, "labels": labels}})
    api.objects["Namespace", "ending"]["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert place.sweep(api) == ["dead", "number-used-again"]
    assert {name for _, name in api.objects} == {"mine", "of-another-machine", "of-a-person", "ending"}


def test_a_cluster_that_does_not_answer_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deaf(Cluster):
        def list(self, kind: str, labels: object) -> list[Manifest]:
            raise WorldUnavailable("the cluster does not answer: refused")

        def delete(self, kind: str, name: str) -> None:
            raise WorldUnavailable("the cluster does not answer: refused")

    api = Deaf(VirtualClock(), "default")
    (said,) = place.swept(lambda: api)
    assert "does not answer" in said
    with place.held(api, "shop"):
        pass
