"""Workloads ask for operations that exist, objectives name a workload, capacity is given to services that exist."""

from __future__ import annotations

from telic.intent.rules.scene import Scene, place

READS = ("geo_search", "list_by_ref", "count_by_ref", "find_by_prefix")
"""Verbs whose answers may be kept for a while."""


def check_workloads(scene: Scene) -> None:
    """Check the operations of every mix."""
    for _, item in scene.pairs(scene.intent.workloads, "operational.workload"):
        mix = item.get("mix")
        if mix is not None and mix.kind == "mapping":
            for key, _ in mix.entries:
                scene.known(key, key.text, scene.operations, "no operation")
            if not mix.entries:
                scene.findings.add(mix, "a mix has at least one operation", "mix: {F1: 1}")


def check_objectives(scene: Scene) -> None:
    """Check services and workloads of objectives; a workload that is left out becomes an open question."""
    workloads = [each.id for each in scene.intent.workloads]
    for objective, item in scene.pairs(scene.intent.objectives, "operational.slos"):
        scene.known(place(item, "service"), objective.service, scene.services, "no service")
        scene.known(place(item, "under"), objective.under, workloads, "no workload")
        if 0 < objective.window < objective.test_window:
            at = place(item, "test_window")
            scene.findings.add(
                at, "the window of tests is longer than the window", "tests take a short one, such as 10s"
            )


def check_capacity(scene: Scene) -> None:
    """Check that capacity is given to services of the system."""
    capacity = scene.find("operational.capacity")
    for key, _ in capacity.entries if capacity is not None else ():
        scene.known(key, key.text, scene.services, "no service")


def check_settings(scene: Scene) -> None:
    """Check that settings are given to services of the system."""
    settings = scene.find("operational.settings")
    for key, _ in settings.entries if settings is not None else ():
        scene.known(key, key.text, scene.services, "no service")


def check_limits(scene: Scene) -> None:
    """Check staleness and the cost limit."""
    staleness = scene.find("operational.limits.staleness")
    for key, value in staleness.entries if staleness is not None else ():
        known = scene.known(key, key.text, scene.operations, "no operation")
        kind = scene.operations[key.text].kind if known else ""
        if known and kind not in READS and scene.intent.staleness.get(key.text):
            scene.findings.add(value, f"{key.text} is {kind}; its answer is never kept", "write 0s or delete it")
    limit, need = scene.intent.max_processes, len(scene.services)
    at = scene.find("operational.limits.cost.processes")
    if at is not None and "" not in scene.services and 0 < limit < need:
        scene.findings.add(at, f"the owners make {need} services, {limit} processes are allowed", f"at least {need}")
