"""What somebody sends as a call, as JSON and a record can hold it."""

from __future__ import annotations

import json
from collections.abc import Mapping

from telic.errors import UsageError

LONGEST_ARGUMENTS = 20_000  # of one call [characters]


def arguments_of(tool: object, arguments: object) -> dict[str, object]:
    """Return the arguments of a call as JSON has them.

    Raises
    ------
    UsageError
        The tool is no text; the arguments are no object, no JSON, or far too long.
    """
    if not isinstance(tool, str):
        raise UsageError(f"the name of a tool is no text but {type(tool).__name__}", hint="see the brief's tools")
    if not isinstance(arguments, Mapping):
        raise UsageError(
            f"{tool[:80]}: arguments are no object but {type(arguments).__name__}", hint="give names and values"
        )
    try:
        text = json.dumps(dict(arguments), allow_nan=False)
        json.dumps(dict(arguments), ensure_ascii=False).encode()  # half a character is no text
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{tool[:80]}: arguments are no JSON: {error}", hint="texts, numbers, lists, objects"
        ) from error
    if len(text) > LONGEST_ARGUMENTS:
        raise UsageError(f"{tool[:80]}: {len(text)} characters of arguments", hint=f"at most {LONGEST_ARGUMENTS}")
    kept: dict[str, object] = json.loads(text)
    return kept


def text_of(text: str) -> str:
    """Return text that a record can hold: with ? for half a character."""
    return text.encode(errors="replace").decode()
