"""Ids and names are unique, so that a citation has one meaning."""

from __future__ import annotations

from collections.abc import Iterator

from telic.intent.rules.scene import Scene
from telic.intent.source import Item

_LISTS = (
    "functional.operations",
    "functional.use_cases",
    "functional.invariants",
    "functional.security",
    "functional.design",
    "operational.workload",
    "operational.slos",
    "operational.recovery",
    "operational.trials",
    "refinement",
    "open",
)


def check(scene: Scene) -> None:
    """Note ids that are used twice, anywhere, and operations and workloads of one name."""
    _unique(scene, (each for path in _LISTS for each in _texts(scene, path, "id")), "id")
    _unique(scene, _texts(scene, "functional.operations", "name"), "operation")
    _unique(scene, _texts(scene, "operational.workload", "name"), "workload")


def _texts(scene: Scene, path: str, key: str) -> Iterator[Item]:
    listed = scene.find(path)
    for each in listed.items if listed is not None else ():
        found = each.get(key)
        if found is not None and found.kind == "text" and not found.empty:
            yield found


def _unique(scene: Scene, items: Iterator[Item], what: str) -> None:
    seen: dict[str, int] = {}
    for each in items:
        if each.text in seen:
            scene.findings.add(each, f"{what} {each.text!r} is used twice", f"the first is in line {seen[each.text]}")
        seen.setdefault(each.text, each.line)
