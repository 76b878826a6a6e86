"""Deployments of services and stores: pods that may do little, and probes that say when they serve."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from telic.model import Design, ServiceDesign
from telic.worlds.kubernetes import names, queue
from telic.worlds.kubernetes.settings import FILE, STATE, STORES

Manifest = dict[str, Any]

USER = 10001  # that owns the processes in pods; no root [1]
UNWRITABLE = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
LAST_WORDS = "FallbackToLogsOnError"  # a pod's status tells the end of its log
POSTGRES, VALKEY = "postgres:18-alpine", "valkey/valkey:9-alpine"
GRACE = 15  # for a pod to end what it has begun [s]
ROLLING: Manifest = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}
AT_ONCE: Manifest = {"type": "Recreate", "rollingUpdate": None}  # the old pods end before new ones start


@dataclass(frozen=True)
class Options:
    """What a cluster's owner chooses.

    Attributes
    ----------
    namespace
        Where everything goes; "": one called as the system.
    image
        Holds Python with Telic, and the design under ``/design`` for the job that prepares the database.
    replicas
        Of every service at first [1].
    telemetry
        Where services send OTLP over HTTP, such as ``http://collector.observability:4318``; "": nowhere.
    storage
        Of the database [GiB].
    """

    namespace: str = ""
    image: str = "telic-system:latest"
    replicas: int = 1
    telemetry: str = ""
    storage: int = 4


def deployment(design: Design, service: ServiceDesign, options: Options, *, version: str, revision: int) -> Manifest:
    """Return the Deployment of one service at one version and revision of its configuration."""
    name, whole = names.checked(service.name), names.labels(design.system, service.name)
    annotations = {
        names.REVISION: str(revision),
        names.CALLEES: json.dumps([*service.callees, *service.stores]),
        names.AUTHOR: names.OWNER,
        names.SUMMARY: f"version {version} of {service.name}",
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
            "name": name,
            "namespace": options.namespace or design.system,
            "labels": {**whole, names.VERSION: version},
            "annotations": annotations,
        },
        "spec": {
            "replicas": options.replicas,
            "revisionHistoryLimit": 20,
            "selector": {"matchLabels": names.selector(design.system, service.name)},
            "strategy": ROLLING,
            "template": {
                "metadata": {
                    "labels": {**whole, names.VERSION: version},
                    "annotations": {names.REVISION: str(revision)},
                },
                "spec": _service_pod(service, options, version, revision),
            },
        },
    }


def volumes(service: str, version: str, revision: int) -> list[Manifest]:
    """Return the volumes that decide which version and which configuration a pod runs."""
    return [
        {"name": "release", "configMap": {"name": names.release_name(service, version)}},
        {"name": "config", "configMap": {"name": names.config_name(service, revision)}},
        {"name": "secrets", "secret": {"secretName": f"{service}-secrets", "defaultMode": 0o440}},
        {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
    ]


def _service_pod(service: ServiceDesign, options: Options, version: str, revision: int) -> Manifest:
    name = service.name
    ready = {"httpGet": {"path": "/-/ready", "port": "http"}, "timeoutSeconds": 2}
    command = ["python", "-m", "telic.runtime.serve", "--service", name, "--instance", "$(POD_NAME)"]
    command += ["--release", "/release", "--config", f"/config/{FILE}"]
    container = {
        "name": name,
        "image": options.image,
        "command": command,
        "env": [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
        "ports": [{"name": "http", "containerPort": names.PORT}],
        "startupProbe": {**ready, "periodSeconds": 1, "failureThreshold": 60},
        "readinessProbe": {**ready, "periodSeconds": 2, "failureThreshold": 2},
        "livenessProbe": {"tcpSocket": {"port": "http"}, "periodSeconds": 10, "failureThreshold": 6},
        "resources": {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"cpu": "1", "memory": "256Mi"}},
        "terminationMessagePolicy": LAST_WORDS,
        "securityContext": UNWRITABLE,
        "volumeMounts": [
            {"name": "release", "mountPath": f"/release/services/{name}", "readOnly": True},
            {"name": "config", "mountPath": "/config", "readOnly": True},
            {"name": "secrets", "mountPath": f"{STATE}/secrets", "readOnly": True},
            {"name": "tmp", "mountPath": "/tmp"},
        ],
    }
    return confined([container], volumes(name, version, revision))


def store(design: Design, name: str, options: Options) -> list[Manifest]:
    """Return what runs a store: PostgreSQL and NATS with a disk of their own, Valkey without."""
    if name == "nats":
        return [queue.pods(design, options.namespace or design.system, options.storage, GRACE)]
    return _postgres(design, options) if name == "postgres" else [_valkey(design, options)]


def _postgres(design: Design, options: Options) -> list[Manifest]:
    namespace, whole = options.namespace or design.system, names.labels(design.system, "postgres", "store")
    password = {"secretKeyRef": {"name": "postgres-admin", "key": "password"}}
    container = {
        "name": "postgres",
        "image": POSTGRES,
        "env": [
            {"name": "POSTGRES_PASSWORD", "valueFrom": password},
            {"name": "PGDATA", "value": "/data/pg"},
        ],
        "ports": [{"name": "postgres", "containerPort": STORES["postgres"]}],
        "readinessProbe": {"exec": {"command": ["pg_isready", "-U", "postgres"]}, "periodSeconds": 2},
        "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
        "volumeMounts": [{"name": "data", "mountPath": "/data"}],
    }
    claim = {
        "metadata": {"name": "data"},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": f"{options.storage}Gi"}},
        },
    }
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "StatefulSet",
            "metadata": {"name": "postgres", "namespace": namespace, "labels": whole},
            "spec": {
                "serviceName": "postgres",
                "replicas": 1,
                "selector": {"matchLabels": names.selector(design.system, "postgres")},
                "template": {"metadata": {"labels": whole}, "spec": {"containers": [container]}},
                "volumeClaimTemplates": [claim],
            },
        }
    ]


def _valkey(design: Design, options: Options) -> Manifest:
    whole = names.labels(design.system, "valkey", "store")
    container = {
        "name": "valkey",
        "image": VALKEY,
        "args": ["--save", "", "--appendonly", "no", "--maxmemory", "128mb", "--maxmemory-policy", "allkeys-lru"],
        "ports": [{"name": "valkey", "containerPort": STORES["valkey"]}],
        "readinessProbe": {"exec": {"command": ["valkey-cli", "ping"]}, "periodSeconds": 2},
        "resources": {"requests": {"cpu": "50m", "memory": "32Mi"}, "limits": {"memory": "192Mi"}},
        "securityContext": UNWRITABLE,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "valkey", "namespace": options.namespace or design.system, "labels": whole},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": names.selector(design.system, "valkey")},
            "template": {"metadata": {"labels": whole}, "spec": confined([container], [])},
        },
    }


def preparing(design: Design, options: Options) -> Manifest:
    """Return the Job that gives the database its roles, tables, first rows and grants."""
    whole = names.labels(design.system, "prepare", "job")
    password = {"secretKeyRef": {"name": "postgres-admin", "key": "password"}}
    command = ["python", "-m", "telic.worlds.kubernetes.prepare", "--design", "/design", "--state", str(STATE)]
    container = {
        "name": "prepare",
        "image": options.image,
        "command": [*command, "--expect", design.hash],
        "env": [{"name": "PGPASSWORD", "valueFrom": password}],
        "terminationMessagePolicy": LAST_WORDS,
        "resources": {"requests": {"cpu": "50m", "memory": "96Mi"}, "limits": {"memory": "512Mi"}},
        "securityContext": UNWRITABLE,
        "volumeMounts": [{"name": "secrets", "mountPath": f"{STATE}/secrets", "readOnly": True}],
    }
    pod = confined([container], [{"name": "secrets", "secret": {"secretName": "database-roles", "defaultMode": 0o440}}])
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"prepare-{design.hash.removeprefix('sha256:')[:12]}",
            "namespace": options.namespace or design.system,
            "labels": whole,
        },
        "spec": {
            "backoffLimit": 20,
            "template": {"metadata": {"labels": whole}, "spec": {**pod, "restartPolicy": "OnFailure"}},
        },
    }


def confined(containers: Sequence[Mapping[str, Any]], mounted: Sequence[Manifest]) -> Manifest:
    """Return a pod that may do little: no root, no account of the cluster's."""
    return {
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": GRACE,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": list(containers),
        **({"volumes": list(mounted)} if mounted else {}),
    }
