"""What a cluster shows of a system: services, stores, instances, who calls whom, what was changed when."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Literal

from telic.model import Change, Edge, Entity, InstanceState, Scalar, ServiceState, StoreState, Topology, Window
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.pods import Manifest
from telic.worlds.kubernetes.settings import FILE
from telic.worlds.local.change_log import files_diff, settings_diff

Phase = Literal["starting", "ready", "unready", "backoff", "stopped"]
NUMBER = "deployment.kubernetes.io/revision"  # of a rollout, set by the cluster


def seconds(text: object) -> float:
    """Return a time of the API [s since the Unix epoch]; 0 where there is none.

    Examples
    --------
    >>> seconds("1970-01-01T00:01:00Z"), seconds(None)
    (60.0, 0.0)
    """
    return datetime.fromisoformat(text).timestamp() if isinstance(text, str) and text else 0.0


def topology(system: str, entry: str, deployments: Sequence[Manifest], stores: Sequence[str]) -> Topology:
    """Return services, stores and edges, as the deployments' annotations have them; the entry first."""
    services = sorted((label(each, names.NAME) for each in deployments), key=lambda name: name != entry)
    entities = [*(Entity(name, "service") for name in services), *(Entity(name, "store") for name in stores)]
    edges = [
        Edge(label(each, names.NAME), callee, "uses" if callee in stores else "calls")
        for each in deployments
        for callee in json.loads(annotation(each, names.CALLEES) or "[]")
    ]
    return Topology(system, tuple(entities), tuple(edges), entry)


def service_state(
    deployment: Manifest, config: Mapping[str, Any], pods: Sequence[Manifest], before: str
) -> ServiceState:
    """Return desired and observed state of one service.

    Parameters
    ----------
    config
        Its configuration in force.
    before
        The version that a rollback returns to.
    """
    spec = deployment["spec"]
    wiring: Mapping[str, Any] = config.get("wiring", {})
    name = label(deployment, names.NAME)
    return ServiceState(
        name=name,
        version=label(spec["template"], names.VERSION),
        previous_version=before,
        revision=int(annotation(spec["template"], names.REVISION) or 0),
        config=dict(config.get("settings", {})),
        policies={name: wiring.get("node", {}), **wiring.get("edges", {})},
        instances=tuple(instance(each) for each in pods),
        replicas=int(spec.get("replicas", 1)),
    )


def store_state(name: str, pods: Sequence[Manifest]) -> StoreState:
    """Return the state of one store; what it grants is not looked at."""
    found = [instance(each) for each in pods] or [InstanceState(name, 0, "stopped", "", 0.0)]
    return StoreState(name, found[0])


def instance(pod: Manifest) -> InstanceState:
    """Return one pod as an instance."""
    status = pod.get("status", {})
    containers: list[Mapping[str, Any]] = status.get("containerStatuses") or [{}]
    first = containers[0]
    conditions: list[Mapping[str, Any]] = status.get("conditions") or []
    ready: Mapping[str, Any] = next((each for each in conditions if each.get("type") == "Ready"), {})
    gone = (first.get("lastState") or {}).get("terminated")
    phase = _phase(pod, first, ready)
    return InstanceState(
        name=pod["metadata"]["name"],
        pid=0,
        phase=phase,
        version=label(pod, names.VERSION),
        started=seconds(status.get("startTime")),
        restarts=int(first.get("restartCount", 0)),
        last_exit=_exit(gone) if gone else "",
        unready_since=seconds(ready.get("lastTransitionTime")) if phase != "ready" else 0.0,
    )


def _phase(pod: Manifest, container: Mapping[str, Any], ready: Mapping[str, Any]) -> Phase:
    state: Mapping[str, Any] = container.get("state") or {}
    waiting = str((state.get("waiting") or {}).get("reason", ""))
    if "BackOff" in waiting or waiting.startswith("Err"):
        return "backoff"
    if pod["metadata"].get("deletionTimestamp") or "terminated" in state:
        return "stopped"
    if ready.get("status") == "True":
        return "ready"
    return "unready" if container.get("started") else "starting"


def _exit(gone: Mapping[str, Any]) -> str:
    signal = gone.get("signal") or (int(gone.get("exitCode", 0)) - 128 if int(gone.get("exitCode", 0)) > 128 else 0)
    word = f"signal {signal}" if signal else f"exit {gone.get('exitCode', 0)}"
    reason = str(gone.get("reason", ""))
    return f"{word} ({reason})" if reason not in ("", "Error", "Completed") else word


def rollouts(replica_sets: Sequence[Manifest]) -> list[Manifest]:
    """Return what a deployment has rolled out, oldest first."""
    return sorted(replica_sets, key=lambda each: int(annotation(each, NUMBER) or 0))


