"""Telemetry that somebody else keeps: read-only, bounded, in the store's own columns; one file or folder a source."""

from __future__ import annotations

import inspect
from collections.abc import Mapping

from telic.registry import load_siblings
from telic.telemetry.sources.card import SCHEMAS, SIGNALS, Answer, Limit, Question, Signal, Source, source
from telic.telemetry.sources.gathering import Gathered, gather
from telic.telemetry.sources.recording import write
from telic.telemetry.sources.spec import read

load_siblings(__name__)

__all__ = [
    "SCHEMAS",
    "SIGNALS",
    "Answer",
    "Gathered",
    "Limit",
    "Question",
    "Signal",
    "Source",
    "cards",
    "gather",
    "read",
    "source",
    "write",
]


def cards() -> list[Mapping[str, object]]:
    """Return name, card text, example, signals and pushed filters of every source."""
    return [
        {
            "name": name,
            "card": inspect.getdoc(source.factory(name)) or "",
            "example": dict(source.examples[name]),
            "offers": source.factory(name).offers,  # type: ignore[attr-defined]
            "pushes": source.factory(name).pushes,  # type: ignore[attr-defined]
        }
        for name in source
    ]
