"""The tools of a session: what they are called, what they take, and checked arguments."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any

import msgspec

from telic.errors import UsageError
from telic.lab.session.answers import LEAST, MOST, USUAL
from telic.lab.session.session import ToolCard
from telic.registry import near_names
from telic.tools.actions import action
from telic.tools.read import tools

_NAMES: Mapping[type, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}
_STEP = {
    "type": "object",
    "properties": {"query": {"type": "string"}, "says": {"type": "string"}},
    "required": ["query"],
}
_TEXT, _NUMBER, _TRUTH = {"type": "string"}, {"type": "number"}, {"type": "boolean"}

OWN: tuple[ToolCard, ...] = (
    ToolCard(
        "wait",
        "Let the system run for so many seconds; a call of its own takes about one.",
        {"type": "object", "properties": {"seconds": _NUMBER}, "required": ["seconds"], "additionalProperties": False},
    ),
    ToolCard(
        "alerts",
        "What the monitors of users' experience say now: which objective burns where, since when, how many requests.",
        {"type": "object", "properties": {}, "additionalProperties": False},
    ),
    ToolCard(
        "submit",
        "Claim what you found, any part of it, as often as you like: each field's last value counts. "
        "`healthy`: nothing is wrong that somebody has to mend. `entity`: what is to blame (a service, a store, or an "
        "edge written caller->callee). `mechanism`: one of the words of the brief. `onset`: when it began. "
        "`path`: from the entity to where users enter. `evidence`: SELECTs that carry the claim; each is asked again "
        "and has to find rows of the entity. `final`: there is nothing more to do, the session ends.",
        {
            "type": "object",
            "properties": {
                "healthy": _TRUTH,
                "entity": _TEXT,
                "mechanism": _TEXT,
                "onset": {"type": "number", "description": "seconds since the Unix epoch"},
                "path": {"type": "array", "items": _TEXT},
                "evidence": {"type": "array", "items": _STEP},
                "final": {"type": "boolean", "default": False},
            },
            "additionalProperties": False,
        },
    ),
)

ASKING = ToolCard(
    "check_answers",
    "Ask the system for so many seconds as a user without an account would, and judge what it answers: of each "
    "operation that can be checked how many answers were checked, how many of them were wrong, and what was wrong. "
    "Answers can be wrong while nothing fails and nothing is slow.",
    {
        "type": "object",
        "properties": {"seconds": {**_NUMBER, "default": USUAL, "description": f"from {LEAST:g} to {MOST:g}"}},
        "additionalProperties": False,
    },
)
"""Offered where a world's entry can be asked."""

SHELL = ToolCard(
    "exec_shell",
    "Run a command in a shell that looks at the system: the processes of its services and stores (ps, top, /proc), "
    "their code, configuration and logs, what stores say of sessions, locks and tables (/srv, begin with /srv/README), "
    "and the services themselves (http://NAME:8080). It changes nothing: every command starts afresh, what it writes "
    "to /tmp is gone afterwards, and files under /srv are copies of the moment when it began. Standard output and "
    "errors come back together, long text without its middle.",
    {
        "type": "object",
        "properties": {
            "command": {**_TEXT, "description": "for bash"},
            "seconds": {**_NUMBER, "default": 10.0, "description": "that it may take, 30 at most"},
        },
        "required": ["command"],
        "additionalProperties": False,
    },
)
"""Offered where a world has namespaces of its own."""


@cache
def cards(*, shell: bool = False, asking: bool = False) -> tuple[ToolCard, ...]:
    """Return every tool: what reads, what acts, and the session's own; with `shell` and `asking`, those two too."""
    own = (*OWN, *([ASKING] if asking else []), *([SHELL] if shell else []))
    return (*(_read_card(*each) for each in tools().items()), *(_action_card(name) for name in action), *own)


