"""Several policies changed at once: each service that holds some of them gets one new revision."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from telic.model import Change
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.local import policy_words
from telic.worlds.local.desired import DesiredService
from telic.worlds.local.system import System

Policies = Mapping[str, EdgePolicy | NodePolicy]  # by service, or by ``caller->callee``


def policy_of(system: System, target: str) -> EdgePolicy | NodePolicy:
    """Return the policy in force of a service or an edge."""
    service = system.service(target.partition("->")[0])
    return service.edges[target] if "->" in target else service.node


def changed(system: System, wanted: Policies) -> dict[str, EdgePolicy | NodePolicy]:
    """Return those of the `wanted` policies that are not in force."""
    return {target: policy for target, policy in wanted.items() if policy_of(system, target) != policy}


def words(system: System, wanted: Policies) -> list[str]:
    """Say what would change, a line each target."""
    return [
        f"{target}: {', '.join(policy_words.differences(policy_of(system, target), policy))}"
        for target, policy in changed(system, wanted).items()
    ]


async def set_policies(system: System, wanted: Policies, *, entity: str, author: str, summary: str) -> Change:
    """Put policies in force, all services at the same time; one entry in the change log.

    Parameters
    ----------
    entity
        What it is about, for the change log.
    """
    diff = "\n".join(words(system, wanted))
    holders: dict[str, dict[str, EdgePolicy | NodePolicy]] = {}
    for target, policy in changed(system, wanted).items():
        holders.setdefault(target.partition("->")[0], {})[target] = policy
    await asyncio.gather(*(_publish(system, system.service(name), mine) for name, mine in holders.items()))
    return system.record("policy", entity, summary, author=author, diff=diff)


async def _publish(system: System, service: DesiredService, mine: Policies) -> None:
    async with system.turn[service.name]:
        for target, policy in mine.items():
            if isinstance(policy, EdgePolicy):
                service.edges[target] = policy
            else:
                service.node = policy
        await system.publish(service)
