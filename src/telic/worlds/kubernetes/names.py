"""What the objects of a system are called in a cluster, and the labels by which they are found."""

from __future__ import annotations

import re
from collections.abc import Mapping

from telic.errors import UsageError

PORT = 8080  # at which every service listens in its pod
OWNER = "telic"
NAME, PART_OF, COMPONENT, VERSION, MANAGED_BY = (
    f"app.kubernetes.io/{word}" for word in ("name", "part-of", "component", "version", "managed-by")
)
REVISION, AUTHOR, SUMMARY, RESTARTED, CALLEES, CHANGE, AT, SCALES = (
    f"telic.dev/{word}"
    for word in ("config-revision", "author", "summary", "restarted-at", "callees", "change", "changed-at", "scales")
)
"""Annotations of a deployment and of its pods: what runs, who changed it, why and when, whom it calls, how many ran."""

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def checked(name: str) -> str:
    """Return `name`; refuse what Kubernetes takes for no name (RFC 1123, 63 characters at most).

    Examples
    --------
    >>> checked("user-timeline")
    'user-timeline'
    """
    if not _LABEL.fullmatch(name):
        raise UsageError(f"{name!r} is no name in Kubernetes", hint="small letters, digits and dashes, 63 at most")
    return name


def labels(system: str, name: str, component: str = "service") -> dict[str, str]:
    """Return the labels of everything that belongs to one service or store."""
    return {NAME: name, PART_OF: system, COMPONENT: component, MANAGED_BY: OWNER}


def selector(system: str, name: str = "") -> dict[str, str]:
    """Return what selects the pods of one service or store, or of the whole system."""
    return {PART_OF: system, **({NAME: name} if name else {})}


def query(chosen: Mapping[str, str]) -> str:
    """Return a selector as the API's text.

    Examples
    --------
    >>> query({"a": "1", "b": "2"})
    'a=1,b=2'
    """
    return ",".join(f"{key}={value}" for key, value in chosen.items())


def config_name(service: str, revision: int) -> str:
    """Return the name of the ConfigMap that holds a revision of a service's configuration."""
    return checked(f"{service}-config-{revision}")


def release_name(service: str, version: str) -> str:
    """Return the name of the ConfigMap that holds a version of a service's source."""
    return checked(f"{service}-release-{version}")
