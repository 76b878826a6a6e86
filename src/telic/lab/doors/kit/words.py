"""A brief and a result in words, for doors whose other side reads text."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from telic.lab.session.session import Brief, ToolCard, ToolResult


ASKED: Final[Mapping[str, str]] = {
    "detect": "Say whether anything is wrong (healthy true or false). Often nothing is.",
    "localise": "Name the entity in which the cause lies: a service, a store or an edge caller->callee.",
    "explain": "Name entity and mechanism, since when (onset), the path from the cause to where users enter, and"
    " queries whose rows carry the claim.",
    "mitigate": "Make users well again, with the fewest and smallest changes.",
    "predict": "Name the entity that is about to harm users, before they are harmed.",
}


def describe(brief: Brief) -> str:
    """Return what an actor is told, without its tools."""
    lines = [
        f"You operate the system {brief.app!r}; its users enter at {brief.entry!r}.",
        "",
        "What users were promised:",
        *(f"- {each.id}: {each.says}" for each in brief.promises),
        "",
        "What is asked of you:",
        *(f"- {ASKED.get(each, each)}" for each in brief.tasks),
        "",
        "Words for a mechanism:",
        *(f"- {name}: {meaning}" for name, meaning in brief.mechanisms.items()),
        "",
        f"You have {brief.calls} calls and {brief.seconds:g} s of the system's time, which began at {brief.began:.3f}"
        " [s since the Unix epoch]. State claims with `submit`; the last value of each field counts."
        " `submit` with final=true ends it.",
    ]
    return "\n".join(lines)


def card_text(card: ToolCard) -> str:
    """Return what a tool does and takes."""
    return f"{signature(card)}\n{card.doc}"


def signature(card: ToolCard) -> str:
    """Return a tool as a call: required parameters first, others in brackets.

    Examples
    --------
    >>> from telic.lab.session.session import ToolCard
    >>> schema = {"properties": {"service": {"type": "string"}, "limit": {"type": "integer"}}, "required": ["service"]}
    >>> signature(ToolCard("get_logs", "", schema))
    'get_logs service=string [limit=integer]'
    """
    known = parameters(card)
    needed = [each for each in known if each in required(card)]
    words = [f"{each}={choices(known[each])}" for each in needed]
    return " ".join([card.name, *words, *(f"[{each}={choices(known[each])}]" for each in known if each not in needed)])


def parameters(card: ToolCard) -> Mapping[str, object]:
    """Return the schemas of a tool's parameters by name."""
    found = card.parameters.get("properties", {})
    return found if isinstance(found, Mapping) else {}


def required(card: ToolCard) -> tuple[str, ...]:
    """Return the names of the parameters that a tool cannot do without."""
    found = card.parameters.get("required", ())
    return tuple(str(each) for each in found) if isinstance(found, list | tuple) else ()


def choices(schema: object) -> str:
    """Return the values that a parameter's schema names, or else its type.

    Examples
    --------
    >>> choices({"type": "string", "enum": ["a", "b"]}), choices({"type": "number"})
    ('a|b', 'number')
    """
    named = schema.get("enum") if isinstance(schema, Mapping) else None
    return "|".join(map(str, named)) if isinstance(named, list | tuple) and named else kind(schema)


def kind(schema: object) -> str:
    """Return the type that a parameter's schema names; ``any`` where it names none."""
    found = schema.get("type", "any") if isinstance(schema, Mapping) else "any"
    return "|".join(map(str, found)) if isinstance(found, list | tuple) else str(found)


def told(result: ToolResult) -> str:
    """Return a result as text: what it says, its rows as one JSON object a line, what went wrong."""
    rows = [json.dumps(each, default=str) for each in result.rows]
    lines = [result.text, *rows, f"error: {result.error}" if result.error else ""]
    return "\n".join([*(each for each in lines if each), *(["The session is over."] if result.closed else [])])
