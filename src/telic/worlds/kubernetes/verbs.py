"""The verbs in a cluster: each is planned first (precondition, words, undo); a dry run stops there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

from telic.errors import ActionRefused
from telic.model import Action, Scalar, Undo, plain
from telic.registry import near_names
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.observed import annotation, configurations, label
from telic.worlds.kubernetes.pods import Manifest, volumes
from telic.worlds.kubernetes.settings import FILE, STORES
from telic.worlds.typed import like

if TYPE_CHECKING:
    from telic.worlds.kubernetes.world import KubernetesWorld

MOST = 50  # pods of one service [1]


@dataclass(frozen=True)
class Plan:
    """What an action would do."""

    words: str
    run: Callable[[], None]
    undo: Undo


def plan(world: KubernetesWorld, action: Action) -> Plan:
    """Check an action's precondition and plan it.

    Raises
    ------
    ActionRefused
        The precondition does not hold, or clusters have no such verb.
    """
    if action.verb not in _VERBS:
        raise ActionRefused(f"in a cluster there is no verb {action.verb!r}", hint=near_names(action.verb, _VERBS))
    return _VERBS[action.verb](world, action)


def deployment(world: KubernetesWorld, service: str) -> Manifest:
    """Return the Deployment of a service; refuse the action where there is none."""
    found = world.api.get("Deployment", service)
    if found is None or label(found, names.PART_OF) != world.system:
        known = {label(each, names.NAME) for each in world.api.list("Deployment", names.selector(world.system))}
        raise ActionRefused(f"no service {service!r}", hint=near_names(service, known))
    return found


def _restart(world: KubernetesWorld, action: Action) -> Plan:
    kind = "StatefulSet" if action.target == "postgres" else "Deployment"
    if action.target not in STORES:
        deployment(world, action.target)
    elif world.api.get(kind, action.target) is None:
        raise ActionRefused(f"no store {action.target!r}", hint=near_names(action.target, STORES))
    stamp = f"{world.clock.time():.3f}"
    changed = {"spec": {"template": {"metadata": {"annotations": {names.RESTARTED: stamp}}}}}
    return Plan(
        f"roll out {action.target} again as it is: new pods first, then the old ones end",
        lambda: world.api.patch(kind, action.target, _said(action, changed)),
        Undo(None, note="nothing stays"),
    )


def _rollback(world: KubernetesWorld, action: Action) -> Plan:
    found = deployment(world, action.target)
    now = label(found["spec"]["template"], names.VERSION)
    version = str(action.params.get("version", "") or world.version_before(action.target))
    prefix = names.release_name(action.target, "1")[:-1]
    maps = world.api.list("ConfigMap", names.selector(world.system, action.target))
    known = sorted(
        str(each["metadata"]["name"]).removeprefix(prefix)
        for each in maps
        if str(each["metadata"]["name"]).startswith(prefix)
    )
    if version == now:
        raise ActionRefused(f"{action.target} runs version {now} already", hint=f"versions: {', '.join(known)}")
    if version not in known:
        raise ActionRefused(f"{action.target} has no version {version!r}", hint=f"versions: {', '.join(known)}")
    revision = int(annotation(found["spec"]["template"], names.REVISION))
    return Plan(
        f"roll out version {version} of {action.target} in place of {now}",
        lambda: _roll_out(world, action, version, revision),
        Undo(Action("rollback", action.target, {"version": now}, "undo")),
    )


def _set_config(world: KubernetesWorld, action: Action) -> Plan:
    revision, config = _config(world, action.target)
    settings: dict[str, Scalar] = config["settings"]
    key = str(action.params.get("key", ""))
    if key not in settings:
        raise ActionRefused(f"{action.target} has no setting {key!r}", hint=near_names(key, settings))
    old, new = settings[key], like(settings[key], action.params.get("value", ""), key)
    if old == new:
        raise ActionRefused(f"{key} of {action.target} is {new} already", hint="nothing to change")
    changed = {**config, "settings": {**settings, key: new}}
    return Plan(
        f"{action.target}: {key} {old} -> {new}, as revision {revision + 1}, rolled out",
        lambda: _push(world, action, changed),
        Undo(Action("set_config", action.target, {"key": key, "value": old}, "undo")),
    )


def _set_policy(world: KubernetesWorld, action: Action) -> Plan:
    service = action.target.partition("->")[0]
    _, config = _config(world, service)
    wiring: dict[str, Any] = config["wiring"]
    text = str(action.params.get("policy", ""))
    try:
        if "->" in action.target:
            if action.target not in wiring["edges"]:
                raise ActionRefused(f"no edge {action.target!r}", hint=near_names(action.target, wiring["edges"]))
            old, policy = wiring["edges"][action.target], plain(replace(msgspec.json.decode(text, type=EdgePolicy)))
            changed = {**wiring, "edges": {**wiring["edges"], action.target: policy}}
        else:
            old, policy = wiring["node"], plain(replace(msgspec.json.decode(text, type=NodePolicy)))
            changed = {**wiring, "node": policy}
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ActionRefused(
            f"not a policy of {action.target}: {error}", hint="give JSON as its state has it"
        ) from error
    if policy == old:
        raise ActionRefused(f"{action.target} has this policy already", hint="nothing to change")
    return Plan(
        f"{action.target}: another policy, rolled out",
        lambda: _push(world, replace(action, target=service), {**config, "wiring": changed}),
        Undo(Action("set_policy", action.target, {"policy": json.dumps(old)}, "undo")),
    )


def _scale(world: KubernetesWorld, action: Action) -> Plan:
    now = int(deployment(world, action.target)["spec"].get("replicas", 1))
    wanted = action.params.get("replicas", 1)
    if not isinstance(wanted, int) or isinstance(wanted, bool) or not 0 <= wanted <= MOST or wanted == now:
        raise ActionRefused(
            f"{action.target} with {wanted} pods: it has {now}", hint=f"another number from 0 to {MOST}"
        )
    return Plan(
        f"{action.target}: {now} -> {wanted} pods",
        lambda: world.api.patch("Deployment", action.target, _said(action, {"spec": {"replicas": wanted}})),
        Undo(Action("scale", action.target, {"replicas": now}, "undo")),
    )


_VERBS: Mapping[str, Callable[[KubernetesWorld, Action], Plan]] = {
    "restart": _restart,
    "rollback": _rollback,
    "set_config": _set_config,
    "set_policy": _set_policy,
    "scale": _scale,
}


def _config(world: KubernetesWorld, service: str) -> tuple[int, dict[str, Any]]:
    """The revision in force and the whole configuration."""
    revision = int(annotation(deployment(world, service)["spec"]["template"], names.REVISION) or 0)
    known = configurations(world.api, world.system, service)
    if revision not in known:
        raise ActionRefused(
            f"revision {revision} of the configuration of {service} is gone", hint="deploy the service again"
        )
    return revision, dict(known[revision])


def _push(world: KubernetesWorld, action: Action, config: Mapping[str, Any]) -> None:
    """Write the next revision and roll it out; a revision is never changed."""
    service = action.target
    revision = max(configurations(world.api, world.system, service)) + 1
    text = json.dumps({**config, "revision": revision}, indent=1)
    name = names.config_name(service, revision)
    metadata = {"name": name, "namespace": world.api.namespace, "labels": names.labels(world.system, service)}
    world.api.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "immutable": True, "data": {FILE: text}}
    )
    version = label(deployment(world, service)["spec"]["template"], names.VERSION)
    _roll_out(world, action, version, revision)


def _roll_out(world: KubernetesWorld, action: Action, version: str, revision: int) -> None:
    service = action.target
    template = {
        "metadata": {"labels": {names.VERSION: version}, "annotations": {names.REVISION: str(revision)}},
        "spec": {"volumes": volumes(service, version, revision)},
    }
    body = {"metadata": {"labels": {names.VERSION: version}}, "spec": {"template": template}}
    world.api.patch("Deployment", service, _said(action, body))


def _said(action: Action, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a patch that also says who did it and why."""
    summary = f"{action}" + (f": {action.reason}" if action.reason else "")
    metadata = dict(body.get("metadata", {}))
    metadata["annotations"] = {names.AUTHOR: names.OWNER, names.SUMMARY: summary[:500]}
    return {**body, "metadata": metadata}
