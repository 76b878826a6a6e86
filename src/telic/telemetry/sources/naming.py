"""Names that Kubernetes makes, and whose they are."""

from __future__ import annotations

import re

_REPLICASET = re.compile(r"^(.+)-[bcdf0-9][bcdfghjklmnpqrstvwxz2456789]{3,9}$")
_POD = re.compile(r"^(.+)-[bcdfghjklmnpqrstvwxz2456789]{5}$")
_MEMBER = re.compile(r"^(.+)-\d+$")


def entity_of(kind: str, name: str) -> str:
    """Return the workload that the object of an event belongs to, told by how names are made.

    Kubernetes makes names of pods and ReplicaSets from 27 letters and digits that spell no words.

    Examples
    --------
    >>> entity_of("Pod", "cart-5d9c8b7f6d-x2x4z"), entity_of("Pod", "db-0"), entity_of("Node", "node-1")
    ('cart', 'db', 'node-1')
    """
    if kind == "Pod":
        if found := _POD.match(name):
            return entity_of("ReplicaSet", found[1])
        found = _MEMBER.match(name)
        return found[1] if found else name
    if kind == "ReplicaSet":
        found = _REPLICASET.match(name)
        return found[1] if found else name
    return name
