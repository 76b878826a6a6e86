"""A namespace in memory: keeps objects, merges patches, and rolls deployments out as the cluster's controller does."""

from __future__ import annotations

import base64
import copy
import json
import socket
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from telic.clock import VirtualClock
from telic.worlds.kubernetes.observed import NUMBER

Manifest = dict[str, Any]
VERSION = "1.36"


@cache
def _known(text: str) -> None:
    published = pytest.importorskip("kubernetes_validate", reason="the published schemas are not installed")
    published.validate(json.loads(text), VERSION, strict=True)


def valid(manifest: Manifest) -> None:
    """Raise where an object is not what the published schema of its kind says, unknown fields included."""
    _known(json.dumps(manifest, sort_keys=True))


def merged(old: Any, new: Any) -> Any:
    """Return `new` merged into `old` (RFC 7386)."""
    if not isinstance(new, Mapping):
        return copy.deepcopy(new)
    found = dict(old) if isinstance(old, Mapping) else {}
    for key, value in new.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


class Cluster:
    """Implements `telic.worlds.kubernetes.api.Api`."""

    def __init__(self, clock: VirtualClock, namespace: str = "shop") -> None:
        self.namespace, self._clock = namespace, clock
        self.objects: dict[tuple[str, str], Manifest] = {}
        self.patched: list[tuple[str, str]] = []
        self.chaotic = True

    def get(self, kind: str, name: str) -> Manifest | None:
        found = self.objects.get((kind, name))
        return copy.deepcopy(found) if found else None

    def list(self, kind: str, labels: Mapping[str, str]) -> list[Manifest]:
        return [
            copy.deepcopy(each)
            for (of, _), each in sorted(self.objects.items())
            if of == kind and labels.items() <= each["metadata"].get("labels", {}).items()
        ]

    def create(self, manifest: Manifest) -> None:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        assert (kind, name) not in self.objects, f"{kind} {name} is there"
        self.objects[kind, name] = copy.deepcopy(manifest)
        if kind == "Secret":
            told = self.objects[kind, name].pop("stringData", {})
            self.objects[kind, name]["data"] = {
                key: base64.b64encode(value.encode()).decode() for key, value in told.items()
            }
        if kind.endswith("Chaos"):
            self.objects[kind, name]["status"] = {"conditions": [{"type": "AllInjected", "status": "True"}]}
        self._roll_out(kind, name)

    def patch(self, kind: str, name: str, body: Mapping[str, Any]) -> None:
        assert self.objects[kind, name].get("immutable") is not True
        self.objects[kind, name] = merged(self.objects[kind, name], body)
        self.patched.append((kind, name))
        self._roll_out(kind, name)

    def delete(self, kind: str, name: str) -> None:
        self.objects.pop((kind, name), None)
        if kind == "Namespace" and name == self.namespace:
            self.objects.clear()

    def groups(self) -> set[str]:
        return {"apps", "chaos-mesh.org"} if self.chaotic else {"apps"}

    def dial(self, pod: str, port: int) -> socket.socket:
        raise AssertionError(f"nobody listens at port {port} of {pod}")

    def _observe(self, one: Manifest) -> None:
        """Say that all pods run, as soon as they are wanted."""
        one["status"] = dict.fromkeys(("updatedReplicas", "replicas", "readyReplicas"), one["spec"].get("replicas", 1))

    def _roll_out(self, kind: str, name: str) -> None:
        if kind not in ("Deployment", "StatefulSet"):
            return
        one = self.objects[kind, name]
        self._observe(one)
        if kind == "StatefulSet":
            return
        sets = [each for (of, _), each in self.objects.items() if of == "ReplicaSet" and each["of"] == name]
        same = next((each for each in sets if each["spec"]["template"] == one["spec"]["template"]), None)
        number = str(1 + max((int(each["metadata"]["annotations"][NUMBER]) for each in sets), default=0))
        notes = {**one["metadata"].get("annotations", {}), NUMBER: number}
        if same is not None:
            if same["metadata"]["annotations"][NUMBER] != str(int(number) - 1):
                same["metadata"]["annotations"] = notes
            return
        made = datetime.fromtimestamp(self._clock.time(), UTC).isoformat().replace("+00:00", "Z")
        metadata = {
            "name": f"{name}-{number}",
            "labels": one["spec"]["template"]["metadata"]["labels"],
            "annotations": notes,
            "creationTimestamp": made,
        }
        spec = {"template": copy.deepcopy(one["spec"]["template"])}
        self.objects["ReplicaSet", f"{name}-{number}"] = {"of": name, "metadata": metadata, "spec": spec}
