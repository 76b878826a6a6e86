"""Objects of the API, as far as they are read, and lists of them page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Generic, TypeVar

import msgspec

from telic.telemetry.sources.visit import Visit

T = TypeVar("T")
PAGE = 500  # objects of one answer, as kubectl asks [1]


class Owner(msgspec.Struct):
    """What an object belongs to."""

    kind: str = ""
    name: str = ""
    controller: bool = False


class Meta(msgspec.Struct):
    """Name, place and age of an object."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    creationTimestamp: str = ""
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    ownerReferences: list[Owner] | None = None


class Thing(msgspec.Struct):
    """Any object."""

    metadata: Meta = msgspec.field(default_factory=Meta)
    spec: dict[str, Any] | None = None
    status: dict[str, Any] | None = None


class Involved(msgspec.Struct):
    """What an event is about."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


class Count(msgspec.Struct):
    """How often an event was seen."""

    count: int = 0
    lastObservedTime: str | None = None


class Event(msgspec.Struct):
    """Something that a controller or the kubelet did or saw."""

    metadata: Meta = msgspec.field(default_factory=Meta)
    involvedObject: Involved = msgspec.field(default_factory=Involved)
    reason: str | None = None
    message: str | None = None
    type: str | None = None
    count: int | None = None
    firstTimestamp: str | None = None
    lastTimestamp: str | None = None
    eventTime: str | None = None
    series: Count | None = None


class Listed(msgspec.Struct):
    """Where a list goes on."""

    token: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct, Generic[T]):
    """One page of a list."""

    items: list[T] | None
    metadata: Listed = msgspec.field(default_factory=Listed)


def listed(visit: Visit, path: str, kind: type[T], selector: str = "") -> Iterator[T]:
    """Yield the objects of a list, page by page."""
    token = ""
    while True:
        params = [("limit", str(PAGE)), *([("labelSelector", selector)] if selector else [])]
        page = visit.get(path, [*params, *([("continue", token)] if token else [])], Page[kind])  # type: ignore[valid-type]
        yield from page.items or ()
        if not page.metadata.token or page.metadata.token == token:
            return
        token = page.metadata.token


def workload(meta: Meta) -> tuple[str, str]:
    """Return kind and name of the workload that an object belongs to; itself where nothing owns it.

    Examples
    --------
    >>> owners = [Owner("ReplicaSet", "cart-5d9c")]
    >>> workload(Meta("cart-5d9c-x", labels={"pod-template-hash": "5d9c"}, ownerReferences=owners))
    ('Deployment', 'cart')
    """
    for owner in meta.ownerReferences or ():
        hashed = (meta.labels or {}).get("pod-template-hash", "")
        if owner.kind == "ReplicaSet" and hashed and owner.name.endswith(f"-{hashed}"):
            return "Deployment", owner.name.removesuffix(f"-{hashed}")
        if owner.kind:
            return owner.kind, owner.name
    return "", meta.name
