"""Everything that may be done to a world, one verb a file, each with its card."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from telic.registry import load_siblings
from telic.tools.actions.card import Verb, action, read

load_siblings(__name__)

__all__ = ["Verb", "action", "cards", "read"]


def cards() -> list[Mapping[str, object]]:
    """Return name, card text, example and safety of every action."""
    return [
        {
            "name": name,
            "card": inspect.getdoc(action.factory(name)) or "",
            "example": dict(action.examples[name]),
            "irreversible": action.factory(name).irreversible,  # type: ignore[attr-defined]
            "unattended": action.factory(name).unattended,  # type: ignore[attr-defined]
        }
        for name in action
    ]
