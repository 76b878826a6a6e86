"""The verbs ``escape``, ``reopen`` and ``set_policies``: out of a metastable collapse, and slowly back."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from telic.errors import ActionRefused
from telic.model import OPERATOR, Action, Undo, plain
from telic.registry import near_names
from telic.runtime.wiring import EdgePolicy, NodePolicy, RetryPolicy
from telic.worlds.local import policies
from telic.worlds.local.plan import Plan, service_named, summary
from telic.worlds.local.policies import Policies
from telic.worlds.local.system import System

USERS_WAIT = 1.0  # what enters and has not got a slot after so long is refused [s]
WAITING = 0.5  # share of a caller's timeout that may be spent in the queue: the rest is for the work [1]
LEAST, MOST = 1, 64  # places in a bounded queue [1]
BACKOFF = 0.01  # before a retry, at least [s]
MOST_SHED = 0.95  # [1]


async def escape(system: System, action: Action) -> Plan:
    """Make everything between the entry and a collapsed service drop what is stale and try nothing again."""
    service = service_named(system, action.target).name
    share = _share(action, "shed", MOST_SHED)
    wanted: dict[str, EdgePolicy | NodePolicy] = {}
    for name in _between(system, service):
        node = _strict(system, name)
        wanted[name] = replace(node, shed=share) if name == system.design.entry else node
    for edge in _edges_between(system, service):
        wanted[edge] = replace(_edge(system, edge), retry=None, deadline=True)
    return _plan(system, action, wanted)


async def reopen(system: System, action: Action) -> Plan:
    """Shed less at the entry, and let callers try again within a budget where the design lets them."""
    service = service_named(system, action.target).name
    if service_named(system, service).node.max_age <= 0:
        raise ActionRefused(f"{service} is not being escaped: its queue has no limit of age", hint="escape comes first")
    entry, budget = system.design.entry, _share(action, "budget", 1.0)
    node = service_named(system, entry).node
    wanted: dict[str, EdgePolicy | NodePolicy] = {entry: replace(node, shed=_share(action, "shed", MOST_SHED))}
    for edge in _edges_between(system, service):
        designed = system.design.wiring.of_edge(edge).retry
        if budget > 0 and designed is not None and designed.max:
            wanted[edge] = replace(_edge(system, edge), retry=_budgeted(designed, budget))
    return _plan(system, action, wanted)


async def set_policies(system: System, action: Action) -> Plan:
    """Put the given policies in force, all at once: the undo of the other two."""
    text = str(action.params.get("policies", ""))
    try:
        given = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        wanted: dict[str, EdgePolicy | NodePolicy] = {}
        for target, policy in given.items():
            service = service_named(system, target.partition("->")[0])
            if "->" in target and target not in service.edges:
                raise ActionRefused(f"no edge {target!r}", hint=near_names(target, service.edges))
            if "->" in target:
                wanted[target] = replace(msgspec.json.decode(policy, type=EdgePolicy))
            else:
                wanted[target] = replace(msgspec.json.decode(policy, type=NodePolicy))
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ActionRefused(f"no policies: {error}", hint="a JSON object of targets and their policies") from error
    return _plan(system, action, wanted)


def _plan(system: System, action: Action, wanted: Policies) -> Plan:
    changes = policies.changed(system, wanted)
    if not changes:
        raise ActionRefused(f"{action.verb} {action.target}: all these policies are in force", hint="nothing to change")
    old = {target: plain(policies.policy_of(system, target)) for target in changes}
    back = Action("set_policies", action.target, {"policies": msgspec.json.encode(old).decode()}, "undo")
    return Plan(
        "; ".join(policies.words(system, wanted)),
        lambda: policies.set_policies(system, wanted, entity=action.target, author=OPERATOR, summary=summary(action)),
        Undo(back),
    )


def _strict(system: System, name: str) -> NodePolicy:
    """Return the policy of a service that serves only those who still wait."""
    node, entry = service_named(system, name).node, system.design.entry
    waits = [
        policy.timeout
        for service in system.desired.services.values()
        for edge, policy in service.edges.items()
        if edge.endswith(f"->{name}")
    ]
    longest = round(WAITING * min(waits), 4) if waits and name != entry else USERS_WAIT
    age = min(longest, node.max_age) if node.max_age > 0 else longest
    places = _places(system, name, age)
    queue = places if node.queue < 0 else min(node.queue, places)
    return replace(node, queue=queue, order="lifo", max_age=age, cancel=True)


def _places(system: System, name: str, age: float) -> int:
    """Return how many may wait: as many as are served before they are too old."""
    capacity = system.design.service(name).capacity
    if capacity is None:
        return MOST
    return max(LEAST, min(MOST, int(age * capacity.slots / capacity.service_time)))


def _budgeted(designed: RetryPolicy, budget: float) -> RetryPolicy:
    """Return the design's retries, once at most, within a budget, and never all at the same moment."""
    return replace(
        designed,
        max=1,
        budget=min(designed.budget, budget) if designed.budget > 0 else budget,
        backoff=max(BACKOFF, designed.backoff),
        jitter=True,
    )


def _between(system: System, service: str) -> list[str]:
    """Return the services on any way from the entry to `service`, both included."""
    calls = {each.name: each.callees for each in system.design.services}

    def reaches(name: str) -> bool:
        return name == service or any(reaches(callee) for callee in calls[name])

    found, waiting = dict[str, None](), [system.design.entry]
    while waiting:
        name = waiting.pop(0)
        if name not in found and reaches(name):
            found[name] = None
            waiting.extend(calls[name])
    return list(found) or [service]


def _edges_between(system: System, service: str) -> list[str]:
    names = _between(system, service)
    edges = {edge for each in system.desired.services.values() for edge in each.edges}
    wanted = [f"{caller}->{callee}" for caller in names for callee in names]
    return [each for each in wanted if each in edges]


def _edge(system: System, edge: str) -> EdgePolicy:
    return system.service(edge.partition("->")[0]).edges[edge]


def _share(action: Action, name: str, most: float) -> float:
    try:
        share = float(action.params.get(name, 0.0))
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= most:
        raise ActionRefused(f"{action}: {name} is a share from 0 to {most:g}", hint=f"such as {name}=0.25")
    return share
