"""What an operator may do to a modelled world: the remedies that services, versions, settings and policies have."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from telic.errors import ActionRefused
from telic.model import Action
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.queueing.conditions import STORE, Effect
from telic.worlds.queueing.services import Services


@dataclass(frozen=True)
class Done:
    """What an action comes to: how it looks in the log of changes, and what it does."""

    kind: Literal["deploy", "config", "policy", "scale", "grant", "restart"]  # of the change
    entity: str
    before: str
    after: str
    does: Callable[[], object]
    diff: str = ""


def meant(services: Services, action: Action) -> Done:
    """Return what `action` comes to; raise `ActionRefused` where the model has nothing that it could act on."""
    if action.verb not in VERBS:
        raise ActionRefused(
            f"{action}: the queueing model knows no {action.verb}", hint=f"one of {', '.join(sorted(VERBS))}"
        )
    return VERBS[action.verb](services, action)


def _restart(services: Services, action: Action) -> Done:
    version = services.named(action.target).version
    return Done("restart", action.target, version, version, lambda: services.restart(action.target))


def _rollback(services: Services, action: Action) -> Done:
    this = services.named(action.target)
    version = str(action.params.get("version", this.previous))
    if version not in this.versions:
        raise ActionRefused(f"{this.name} has no version {version!r}", hint=f"versions: {', '.join(this.versions)}")
    return Done("deploy", this.name, this.version, version, lambda: services.switch(this.name, version))


def _scale(services: Services, action: Action) -> Done:
    replicas = int(action.params.get("replicas", 1))
    before = services.named(action.target).state().replicas
    return Done("scale", action.target, f"{before}", f"{replicas}", lambda: services.scale(action.target, replicas))


def _set_config(services: Services, action: Action) -> Done:
    this, key, value = services.named(action.target), str(action.params["key"]), action.params["value"]
    if key not in this.config:
        raise ActionRefused(f"{this.name} has no setting {key!r}", hint=f"it has {', '.join(this.config)}")
    diff = f"{key}: {this.config[key]} -> {value}"
    revision = this.revision
    return Done("config", this.name, f"{revision}", f"{revision + 1}",
                lambda: services.set(this.name, {key: value}, Effect()), diff)  # fmt: skip


def _set_policy(services: Services, action: Action) -> Done:
    kind: type[EdgePolicy | NodePolicy] = EdgePolicy if "->" in action.target else NodePolicy
    try:
        policy = msgspec.json.decode(str(action.params["policy"]), type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ActionRefused(f"set_policy {action.target}: {error}", hint="see telic.runtime.wiring") from error
    return policy_change(services, action.target, policy)


def _failover(services: Services, action: Action) -> Done:
    if action.target not in services.run.plan.edge_names:
        raise ActionRefused(f"no edge {action.target!r} between services", hint="caller->callee")
    link = str(action.params.get("link", "b"))
    before = services.conditions.links.get(action.target, "a")
    caller, diff = action.target.partition("->")[0], f"link of {action.target}: {before} -> {link}"
    return Done("config", caller, before, link, lambda: services.take_link(action.target, link), diff)


def _reconcile(services: Services, action: Action) -> Done:
    if not services.conditions.refused:
        raise ActionRefused(f"{STORE} is as designed", hint="nothing to reconcile")
    return Done("grant", STORE, "", "", services.reconcile)


def policy_change(services: Services, target: str, policy: EdgePolicy | NodePolicy) -> Done:
    """Return what another policy comes to."""
    holder = services.named(target.partition("->")[0])
    if target not in holder.policies:
        raise ActionRefused(f"no edge or service {target!r}", hint=f"{holder.name} has {', '.join(holder.policies)}")
    old, new = msgspec.to_builtins(holder.policies[target]), msgspec.to_builtins(policy)
    differs = [f"{target}.{each}: {old[each]} -> {new[each]}" for each in new if old[each] != new[each]]
    return Done("policy", holder.name, "", "", lambda: services.set_policy(target, policy), "\n".join(differs))


VERBS: Mapping[str, Callable[[Services, Action], Done]] = {
    "restart": _restart,
    "rollback": _rollback,
    "scale": _scale,
    "set_config": _set_config,
    "set_policy": _set_policy,
    "failover": _failover,
    "reconcile": _reconcile,
}