def changes(
    service: str,
    replica_sets: Sequence[Manifest],
    configs: Mapping[int, Mapping[str, Any]],
    releases: Mapping[str, Mapping[str, str]],
) -> list[Change]:
    """Return what was rolled out at a service: each template but the first against the one before it.

    Parameters
    ----------
    configs
        Its configurations by revision.
    releases
        Its source files by version.
    """
    found: list[Change] = []
    for before, after in pairwise(rollouts(replica_sets)):
        found += list(_changes(service, before, after, configs, releases))
    return found


def scales(deployment: Manifest) -> list[Change]:
    """Return how often a service was given another number of pods, as its Deployment remembers it."""
    service, told = label(deployment, names.NAME), json.loads(annotation(deployment, names.SCALES) or "[]")
    return [
        Change(
            each["id"],
            float(each["time"]),
            "scale",
            service,
            each["summary"],
            each["author"],
            settings_diff({"replicas": each["before"]}, {"replicas": each["after"]}),
        )
        for each in told
    ]


def _changes(
    service: str,
    before: Manifest,
    after: Manifest,
    configs: Mapping[int, Mapping[str, Any]],
    releases: Mapping[str, Mapping[str, str]],
) -> Iterator[Change]:
    old, new = before["spec"]["template"], after["spec"]["template"]
    name = annotation(new, names.CHANGE) or f"{service}-{annotation(after, NUMBER)}"
    author = annotation(new, names.AUTHOR) or annotation(after, names.AUTHOR)
    said = annotation(new, names.SUMMARY) or annotation(after, names.SUMMARY)
    at = float(annotation(new, names.AT) or seconds(after["metadata"].get("creationTimestamp")))
    versions = label(old, names.VERSION), label(new, names.VERSION)
    if versions[0] != versions[1]:
        diff = files_diff(releases.get(versions[0], {}), releases.get(versions[1], {}))
        yield Change(name, at, "deploy", service, said, author, diff, *versions)
        return
    first, second = (int(annotation(each, names.REVISION) or 0) for each in (old, new))
    if first != second:
        yield of_config(name, at, service, configs.get(first, {}), configs.get(second, {}), author, said)
    elif annotation(old, names.RESTARTED) != annotation(new, names.RESTARTED):
        yield Change(name, at, "restart", service, said, author)


def of_config(
    name: str, at: float, service: str, old: Mapping[str, Any], new: Mapping[str, Any], author: str, said: str
) -> Change:
    """Return what the step from one configuration to another is: a pushed setting, or another policy."""
    between = str(old.get("revision", "")), str(new.get("revision", ""))
    for target in _targets(old) | _targets(new):
        if (was := policy(old, target)) != (now := policy(new, target)):
            return Change(name, at, "policy", target or service, said, author, settings_diff(was, now), *between)
    diff = settings_diff(old.get("settings", {}), new.get("settings", {}))
    return Change(name, at, "config", service, said, author, diff, *between)


def policy(config: Mapping[str, Any], target: str) -> dict[str, Scalar]:
    """Return a policy of a configuration as one row; "" is that of the service itself."""
    wiring: Mapping[str, Any] = config.get("wiring") or {}
    found: Mapping[str, Any] = (wiring.get("edges") or {}).get(target, {}) if target else wiring.get("node") or {}
    return {key: value if isinstance(value, Scalar) else json.dumps(value) for key, value in found.items()}


def _targets(config: Mapping[str, Any]) -> set[str]:
    return {"", *((config.get("wiring") or {}).get("edges") or {})}


def releases(api: Api, system: str, service: str) -> dict[str, dict[str, str]]:
    """Return the source files of every version of a service that the cluster keeps, by version and path."""
    prefix = names.release_name(service, "1")[:-1]
    return {
        name.removeprefix(prefix): {
            f"services/{service}/{file}": text for file, text in (each.get("data") or {}).items()
        }
        for each in api.list("ConfigMap", names.selector(system, service))
        if (name := str(each["metadata"]["name"])).startswith(prefix)
    }


def configurations(api: Api, system: str, service: str) -> dict[int, Mapping[str, Any]]:
    """Return every revision of a service's configuration that the cluster keeps."""
    prefix = names.config_name(service, 0)[:-1]
    found = api.list("ConfigMap", names.selector(system, service))
    return {
        int(name.removeprefix(prefix)): json.loads(each["data"][FILE])
        for each in found
        if (name := str(each["metadata"]["name"])).startswith(prefix) and FILE in each.get("data", {})
    }


def inside(found: Sequence[Change], window: Window) -> list[Change]:
    """Return the changes in `window`, oldest first."""
    return sorted((each for each in found if window.start <= each.time < window.end), key=lambda each: each.time)


def label(thing: Mapping[str, Any], key: str) -> str:
    """Return a label; "" where there is none."""
    return str((thing.get("metadata", {}).get("labels") or {}).get(key, ""))


def annotation(thing: Mapping[str, Any], key: str) -> str:
    """Return an annotation; "" where there is none."""
    return str((thing.get("metadata", {}).get("annotations") or {}).get(key, ""))
