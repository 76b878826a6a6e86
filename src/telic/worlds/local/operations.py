"""What people and machines do to a running system: deploy, roll back, push configuration, change policies."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from telic.errors import UsageError
from telic.model import Change, Design, Scalar, plain
from telic.registry import near_names
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.local import configuration, releases
from telic.worlds.local.change_log import files_diff, settings_diff
from telic.worlds.local.reconcile import differs_in_shape, read_design
from telic.worlds.local.system import READY_WITHIN, System


async def deploy_edits(system: System, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
    """Deploy a version whose files differ from the running one's by `edits`."""
    async with system.turn[service]:
        now = system.service(service)
        version = now.next_version
        releases.edit_release(system.layout, service, now.version, version, edits)
        return await _deploy(system, service, version, author=author, summary=summary)


async def roll_out(system: System, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
    """Put a version that differs by `edits` in the place of the running one, as the strategy "recreate" does.

    The old instance ends first, and nobody waits until the new one is ready.
    """
    async with system.turn[service]:
        now = system.service(service)
        before, version = now.version, now.next_version
        releases.edit_release(system.layout, service, before, version, edits)
        now.versions.append(version)
        await system.exchange_instance(service, version=version)
        return _switched(system, service, before, version, author=author, summary=summary)


async def rollback(system: System, service: str, version: str, *, author: str, summary: str) -> Change:
    """Run an earlier (or later) version again."""
    async with system.turn[service]:
        return await _switch(system, service, version, author=author, summary=summary)


async def push_config(
    system: System, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str
) -> Change:
    """Push a configuration revision."""
    async with system.turn[service]:
        now = system.service(service)
        old = dict(now.settings)
        before, _ = await system.push(now, {**old, **changes})
        return system.record_settings(service, old, author=author, summary=summary, before=before)


async def set_policy(
    system: System, target: str, policy: EdgePolicy | NodePolicy, *, author: str, summary: str
) -> Change:
    """Change the policy of an edge or of a node, live."""
    service = target.partition("->")[0]
    async with system.turn[service]:
        now = system.service(service)
        old: object = now.node
        if isinstance(policy, EdgePolicy):
            old = now.edges.get(target)
            now.edges[target] = policy
        else:
            now.node = policy
        before = str(now.revision)
        await system.publish(now)
        diff = settings_diff(_flat(old), _flat(policy))
        return system.record(
            "policy", target, summary, author=author, diff=diff, before=before, after=str(now.revision)
        )


async def push_policy(
    system: System, target: str, changes: Mapping[str, object], *, author: str, summary: str
) -> Change:
    """Change some fields of the policy of an edge or of a node, live.

    Raises
    ------
    UsageError
        No such target or field, or a value that the field cannot have.
    """
    now = system.service(target.partition("->")[0])
    if "->" in target and target not in now.edges:
        raise UsageError(f"no edge {target!r}", hint=near_names(target, now.edges))
    old: EdgePolicy | NodePolicy = now.edges[target] if "->" in target else now.node
    unknown = set(changes) - set(old.__dataclass_fields__)
    if unknown:
        raise UsageError(
            f"a policy has no field {min(unknown)}", hint=near_names(min(unknown), old.__dataclass_fields__)
        )
    try:
        new = msgspec.convert({**_plain(old), **changes}, type=type(old))
    except msgspec.ValidationError as error:
        raise UsageError(f"not a policy of {target}: {error}", hint="see `telic status --json`") from error
    return await set_policy(system, target, new, author=author, summary=summary)


async def scale(system: System, service: str, replicas: int, *, author: str, summary: str) -> Change | None:
    """Let a service run with no or one process; None where it does so already."""
    if replicas not in (0, 1):
        raise UsageError(f"{replicas} processes of {service}", hint="this world runs 0 or 1 of each service")
    async with system.turn[service]:
        system.service(service)
        kept = system.services[service]
        if (kept.phase != "stopped") == bool(replicas):
            return None
        if replicas:
            kept.run()
            await kept.wait_ready(READY_WITHIN)
        else:
            await kept.stop()
        diff = settings_diff({"replicas": 1 - replicas}, {"replicas": replicas})
        return system.record("scale", service, summary, author=author, diff=diff)


async def restart(system: System, service: str, *, author: str, summary: str) -> Change:
    """Replace a service's instance by a new one of the same version."""
    async with system.turn[service]:
        before = system.service(service).instance
        await system.replace_instance(service)
        after = system.service(service).instance
        return system.record("restart", service, summary, author=author, before=before, after=after)


async def restore(system: System, service: str, change_id: str) -> Change | None:
    """Take back what a deploy or a configuration push did, if it is still in force; None when it is not."""
    change = system.changes.find(change_id)
    if change is None or change.entity != service:
        raise UsageError(f"no change {change_id!r} of {service}", hint="see `telic status`")
    now, summary = system.service(service), f"take back: {change.summary}"
    if change.kind == "deploy":
        if now.version != change.after:
            return None
        return await rollback(system, service, change.before, author=change.author, summary=summary)
    old = configuration.revision_settings(system.layout, service, change.before)
    new = configuration.revision_settings(system.layout, service, change.after)
    back = {
        key: old[key]
        for key, value in new.items()
        if key in old and old[key] != value and now.settings.get(key) == value
    }
    if not back:
        return None
    return await push_config(system, service, back, author=change.author, summary=summary)


async def deploy_design(system: System, folder: Path) -> None:
    """Move what runs to another design of the same shape: new code, migrations, grants and policies."""
    design = read_design(folder)
    if design.system != system.name or differs_in_shape(system.desired, design):
        hint = f"take it down and start it again: `telic down {system.name}`, then `telic up`"
        raise UsageError(
            f"{folder} is another system, or has other services, edges or stores than what runs", hint=hint
        )
    await system.prepare_database(design)
    system.design = design
    for each in design.services:
        await _follow_design(system, design, each.name)
    system.desired.design, system.desired.design_folder = design.hash, str(folder)
    system.save()


async def _follow_design(system: System, design: Design, service: str) -> None:
    summary = f"design {design.hash[:12]}"
    now = system.service(service)
    for name in now.edges:
        if now.edges[name] != design.wiring.of_edge(name):
            await set_policy(system, name, design.wiring.of_edge(name), author="telic", summary=summary)
    if now.node != design.wiring.of_node(service):
        await set_policy(system, service, design.wiring.of_node(service), author="telic", summary=summary)
    code = releases.code_hash(design.folder, service)
    if code == now.source:
        return
    async with system.turn[service]:
        version = now.next_version
        releases.copy_release(system.layout, design.folder, service, version)
        await _deploy(system, service, version, author="telic", summary=summary)
        system.service(service).source = code


async def _deploy(system: System, service: str, version: str, *, author: str, summary: str) -> Change:
    """Run a release that was just made; where it does not get ready, forget it."""
    try:
        system.service(service).versions.append(version)
        return await _switch(system, service, version, author=author, summary=summary)
    except BaseException:
        system.service(service).versions.remove(version)
        shutil.rmtree(system.layout.release(service, version), ignore_errors=True)
        raise


async def _switch(system: System, service: str, version: str, *, author: str, summary: str) -> Change:
    before = system.service(service).version
    await system.replace_instance(service, version=version)
    return _switched(system, service, before, version, author=author, summary=summary)


def _switched(system: System, service: str, before: str, version: str, *, author: str, summary: str) -> Change:
    files = [releases.release_files(system.layout, service, each) for each in (before, version)]
    now = system.service(service)
    system.events.record(
        "deploy.finished", service=service, entity=now.instance, reason=f"version {before} -> {version}"
    )
    diff = files_diff(*files)
    return system.record("deploy", service, summary, author=author, diff=diff, before=before, after=version)


def _plain(policy: object) -> dict[str, object]:
    found = plain(policy)
    return dict(found) if isinstance(found, dict) else {}


def _flat(policy: object) -> dict[str, Scalar]:
    found = plain(policy)
    if not isinstance(found, dict):
        return {}
    return {
        key: value if isinstance(value, Scalar) else msgspec.json.encode(value).decode() for key, value in found.items()
    }
