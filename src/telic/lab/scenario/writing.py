"""Writes scenarios as TOML files."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from telic.lab.scenario.scenario import SCHEMA, TASKS, Scenario

WORDS = {"lasts": "for"}  # fields whose name in a file is a word of Python


def write(scenario: Scenario) -> str:
    """Return a scenario as the text of a file; `parse` reads the same."""
    lines = [f'schema = "{SCHEMA}"', f"name = {_toml(scenario.name)}"]
    lines += [] if scenario.recording else [f"app = {_toml(scenario.app)}"]
    lines += [f"tasks = {_toml(list(scenario.tasks))}"] if scenario.tasks != TASKS else []
    lines += [f"difficulty = {_toml(scenario.difficulty)}"] if scenario.difficulty else []
    if scenario.recording:
        return "\n".join([*lines, f"recording = {_toml(scenario.recording)}"]) + "\n"
    for service, settings in scenario.settings.items():
        lines += [
            "",
            f"[settings.{_key(service)}]",
            *(f"{_quoted(key)} = {_toml(each)}" for key, each in settings.items()),
        ]
    lines += _table("[workload]", scenario.workload)
    for each in scenario.faults:
        lines += _table("[[faults]]", each)
    for noise in scenario.noise:
        lines += _table("[[noise]]", noise)
    return "\n".join(lines + _table("[phases]", scenario.phases)) + "\n"


def _table(head: str, record: Any) -> list[str]:
    made = type(record)
    values = {each.name: getattr(record, each.name) for each in fields(record)}
    defaults = {each.name: default_of(each) for each in fields(made)}
    kept = {WORDS.get(name, name): value for name, value in values.items() if value != defaults[name]}
    return ["", head, *(f"{name} = {_toml(value)}" for name, value in kept.items())]


def _toml(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_quoted(str(key))} = {_toml(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    if isinstance(value, bool):
        return "true" if value else "false"
    return _quoted(value) if isinstance(value, str) else repr(value)


def _key(text: str) -> str:
    """Return a bare key of TOML, quoted where it has to be."""
    return text if re.fullmatch(r"[A-Za-z0-9_-]+", text) else _quoted(text)


def _quoted(text: str) -> str:
    """Return a basic string of TOML."""
    safe = "".join(
        f"\\u{ord(each):04x}" if ord(each) < 32 or ord(each) == 127 else {"\\": "\\\\", '"': '\\"'}.get(each, each)
        for each in text
    )
    return f'"{safe}"'


def default_of(each: Any) -> object:
    """Return the default of a field; `MISSING` where it has none."""
    return each.default if each.default_factory is MISSING else each.default_factory()
