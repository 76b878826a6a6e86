"""What actions on many policies have in common: all policies of a state as text, and which services they reach."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from telic.errors import ActionRefused
from telic.model import Action, State, Topology, Undo
from telic.runtime.wiring import EdgePolicy, NodePolicy


def in_state(state: State) -> dict[str, EdgePolicy | NodePolicy]:
    """Return every policy in force, by service and by ``caller->callee``."""
    found: dict[str, EdgePolicy | NodePolicy] = {}
    for service in state.services.values():
        for target, policy in service.policies.items():
            found[target] = msgspec.convert(msgspec.to_builtins(policy), _kind(target))
    return found


def take_back(state: State, target: str, why: str) -> Undo:
    """Return what puts every policy of `state` in force again, at once."""
    text = msgspec.json.encode({name: msgspec.to_builtins(each) for name, each in in_state(state).items()}).decode()
    return Undo(Action("set_policies", target, {"policies": text}, why))


def read(text: str, what: str) -> dict[str, EdgePolicy | NodePolicy]:
    """Read policies from text; refuse what is none."""
    try:
        given = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return {target: msgspec.json.decode(policy, type=_kind(target)) for target, policy in given.items()}
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ActionRefused(f"{what}: no policies: {error}", hint="see telic.runtime.wiring") from error


def between(topology: Topology, service: str) -> frozenset[str]:
    """Return the services on any way from the entry to `service`, both included."""
    calls: dict[str, list[str]] = {}
    for each in topology.edges:
        if each.kind == "calls":
            calls.setdefault(each.caller, []).append(each.callee)
    below, above = _reached(calls, topology.entry), _reached(_turned(calls), service)
    return frozenset({topology.entry, service, *(below & above)})


def _reached(calls: Mapping[str, list[str]], start: str) -> set[str]:
    found, waiting = {start}, [start]
    while waiting:
        fresh = [each for each in calls.get(waiting.pop(), ()) if each not in found]
        found.update(fresh)
        waiting.extend(fresh)
    return found


def _turned(calls: Mapping[str, list[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for caller, callees in calls.items():
        for callee in callees:
            found.setdefault(callee, []).append(caller)
    return found


def _kind(target: str) -> type[EdgePolicy] | type[NodePolicy]:
    return EdgePolicy if "->" in target else NodePolicy
