"""What rolls a service out: another revision, another version, the same again, another number of pods."""

from __future__ import annotations

import json
import time as _time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from telic.clock import Clock
from telic.errors import WorldError
from telic.model import Action
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.observed import annotation, configurations, label
from telic.worlds.kubernetes.pods import AT_ONCE, ROLLING, Manifest, volumes
from telic.worlds.kubernetes.settings import FILE
from telic.worlds.kubernetes.trouble import trouble

KEPT = 20  # changes of its number of pods that a Deployment remembers [1]
WITHIN, LOOK = 60.0, 0.25  # until new pods are there, and between two looks [s]


@dataclass(frozen=True)
class Said:
    """Who changes something, and why."""

    author: str
    summary: str

    @classmethod
    def of(cls, action: Action) -> Said:
        """Return what is said of an operator's action."""
        return cls(names.OWNER, (f"{action}" + (f": {action.reason}" if action.reason else ""))[:500])


@dataclass(frozen=True)
class Rollouts:
    """Changes the Deployments of one system; every change is a pod template, or a number, of its own.

    A template carries who made it, why and when, and the cluster keeps each in a ReplicaSet: these are the log of
    changes, and one that is taken back is a change too.
    """

    api: Api
    system: str
    clock: Clock

    def push(self, service: str, config: Mapping[str, Any], said: Said) -> str:
        """Write the next revision of a configuration and roll it out; return the change's id."""
        revision = max(configurations(self.api, self.system, service)) + 1
        text = json.dumps({**config, "revision": revision}, indent=1)
        metadata = self._metadata(service, names.config_name(service, revision))
        self.api.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True, "data": {FILE: text}}
        )
        now = self._deployment(service)["spec"]["template"]
        return self.switch(service, label(now, names.VERSION), revision, said)

    def switch(self, service: str, version: str, revision: int, said: Said, *, at_once: bool = False) -> str:
        """Run a version with a revision; return the change's id.

        Parameters
        ----------
        at_once
            The old pods end first, and nobody waits until new ones are ready (the strategy ``Recreate``).
        """
        labelled = {names.VERSION: version}
        template = {
            "metadata": {"labels": labelled, "annotations": {names.REVISION: str(revision)}},
            "spec": {"volumes": volumes(service, version, revision)},
        }
        spec = {"template": template, "strategy": AT_ONCE if at_once else ROLLING}
        return self._patch(service, {"metadata": {"labels": labelled}, "spec": spec}, said)

    def restart(self, kind: str, service: str, said: Said) -> str:
        """Roll the same template out again; return the change's id."""
        annotations = {names.RESTARTED: f"{self.clock.time():.3f}"}
        return self._patch(service, {"spec": {"template": {"metadata": {"annotations": annotations}}}}, said, kind)

    def scale(self, service: str, replicas: int, said: Said) -> str:
        """Let so many pods run; return the change's id."""
        one = self._deployment(service)
        told: list[dict[str, object]] = json.loads(annotation(one, names.SCALES) or "[]")
        stamp, before = self.clock.time(), int(one["spec"].get("replicas", 1))
        change = f"{service}-scale-{round(stamp * 1000)}"
        words = {"author": said.author, "summary": said.summary}
        told.append({"id": change, "time": stamp, "before": before, "after": replicas, **words})
        noted = {"annotations": {names.SCALES: json.dumps(told[-KEPT:])}}
        self.api.patch("Deployment", service, {"metadata": noted, "spec": {"replicas": replicas}})
        return change

    def settled(self, service: str, kind: str = "Deployment", sleep: Callable[[float], None] = _time.sleep) -> None:
        """Wait until the pods of a service are those of its template, and are ready.

        Raises
        ------
        WorldError
            They are not within `WITHIN` [s]: the old ones go on, and nobody feels the change.
        """
        end = _time.monotonic() + WITHIN
        while (one := self.api.get(kind, service)) is not None and not rolled_out(one):
            if _time.monotonic() > end:
                pods = self.api.list("Pod", names.selector(self.system, service))
                why = next((f"{found}" for each in pods if (found := trouble(each))), "no new pod is ready")
                raise WorldError(
                    f"{service} is not rolled out after {WITHIN:g} s: {why}",
                    hint=f"kubectl -n {self.api.namespace} rollout status {kind.lower()}/{service}",
                )
            sleep(LOOK)

    def _deployment(self, service: str) -> Manifest:
        found = self.api.get("Deployment", service)
        if found is None:
            raise WorldError(f"no Deployment {service} in {self.api.namespace}", hint="is the system there?")
        return found

    def _patch(self, service: str, body: Mapping[str, Any], said: Said, kind: str = "Deployment") -> str:
        stamp = self.clock.time()
        change = f"{service}-{round(stamp * 1000)}"
        words = {names.AUTHOR: said.author, names.SUMMARY: said.summary}
        template: dict[str, Any] = {**body["spec"]["template"]}
        metadata: dict[str, Any] = {**template.get("metadata", {})}
        told = {**metadata.get("annotations", {}), **words, names.CHANGE: change, names.AT: f"{stamp:.3f}"}
        template["metadata"] = {**metadata, "annotations": told}
        self.api.patch(kind, service, {**body, "spec": {**body["spec"], "template": template}})
        return change

    def _metadata(self, service: str, name: str) -> Manifest:
        return {"name": name, "namespace": self.api.namespace, "labels": names.labels(self.system, service)}


def rolled_out(deployment: Manifest) -> bool:
    """Whether the pods of a Deployment are all of its template, and ready."""
    status, wanted = deployment.get("status") or {}, int(deployment["spec"].get("replicas", 1))
    seen = int(status.get("observedGeneration", 0)) >= int(deployment["metadata"].get("generation", 0))
    counts = [int(status.get(each) or 0) for each in ("updatedReplicas", "replicas", "readyReplicas")]
    return seen and counts == [wanted] * 3