def checked(name: str, arguments: Mapping[str, object], offered: Iterable[str] = ()) -> dict[str, object]:
    """Return `arguments` as the tool called `name` takes them.

    Parameters
    ----------
    offered
        Names of tools that an error speaks of; by default all.

    Raises
    ------
    UsageError
        A tool or an argument that does not exist, one that is missing, or a value that does not fit.
    """
    known = {each.name: each for each in cards(shell=True, asking=True)}
    if name not in known:
        raise UsageError(f"no tool {name!r}", hint=near_names(name, tuple(offered) or known))
    takes: Any = known[name].parameters["properties"]
    for each in arguments:
        if each not in takes:
            raise UsageError(
                f"{name} takes no {each!r}", hint=near_names(str(each), takes) if takes else "no arguments"
            )
    needed: Any = known[name].parameters.get("required", [])
    for each in needed:
        if each not in arguments:
            raise UsageError(f"{name}: {each!r} is missing", hint=f"it takes {', '.join(takes)}")
    kinds = _kinds(name)
    return {each: _fitting(name, each, value, kinds.get(each)) for each, value in arguments.items()}


def _fitting(tool: str, name: str, value: object, kind: object) -> object:
    if kind is None:
        return value
    try:
        return msgspec.convert(value, type=kind, strict=False)
    except (msgspec.ValidationError, ValueError, OverflowError) as error:
        raise UsageError(f"{tool}: {name}: {error}", hint="see the tool's parameters in the brief") from error


@cache
def _kinds(name: str) -> Mapping[str, object]:
    """Return the types of a tool's arguments; actions check theirs themselves, but for the target."""
    if name in tools():
        return {key: kind for key, kind in typing.get_type_hints(tools()[name]).items() if key != "return"}
    own: dict[str, Mapping[str, object]] = {
        "wait": {"seconds": float},
        "alerts": {},
        "check_answers": {"seconds": float},
        "exec_shell": {"command": str, "seconds": float},
        "submit": {
            "healthy": bool | None,
            "entity": str,
            "mechanism": str,
            "onset": float | None,
            "path": list[str],
            "evidence": list[dict[str, str]],
            "final": bool,
        },
    }
    return {"target": str} if name in action else own[name]


def _read_card(name: str, member: Callable[..., object]) -> ToolCard:
    hints = typing.get_type_hints(member)
    taken = [each for each in inspect.signature(member).parameters.values() if each.name != "self"]
    properties = {each.name: _property(hints[each.name], each.default, inspect.Parameter.empty) for each in taken}
    needed = [each.name for each in taken if each.default is inspect.Parameter.empty]
    return ToolCard(name, inspect.getdoc(member) or "", _schema(properties, needed))


def _action_card(name: str) -> ToolCard:
    factory = action.factory(name)
    hints = typing.get_type_hints(factory)
    taken: Any = fields(factory)  # type: ignore[arg-type]
    properties = {each.name: _property(hints[each.name], each.default, MISSING) for each in taken}
    needed = [each.name for each in taken if each.default is MISSING]
    return ToolCard(name, inspect.getdoc(factory) or "", _schema(properties, needed), writes=True)


def _schema(properties: Mapping[str, object], needed: list[str]) -> dict[str, object]:
    return {"type": "object", "properties": properties, "required": needed, "additionalProperties": False}


def _property(kind: Any, default: object, none: object) -> dict[str, object]:
    found: dict[str, object] = {}
    choices = typing.get_args(kind)
    if kind in _NAMES:
        found["type"] = _NAMES[kind]
    elif typing.get_origin(kind) is typing.Literal:
        found |= {"type": "string", "enum": list(choices)}
    elif choices and all(each in _NAMES for each in choices):
        found["type"] = [_NAMES[each] for each in choices]
    elif typing.get_origin(kind) in (dict, Mapping):
        found["type"] = "object"
    return (
        found if default is none or not isinstance(default, str | int | float | bool) else {**found, "default": default}
    )
