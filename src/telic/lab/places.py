"""What several faults ask about a running world: names of a place, versions, the way back to them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from telic.errors import UnknownName
from telic.lab.fault import Scene
from telic.lab.traffic import Place, traffic
from telic.model import Action, Change, Harm, Scalar, ServiceState
from telic.registry import near_names

LOGGED_IN = 2.0  # requests of users who are or want to be logged in, for them to be harmed together [1/s]


def service_state(harm: Harm, service: str) -> ServiceState:
    """Return the state of `service`; raise `UnknownName` when the world has none of that name."""
    services = harm.state().services
    if service not in services:
        raise UnknownName(f"no service {service!r} in this world", hint=near_names(service, services))
    return services[service]


def instance_names(harm: Harm, service: str) -> tuple[str, ...]:
    """Return the names of the processes of `service`: other names of the same place."""
    return tuple(each.name for each in service_state(harm, service).instances)


def popular(scene: Scene, kind: str) -> tuple[str, ...]:
    """Return the places of `kind` that the world has and where harm is certain to be felt."""
    known = set(scene.harm.state().services)
    found = traffic(scene.design).popular(kind)
    return tuple(each for each in found if kind != "service" or each in known)


def token_services(scene: Scene) -> tuple[str, ...]:
    """Return who checks users' tokens: the entry, and who issues them where many requests pass it.

    Nobody where so few users are logged in that hardly two of them meet in one second.
    """
    entry, flow = scene.design.service(scene.design.entry), traffic(scene.design)
    logins = [each for each in entry.operations if any(one.endswith(".login") for one in each.derives)]
    kinds = {one.partition(".")[0] for each in logins for one in each.derives}
    mine = [each.name for each in entry.operations if any(one.partition(".")[0] in kinds for one in each.derives)]
    share = sum(flow.shares.get(each, 0.0) for each in mine)
    if logins and share * (scene.rate or flow.rate) < LOGGED_IN:
        return ()
    issuing = {call.service for each in logins for call in each.calls}
    return (entry.name, *sorted(issuing & set(popular(scene, "service"))))


def call_rate(scene: Scene, service: str) -> float:
    """Return how often `service` is called under the scene's load, by the mix of the design's first workload [1/s]."""
    flow = traffic(scene.design)
    calls = sum(
        times for place, times in flow.calls.items() if place.kind == "edge" and place.name.endswith(f"->{service}")
    )
    return (scene.rate or flow.rate) * max(calls, flow.calls.get(Place("service", service), 0.0))


def revert_config(
    harm: Harm, service: str, pushed: Mapping[str, Scalar], before: Mapping[str, Scalar], *, author: str, summary: str
) -> None:
    """Push the values of `before` if those that were `pushed` are still in force."""
    config = service_state(harm, service).config
    if all(str(config.get(key)) == str(value) for key, value in pushed.items()):
        harm.push_config(service, before, author=author, summary=summary)


def revert_deploy(harm: Harm, change: Change | None) -> None:
    """Go back to the version before `change`, if the one that it deployed still runs."""
    if change is not None and service_state(harm, change.entity).version == change.after:
        harm.restore(change.entity, change)


def has_process(harm: Harm, service: str) -> bool:
    """Return whether any process of `service` runs now; without one there is nothing to wake."""
    return any(each.pid for each in service_state(harm, service).instances)


def policy_of(harm: Harm, target: str) -> dict[str, object]:
    """Return the fields of the policy of a service or an edge; none where the world tells of none."""
    found = service_state(harm, target.partition("->")[0]).policies.get(target)
    return {str(key): value for key, value in found.items()} if isinstance(found, Mapping) else {}


def policy_back(harm: Harm, target: str, before: Mapping[str, object]) -> Action:
    """Return the action that gives fields of a policy the values of `before`."""
    return Action("set_policy", target, {"policy": json.dumps({**policy_of(harm, target), **before})})
