"""The verbs: each is planned first (precondition, words, undo); a dry run stops there, apply goes on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

import msgspec

from telic.errors import ActionRefused, InvalidDesign
from telic.model import Action, Scalar, Undo, plain
from telic.registry import near_names
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.local import configuration, database, operations, postgres, valkey
from telic.worlds.local.desired import DesiredService
from telic.worlds.local.system import System

AUTHOR = "telic"


@dataclass(frozen=True)
class Plan:
    """What an action would do."""

    words: str
    run: Callable[[], Awaitable[object]]
    undo: Undo


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
            system.record("restart", action.target, _summary(action), author=AUTHOR)

        return Plan(
            f"end {action.target} and start it again on its data", restart_store, Undo(None, note="nothing stays")
        )
    service = _service(system, action.target)
    words = (
        f"start another instance beside {service.instance} (version {service.version}), "
        f"lead traffic to it, end {service.instance}"
    )
    return Plan(
        words,
        lambda: operations.restart(system, service.name, author=AUTHOR, summary=_summary(action)),
        Undo(None, note="nothing stays"),
    )


async def _rollback(system: System, action: Action) -> Plan:
    service = _service(system, action.target)
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
    run = lambda: operations.rollback(system, service.name, version, author=AUTHOR, summary=_summary(action))  # noqa: E731
    return Plan(words, run, undo)


async def _set_config(system: System, action: Action) -> Plan:
    service = _service(system, action.target)
    key = str(action.params.get("key", ""))
    if key not in service.settings:
        raise ActionRefused(f"{service.name} has no setting {key!r}", hint=near_names(key, service.settings))
    old, new = service.settings[key], _like(service.settings[key], action.params.get("value", ""), key)
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
            service = _service(system, target.partition("->")[0])
            if target not in service.edges:
                raise ActionRefused(f"no edge {target!r}", hint=near_names(target, service.edges))
            old, policy = service.edges[target], msgspec.json.decode(text, type=EdgePolicy)
        else:
            service = _service(system, target)
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
        f"policy of {target}: {old} -> {policy}",
        lambda: operations.set_policy(system, target, policy, author=AUTHOR, summary=_summary(action)),
        Undo(Action("set_policy", target, {"policy": back}, "undo")),
    )


async def _grant(system: System, action: Action) -> Plan:
    service, table, wanted = _privileges(system, action)
    declared = [each.privileges for each in system.design.grants if (each.service, each.table) == (service, table)]
    allowed = {privilege for privileges in declared for privilege in privileges}
    if wanted == database.PRIVILEGES:  # ALL means what the design grants
        wanted = tuple(each for each in wanted if each in allowed)
    if not set(wanted) <= allowed:
        raise ActionRefused(
            f"the design does not grant {', '.join(sorted(set(wanted) - allowed))} on {table} to {service}",
            hint="change the design",
        )
    have = await _held(system, service, table)
    lacking = ", ".join(each for each in wanted if each not in have)
    if not lacking:
        raise ActionRefused(f"{service} holds {', '.join(wanted)} on {table} already", hint="nothing to change")
    undo = Undo(Action("revoke", service, {"table": table, "privileges": lacking}, "undo"))
    return _grant_plan(
        system, action, f"GRANT {lacking} ON {database.quoted(table)} TO {database.quoted(service)}", undo
    )


async def _revoke(system: System, action: Action) -> Plan:
    service, table, wanted = _privileges(system, action)
    have = await _held(system, service, table)
    taken = ", ".join(each for each in wanted if each in have)
    if not taken:
        raise ActionRefused(f"{service} holds none of {', '.join(wanted)} on {table}", hint="nothing to change")
    undo = Undo(Action("grant", service, {"table": table, "privileges": taken}, "undo"))
    return _grant_plan(
        system, action, f"REVOKE {taken} ON {database.quoted(table)} FROM {database.quoted(service)}", undo
    )


async def _flush_cache(system: System, action: Action) -> Plan:
    if action.target != "valkey" or "valkey" not in system.desired.stores:
        raise ActionRefused(f"no cache {action.target!r}", hint="the cache is called valkey, where the design has one")
    port = system.desired.stores["valkey"]

    async def flush() -> None:
        await valkey.ask(port, "FLUSHALL")
        system.record("other", "valkey", _summary(action), author=AUTHOR)

    return Plan("empty the cache", flush, Undo(None, irreversible=True, note="what was cached is gone"))


_VERBS: dict[str, Callable[[System, Action], Awaitable[Plan]]] = {
    "restart": _restart,
    "rollback": _rollback,
    "set_config": _set_config,
    "set_policy": _set_policy,
    "failover": _failover,
    "grant": _grant,
    "revoke": _revoke,
    "flush_cache": _flush_cache,
}


def _config_plan(
    system: System, service: DesiredService, action: Action, key: str, value: Scalar, undo: Action
) -> Plan:
    return Plan(
        f"{service.name}: {key} {service.settings.get(key)} -> {value}, as revision {service.revision + 1}",
        lambda: operations.push_config(system, service.name, {key: value}, author=AUTHOR, summary=_summary(action)),
        Undo(undo),
    )


def _grant_plan(system: System, action: Action, statement: str, undo: Undo) -> Plan:
    async def run() -> None:
        connection = await postgres.connect(
            system.layout, system.desired.stores["postgres"], database=system.design.system
        )
        try:
            await connection.execute(statement)
        finally:
            await connection.close()
        system.record("grant", action.target, _summary(action), author=AUTHOR, diff=statement)

    return Plan(statement, run, undo)


async def _held(system: System, service: str, table: str) -> tuple[str, ...]:
    connection = await postgres.connect(system.layout, system.desired.stores["postgres"], database=system.design.system)
    try:
        return await database.held(connection, service, table)
    finally:
        await connection.close()


def _privileges(system: System, action: Action) -> tuple[str, str, tuple[str, ...]]:
    service, table = _service(system, action.target).name, str(action.params.get("table", ""))
    known = sorted({each.table for each in system.design.grants if each.service == service})
    if table not in known:
        raise ActionRefused(f"the design gives {service} no table {table!r}", hint=near_names(table, known))
    try:
        return service, table, database.parse_privileges(str(action.params.get("privileges", "ALL")))
    except InvalidDesign as error:
        raise ActionRefused(str(error), hint=error.hint) from error


def _service(system: System, name: str) -> DesiredService:
    if name not in system.desired.services:
        raise ActionRefused(f"no service {name!r}", hint=near_names(name, system.desired.services))
    return system.desired.services[name]


def _like(old: Scalar, value: Scalar, key: str) -> Scalar:
    """Read `value` as the type that the setting has."""
    try:
        if isinstance(old, bool):
            return {"true": True, "false": False}[str(value).lower()]
        return type(old)(value)
    except (ValueError, KeyError) as error:
        raise ActionRefused(f"{key}={value!r} is no {type(old).__name__}", hint=f"it is {old!r} now") from error


def _summary(action: Action) -> str:
    return f"{action}" + (f": {action.reason}" if action.reason else "")
