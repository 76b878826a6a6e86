"""Which actions take a colleague's change back."""

from __future__ import annotations

import json
import re

from telic.model import Action, Change, Scalar, plain
from telic.operate.diagnosis.findings import Findings
from telic.operate.diagnosis.waiting import stopped

_LINE = re.compile(r"^(?P<key>[\w.>\-]+): (?P<old>.*) -> (?P<new>.*)$", re.M)
_NONE = "(none)"


def changed_settings(change: Change) -> dict[str, str]:
    """Return the old values that the diff of a configuration push names, as text.

    Examples
    --------
    >>> changed_settings(Change("c", 0.0, "config", "search", "", diff="upstream.hotel.port: 22011 -> 20150"))
    {'upstream.hotel.port': '22011'}
    """
    return {found["key"]: found["old"] for found in _LINE.finditer(change.diff) if found["old"] != _NONE}


def take_back(findings: Findings, change: Change) -> list[Action]:
    """Return the actions that undo `change`: the old values, the version before, or a process where none is left."""
    service = change.entity.partition("->")[0]
    if change.kind == "config":
        config = findings.state.services[service].config if service in findings.state.services else {}
        return [
            Action("set_config", service, {"key": key, "value": value_like(old)}, f"take back {change.id}")
            for key, old in changed_settings(change).items()
            if key in config and str(config[key]) != old
        ]
    if change.kind == "deploy":
        return roll_back(findings, service, change)
    if change.kind == "scale":
        why = f"take back {change.id}"
        return [Action("scale", service, {"replicas": 1}, why)] if stopped(findings, service) else []
    return _policy_back(findings, change) if change.kind == "policy" else []


def _policy_back(findings: Findings, change: Change) -> list[Action]:
    """Return the action that gives the fields that `change` names their old values; the others stay as they are."""
    running = findings.state.services.get(change.entity.partition("->")[0])
    now = plain(running.policies.get(change.entity)) if running is not None else None
    if not isinstance(now, dict):
        return []
    wanted = {**now, **{key: _field(old) for key, old in changed_settings(change).items() if key in now}}
    if wanted == now:
        return []
    return [Action("set_policy", change.entity, {"policy": json.dumps(wanted)}, f"take back {change.id}")]


def _field(text: str) -> object:
    """Read a policy's field from a diff: what is no scalar stands there as JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return value_like(text)


def roll_back(findings: Findings, service: str, change: Change | None) -> list[Action]:
    """Return the rollback of `service` to what ran before `change`, or before its running version."""
    running = findings.state.services.get(service)
    if running is None:
        return []
    version = change.before if change is not None and change.before else running.previous_version
    if not version or version == running.version:
        return []
    why = f"take back {change.id}" if change is not None else "the version before was well"
    return [Action("rollback", service, {"version": version}, why)]


def value_like(text: str) -> Scalar:
    """Read a setting's value from a diff.

    Examples
    --------
    >>> value_like("22011"), value_like("0.5"), value_like("True"), value_like("INFO")
    (22011, 0.5, True, 'INFO')
    """
    if text in ("True", "true", "False", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
