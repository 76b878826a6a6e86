"""A few commands of kubectl as calls of a session's tools; there is no shell behind it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

UNDERSTOOD = """kubectl get pods|services|deployments|all   kubectl get events   kubectl rollout history deployment/NAME
kubectl get configmap NAME   kubectl describe pod|deployment|configmap NAME   kubectl logs NAME
kubectl rollout restart deployment/NAME   kubectl delete pod NAME   kubectl rollout undo deployment/NAME
ls   cat FILE   (of what get_metrics and get_traces wrote)"""

_LISTS = frozenset(
    ("pod", "pods", "po", "service", "services", "svc", "deployment", "deployments", "deploy", "all", "statefulset")
)
_ROLLOUT = {"restart": "restart", "undo": "rollback", "history": "changes", "status": "services"}
_WITH_VALUE = ("-n", "--namespace", "-o", "--output", "-c", "--container", "-l", "--selector", "--tail", "--since")


def translate(command: str, services: Iterable[str]) -> tuple[str, str] | None:
    """Return what a command asks for and of which service; None for what is not understood.

    Returns
    -------
    ``services`` ``changes`` ``config`` ``logs`` ``restart`` ``rollback`` ``ls`` ``cat``, and a name or "".

    Examples
    --------
    >>> translate("kubectl rollout undo deployment/rate -n hotel", ["rate"])
    ('rollback', 'rate')
    >>> translate("kubectl logs rate-7d9f-x2 | grep error", ["rate"])
    >>> translate("rm -rf /", [])
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return None
    if any(set(each) & set("|;&><`$") for each in words):
        return None
    plain = _plain(words)
    if plain[:1] in (["ls"], ["cat"]):
        return plain[0], plain[1] if len(plain) > 1 else ""
    if plain[:1] != ["kubectl"] or len(plain) < 3:
        return None
    verb, kind, *names = [plain[1], *plain[2].split("/", 1), *(part for each in plain[3:] for part in each.split("/"))]
    return _asked(verb, kind, names, tuple(services))


def _asked(verb: str, kind: str, names: list[str], services: tuple[str, ...]) -> tuple[str, str] | None:
    name = service_of(names[-1], services) if names else ""
    if verb == "logs":
        return "logs", name or service_of(kind, services)
    if verb == "rollout":
        asked = _ROLLOUT.get(kind)
        return (asked, name) if asked else None
    if verb == "delete":
        return ("restart", name) if kind in ("pod", "pods", "po") and name else None
    if verb not in ("get", "describe"):
        return None
    if kind in ("event", "events", "ev"):
        return "changes", ""
    if name and (verb == "describe" or kind in ("configmap", "configmaps", "cm")):
        return "config", name
    return ("services", name) if verb == "get" and kind in _LISTS else None


def _plain(words: list[str]) -> list[str]:
    """Return words without options and their values."""
    found, skip = [], False
    for each in words:
        if not skip and not each.startswith("-"):
            found.append(each)
        skip = not skip and each in _WITH_VALUE
    return found


def service_of(name: str, services: Iterable[str]) -> str:
    """Return the service that a deployment, pod or configuration called `name` belongs to; `name` where none does."""
    fitting = [each for each in services if name == each or name.startswith(f"{each}-")]
    return max(fitting, key=len) if fitting else name
