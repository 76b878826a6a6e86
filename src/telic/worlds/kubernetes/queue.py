"""NATS in a cluster: its configuration as a Secret, its streams on a disk of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from telic.model import Design
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.settings import STORES
from telic.worlds.local import nats

NATS = "nats:2-alpine"
CONFIG = "nats-config"  # the Secret that holds its configuration
FILE = "nats.conf"


def secrets_of(design: Design) -> tuple[str, ...]:
    """Return the names of the passwords with which services ask the queue."""
    return tuple(nats.secret_name(each) for each in nats.users(design))


def configuration(design: Design, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the content of the configuration's Secret."""
    place = f"0.0.0.0:{STORES[nats.STORE]}"
    return {FILE: nats.settings(design, place, "/data", lambda user: secrets[nats.secret_name(user)])}


def pods(design: Design, namespace: str, storage: int, grace: int) -> dict[str, Any]:
    """Return what runs it: a StatefulSet of one.

    Parameters
    ----------
    storage
        Of its disk [GiB].
    grace
        For the pod to end what it has begun [s].
    """
    whole = names.labels(design.system, nats.STORE, "store")
    container = {
        "name": nats.STORE,
        "image": NATS,
        "args": ["--config", f"/etc/nats/{FILE}"],
        "ports": [{"name": nats.STORE, "containerPort": STORES[nats.STORE]}],
        "readinessProbe": {"tcpSocket": {"port": STORES[nats.STORE]}, "periodSeconds": 2},
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "volumeMounts": [
            {"name": "data", "mountPath": "/data"},
            {"name": "config", "mountPath": "/etc/nats", "readOnly": True},
        ],
    }
    claim = {
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": f"{storage}Gi"}}},
    }
    pod = {
        "automountServiceAccountToken": False,
        "terminationGracePeriodSeconds": grace,
        "containers": [container],
        "volumes": [{"name": "config", "secret": {"secretName": CONFIG}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {"name": nats.STORE, "namespace": namespace, "labels": whole},
        "spec": {
            "serviceName": nats.STORE,
            "replicas": 1,
            "selector": {"matchLabels": names.selector(design.system, nats.STORE)},
            "template": {"metadata": {"labels": whole}, "spec": pod},
            "volumeClaimTemplates": [claim],
        },
    }
