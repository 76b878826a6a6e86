"""The verbs: each is planned first (precondition, words, undo); a dry run stops there, apply goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import msgspec

from telic.errors import ActionRefused
from telic.model import OPERATOR, Action, Scalar, Undo, plain
from telic.model.design import REPLICA
from telic.registry import near_names
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.local import configuration, escape_verbs, operations, policy_words, privilege_verbs
from telic.worlds.local.desired import DesiredService
from telic.worlds.local.plan import Plan, service_named, summary
from telic.worlds.local.system import System
from telic.worlds.typed import like


async def plan(system: System, action: Action) -> Plan:
    """Check an action's precondition and plan it.

    Raises
    ------
    ActionRefused
        The precondition does not hold; the message says what does not.
    """
    if action.verb not in _VERBS:
        raise ActionRefused(f"this world has no verb {action.verb!r}", hint=near_names(action.verb, _VERBS))
    return await _VERBS[action.verb](system, action)


async def apply(system: System, action: Action) -> Undo:
    """Carry an action out and return what takes it back."""
    planned = await plan(system, action)
    await planned.run()
    entity = action.target
    system.events.record(
        "action.applied", service=entity.partition("->")[0], entity=entity, reason=f"{action}: {action.reason}"
    )
    return planned.undo


async def _restart(system: System, action: Action) -> Plan:
    if action.target in system.design.stores:
        part = system.parts[action.target]

        async def restart_store() -> None:
            await part.restart()
            await part.wait_ready(10.0)
            system.record("restart", action.target, summary(action), author=OPERATOR)

        return Plan(
            f"end {action.target} and start it again on its data", restart_store, Undo(None, note="nothing stays")
        )
    service = service_named(system, action.target)
    words = (
        f"start another instance beside {service.instance} (version {service.version}), "
        f"lead traffic to it, end {service.instance}"
    )
    return Plan(
        words,
        lambda: operations.restart(system, service.name, author=OPERATOR, summary=summary(action)),
        Undo(None, note="nothing stays"),
    )


async def _rollback(system: System, action: Action) -> Plan:
    service = service_named(system, action.target)
    version = str(action.params.get("version", service.previous_version))
    if version == service.version:
        raise ActionRefused(
            f"{service.name} runs version {version} already", hint=f"versions: {', '.join(service.versions)}"
        )
    if version not in service.versions:
        raise ActionRefused(
            f"{service.name} has no version {version!r}", hint=f"versions: {', '.join(service.versions)}"
        )
    undo = Undo(Action("rollback", service.name, {"version": service.version}, "undo"))
    words = f"run version {version} of {service.name} in place of {service.version}"
    run = lambda: operations.rollback(system, service.name, version, author=OPERATOR, summary=summary(action))  # noqa: E731
    return Plan(words, run, undo)


async def _set_config(system: System, action: Action) -> Plan:
    service = service_named(system, action.target)
    key = str(action.params.get("key", ""))
    if key not in service.settings:
        raise ActionRefused(f"{service.name} has no setting {key!r}", hint=near_names(key, service.settings))
    old, new = service.settings[key], _typed(system, service, key, action.params.get("value", ""))
    if old == new:
        raise ActionRefused(f"{key} of {service.name} is {new} already", hint="nothing to change")
    return _config_plan(
        system, service, action, key, new, Action("set_config", service.name, {"key": key, "value": old}, "undo")
    )


async def _failover(system: System, action: Action) -> Plan:
    caller, _, callee = action.target.partition("->")
    if action.target not in system.desired.links or caller not in system.desired.services:
        raise ActionRefused(
            f"no edge {action.target!r} between services and stores",
            hint=near_names(action.target, system.desired.links),
        )
    service = system.service(caller)
    key = configuration.port_key(system.design.service(caller), callee)
    ports = system.desired.links[action.target]
    link = str(action.params.get("link", ""))
    port = ports.get(link, action.params.get("port"))
    if not isinstance(port, int):
        raise ActionRefused(f"{action.target} has no link {link!r}", hint="give link=a or link=b")
    old = service.settings.get(key)
    if old == port:
        raise ActionRefused(f"{action.target} takes link {link or port} already", hint="nothing to change")
    names = [name for name, each in ports.items() if each == old]
    before: dict[str, Scalar] = {"link": names[0]} if names else {"port": old if old is not None else 0}
    return _config_plan(system, service, action, key, port, Action("failover", action.target, before, "undo"))


async def _set_policy(system: System, action: Action) -> Plan:
    text, target = str(action.params.get("policy", "")), action.target
    policy: EdgePolicy | NodePolicy
    old: EdgePolicy | NodePolicy
    try:
        if "->" in target:
            service = service_named(system, target.partition("->")[0])
            if target not in service.edges:
                raise ActionRefused(f"no edge {target!r}", hint=near_names(target, service.edges))
            old, policy = service.edges[target], msgspec.json.decode(text, type=EdgePolicy)
        else:
            service = service_named(system, target)
            old, policy = service.node, msgspec.json.decode(text, type=NodePolicy)
        unknown = set(msgspec.json.decode(text)) - set(policy.__dataclass_fields__)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ActionRefused(
            f"not a policy of {target}: {error}", hint="give JSON as in `telic status --json`"
        ) from error
    if unknown:
        raise ActionRefused(
            f"a policy has no field {', '.join(sorted(unknown))}",
            hint=near_names(min(unknown), policy.__dataclass_fields__),
        )
    policy = replace(policy)  # fields that the text leaves out get their defaults
    if policy == old:
        raise ActionRefused(f"{target} has this policy already", hint="nothing to change")
    back = msgspec.json.encode(plain(old)).decode()
    return Plan(
        f"{target}: {', '.join(policy_words.differences(old, policy))}",
        lambda: operations.set_policy(system, target, policy, author=OPERATOR, summary=summary(action)),
        Undo(Action("set_policy", target, {"policy": back}, "undo")),
    )


async def _scale(system: System, action: Action) -> Plan:
    service = service_named(system, action.target)
    replicas = action.params.get("replicas", 1)
    runs = system.services[service.name].phase != "stopped"
    if replicas not in (0, 1) or runs == bool(replicas):
        raise ActionRefused(
            f"{service.name} with {replicas} processes: it has {int(runs)}", hint="this world runs 0 or 1 of a service"
        )

    async def run() -> None:
        await operations.scale(system, service.name, int(replicas), author=OPERATOR, summary=summary(action))

    return Plan(
        f"{'start' if replicas else 'end'} {service.name}",
        run,
        Undo(Action("scale", service.name, {"replicas": 1 - int(replicas)}, "undo")),
    )


async def _reconcile(system: System, action: Action) -> Plan:
    if action.target not in ("postgres", REPLICA) or action.target not in system.desired.stores:
        raise ActionRefused(f"no database {action.target!r}", hint="it is called postgres, where the design has one")
    statements = await system.repairs(action.target)
    if not statements:
        raise ActionRefused(f"{action.target} is as its design says", hint="nothing to change")

    async def run() -> None:
        await system.repair(action.target, statements)
        system.record("other", action.target, summary(action), author=OPERATOR, diff="\n".join(statements))

    return Plan("; ".join(statements), run, Undo(None, note="as designed: nothing to take back"))


async def _renew_certificate(system: System, action: Action) -> Plan:
    ends = system.authority.valid()
    if action.target not in ends:
        raise ActionRefused(f"{action.target} presents no certificate", hint=near_names(action.target, ends))

    async def renew() -> None:
        system.renew(action.target)
        system.record("other", action.target, summary(action), author=OPERATOR)

    left = (ends[action.target] - system.clock.time()) / 86_400
    return Plan(
        f"a new certificate for {action.target}; the one that it presents has {left:.1f} days left",
        renew,
        Undo(None, note="a certificate that is valid takes the place of another: nothing to take back"),
    )


async def _flush_cache(system: System, action: Action) -> Plan:
    if action.target != "valkey" or "valkey" not in system.desired.stores:
        raise ActionRefused(f"no cache {action.target!r}", hint="the cache is called valkey, where the design has one")

    async def flush() -> None:
        await system.flush_cache()
        system.record("other", "valkey", summary(action), author=OPERATOR)

    return Plan("empty the cache", flush, Undo(None, irreversible=True, note="what was cached is gone"))


_VERBS: dict[str, Callable[[System, Action], Awaitable[Plan]]] = {
    "restart": _restart,
    "rollback": _rollback,
    "set_config": _set_config,
    "set_policy": _set_policy,
    "set_policies": escape_verbs.set_policies,
    "escape": escape_verbs.escape,
    "reopen": escape_verbs.reopen,
    "failover": _failover,
    "grant": privilege_verbs.grant,
    "revoke": privilege_verbs.revoke,
    "flush_cache": _flush_cache,
    "reconcile": _reconcile,
    "renew_certificate": _renew_certificate,
    "scale": _scale,
}


def _config_plan(
    system: System, service: DesiredService, action: Action, key: str, value: Scalar, undo: Action
) -> Plan:
    return Plan(
        f"{service.name}: {key} {service.settings.get(key)} -> {value}, as revision {service.revision + 1}",
        lambda: operations.push_config(system, service.name, {key: value}, author=OPERATOR, summary=summary(action)),
        Undo(undo),
    )


def _typed(system: System, service: DesiredService, key: str, value: Scalar) -> Scalar:
    """Read `value` as the type that the design gives the setting; what was in force before may always come back."""
    design = system.design.service(service.name)
    designed = configuration.first_settings(system.layout, system.design, design, system.desired)
    try:
        return like(designed.get(key, service.settings[key]), value, key)
    except ActionRefused:
        before = configuration.revision_settings(system.layout, service.name, str(service.revision - 1))
        if before.get(key) == value:
            return value
        raise
