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
from telic.worlds.kubernetes.pods import Manifest
from telic.worlds.kubernetes.rollout import Said
from telic.worlds.kubernetes.settings import STORES
from telic.worlds.typed import like

if TYPE_CHECKING:
    from telic.worlds.kubernetes.world import KubernetesWorld

MOST = 50  # pods of one service [1]


@dataclass(frozen=True)
class Plan:
    """What an action would do."""

    words: str
    run: Callable[[], object]
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


def kind_of(name: str) -> str:
    """Return which kind of object runs a service or a store."""
    return "StatefulSet" if name in ("postgres", "nats") else "Deployment"


def deployment(world: KubernetesWorld, service: str) -> Manifest:
    """Return the Deployment of a service; refuse the action where there is none."""
    found = world.api.get("Deployment", service)
    if found is None or label(found, names.PART_OF) != world.system:
        known = {label(each, names.NAME) for each in world.api.list("Deployment", names.selector(world.system))}
        raise ActionRefused(f"no service {service!r}", hint=near_names(service, known))
    return found


def _restart(world: KubernetesWorld, action: Action) -> Plan:
    kind = kind_of(action.target)
    if action.target not in STORES:
        deployment(world, action.target)
    elif world.api.get(kind, action.target) is None:
        raise ActionRefused(f"no store {action.target!r}", hint=near_names(action.target, STORES))
    return Plan(
        f"roll out {action.target} again as it is: new pods first, then the old ones end",
        lambda: world.rollouts.restart(kind, action.target, Said.of(action)),
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
        lambda: world.rollouts.switch(action.target, version, revision, Said.of(action)),
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
        lambda: world.rollouts.push(action.target, changed, Said.of(action)),
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
        lambda: world.rollouts.push(service, {**config, "wiring": changed}, Said.of(action)),
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
        lambda: world.rollouts.scale(action.target, wanted, Said.of(action)),
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
