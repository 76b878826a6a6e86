"""Faults in a cluster that has Chaos Mesh: what a lab does to a world, as Chaos Mesh's objects (v1alpha1)."""

from __future__ import annotations

from typing import Any

from telic.errors import UsageError
from telic.model.weather import Weather
from telic.worlds.kubernetes import names
from telic.worlds.kubernetes.api import CHAOS_GROUP, CHAOS_VERSION
from telic.worlds.kubernetes.pods import Manifest

COMPONENT = "chaos"
MOST_WORKERS = 100  # of one stress object [1]
BUFFER = 16_384  # bytes that a limited link lets through at once [bytes]


def link(system: str, namespace: str, edge: str, weather: Weather) -> Manifest:
    """Return what gives the edge ``caller->callee`` a weather.

    One way is done where the callee is: a caller sends to the address of a Service, which no rule about pods matches.
    There netem shapes what goes back, which users of one connection feel alike; only a partition hears what comes.

    Raises
    ------
    UsageError
        No edge, fair weather, or one that netem does not know (answers that break off, corrupt ones of one way).
    """
    caller, sign, callee = edge.partition("->")
    if not sign:
        raise UsageError(f"{edge!r} is no edge", hint="write caller->callee")
    if weather.fail or weather.silent or weather.every:
        raise UsageError(
            f"{edge}: Chaos Mesh cannot break single answers or come and go by itself",
            hint="delay, jitter, drop, loss, corrupt, rate",
        )
    action, detail = _action(weather)
    one_way = weather.way != "both"
    near, far = (callee, caller) if one_way else (caller, callee)
    target = {"mode": "all", "selector": _selector(system, namespace, far)}
    direction = "both" if not one_way else "from" if weather.way == "there" and weather.drop else "to"
    spec = {"action": action, "direction": direction, "target": target, **detail}
    return _chaos("NetworkChaos", system, namespace, link_name(edge), near, spec)


def link_name(edge: str) -> str:
    """Return what the object is called that gives an edge its weather."""
    return names.checked(f"link-{edge.replace('->', '-')}")


def killed(system: str, namespace: str, service: str) -> Manifest:
    """Return what ends every pod of a service at once."""
    spec = {"action": "pod-kill", "gracePeriod": 0}
    return _chaos("PodChaos", system, namespace, f"kill-{service}", service, spec)


def ended(system: str, namespace: str, service: str) -> Manifest:
    """Return what ends the containers of a service once, in their pods: the kubelet starts them again."""
    spec = {"action": "container-kill", "containerNames": [service]}
    return _chaos("PodChaos", system, namespace, f"end-{service}", service, spec)


def stopped(system: str, namespace: str, service: str) -> Manifest:
    """Return what lets no pod of a service serve for as long as the object is there."""
    return _chaos("PodChaos", system, namespace, f"stop-{service}", service, {"action": "pod-failure"})


def busy(system: str, namespace: str, service: str, share: float) -> Manifest:
    """Return what leaves a service about a `share` [1] of its one CPU: so many others want as much of it.

    The container's limit is one CPU, and its cgroup gives each that wants it the same.
    """
    if not 0 < share < 1:
        raise UsageError(f"a share of {share:g}", hint="above 0 and below 1; without the object the service has all")
    stressors = {"cpu": {"workers": min(MOST_WORKERS, max(1, round(1 / share) - 1)), "load": 100}}
    return _chaos("StressChaos", system, namespace, f"busy-{service}", service, {"stressors": stressors})


def filled(system: str, namespace: str, service: str, memory: float) -> Manifest:
    """Return what takes `memory` [bytes] in every pod of a service."""
    stressors = {"memory": {"workers": 1, "size": f"{max(1, round(memory / 2**20))}MB"}}
    return _chaos("StressChaos", system, namespace, f"fill-{service}", service, {"stressors": stressors})


def skewed(system: str, namespace: str, service: str, seconds: float) -> Manifest:
    """Return what puts the wall clock of a service `seconds` [s] ahead, or behind where below 0."""
    spec = {"timeOffset": f"{seconds:g}s", "clockIds": ["CLOCK_REALTIME"]}
    return _chaos("TimeChaos", system, namespace, f"skew-{service}", service, spec)


def _action(weather: Weather) -> tuple[str, dict[str, Any]]:
    """The action of a weather; the strongest where there are several."""
    if weather.drop:
        return "partition", {}
    if weather.loss:
        return "loss", {"loss": {"loss": _percent(weather.loss), "correlation": "0"}}
    if weather.delay or weather.jitter:
        return "delay", {"delay": {"latency": _ms(weather.delay), "jitter": _ms(weather.jitter), "correlation": "0"}}
    if weather.corrupt:
        return "corrupt", {"corrupt": {"corrupt": _percent(weather.corrupt), "correlation": "0"}}
    if weather.rate:
        bandwidth = {"rate": f"{max(1, round(weather.rate))}bps", "limit": BUFFER, "buffer": BUFFER}
        return "bandwidth", {"bandwidth": bandwidth}
    raise UsageError("fair weather is no fault", hint="remove the object instead")


def _chaos(kind: str, system: str, namespace: str, name: str, service: str, spec: dict[str, Any]) -> Manifest:
    return {
        "apiVersion": f"{CHAOS_GROUP}/{CHAOS_VERSION}",
        "kind": kind,
        "metadata": {
            "name": names.checked(name),
            "namespace": namespace,
            "labels": names.labels(system, service, COMPONENT),
        },
        "spec": {"mode": "all", "selector": _selector(system, namespace, service), **spec},
    }


def _selector(system: str, namespace: str, service: str) -> Manifest:
    return {"namespaces": [namespace], "labelSelectors": names.selector(system, service)}


def _percent(share: float) -> str:
    return f"{100 * share:g}"


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:g}ms"
