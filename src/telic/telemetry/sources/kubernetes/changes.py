"""Rollouts of Deployments: each ReplicaSet is a revision, with what changed against the one before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from telic.model.redaction import HIDDEN
from telic.telemetry.sources.card import Question
from telic.telemetry.sources.elasticsearch import flat
from telic.telemetry.sources.kubernetes.objects import Thing, listed
from telic.telemetry.sources.rows import Rows, text_of
from telic.telemetry.sources.secrets import parameter_is_secret
from telic.telemetry.sources.times import ns_of
from telic.telemetry.sources.visit import Visit

REVISION, CAUSE = "deployment.kubernetes.io/revision", "kubernetes.io/change-cause"


def rows(visit: Visit, question: Question, scope: str) -> Rows:
    """Yield one change a revision, with the differences of its pod template."""
    revisions: dict[tuple[str, str], list[tuple[int, Thing]]] = defaultdict(list)
    for each in listed(visit, f"/apis/apps/v1{scope}/replicasets", Thing, question.query):
        owner = next((one.name for one in each.metadata.ownerReferences or () if one.kind == "Deployment"), "")
        number = (each.metadata.annotations or {}).get(REVISION, "")
        if owner and number.isdecimal():
            revisions[each.metadata.namespace, owner].append((int(number), each))
    for (namespace, owner), found in sorted(revisions.items()):
        found.sort(key=lambda one: one[0])
        before: Thing | None = None
        for revision, each in found:
            try:
                time_ns = ns_of(each.metadata.creationTimestamp)
            except ValueError:
                continue
            difference = diff(_template(before), _template(each)) if before is not None else ""
            cause = (each.metadata.annotations or {}).get(CAUSE, "")
            images = ", ".join(_images(each))
            yield {
                "time_ns": time_ns,
                "kind": "deploy" if before is None or _images(before) != _images(each) else "config",
                "entity": owner,
                "id": f"{namespace}/{owner}@{revision}",
                "summary": cause or f"revision {revision} of {owner}: {images}",
                "diff": difference,
                "author": "",
                "attributes": text_of({"namespace": namespace, "images": images, "replicaset": each.metadata.name}),
            }
            before = each


def diff(before: Mapping[str, object], after: Mapping[str, object]) -> str:
    """Return ``key: old -> new`` lines; values that look like secrets are hidden.

    Examples
    --------
    >>> print(diff({"image": "cart:1", "env.LIMIT": "5"}, {"image": "cart:2", "env.LIMIT": "5"}))
    image: cart:1 -> cart:2
    """
    lines = []
    for key in sorted({*before, *after}):
        old, new = before.get(key, "(none)"), after.get(key, "(none)")
        if old != new and key != "metadata.labels.pod-template-hash":
            secret = any(parameter_is_secret(part) for part in key.split("."))
            lines.append(f"{key}: {HIDDEN if secret else old} -> {HIDDEN if secret else new}")
    return "\n".join(lines)


def _template(thing: Thing | None) -> dict[str, object]:
    """Return a pod template with dotted names; containers and variables by their names."""
    template = ((thing.spec if thing is not None else None) or {}).get("template")
    return flat(_by_name(template)) if isinstance(template, dict) else {}


def _by_name(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _by_name(each) for key, each in value.items()}
    if isinstance(value, list):
        if value and all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in value):
            return {each["name"]: _by_name({k: v for k, v in each.items() if k != "name"}) for each in value}
        return {str(number): _by_name(each) for number, each in enumerate(value)}
    return value


def _images(thing: Thing) -> list[str]:
    return [str(value) for key, value in _template(thing).items() if key.endswith(".image")]
