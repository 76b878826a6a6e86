"""Reads refinements (what changed since the first version, and why) and open questions."""

from __future__ import annotations

import re

from telic.errors import InvalidIntent
from telic.intent.keys import history as keys
from telic.intent.section import Section, convert_text, identifier
from telic.model.intent import Question, Refinement

LEVELS = ("wiring", "logic", "interfaces", "services", "intent")
"""How deep a change may go, from the cheapest."""


def read_refinements(root: Section) -> tuple[Refinement, ...]:
    """Read ``refinement``."""
    found = []
    for item in root.items("refinement"):
        each = Section(item, keys.REFINEMENT, root.findings)
        because = each.section("because", keys.BECAUSE)
        found.append(
            Refinement(
                id=each.read("id", identifier, ""),
                at=each.read("at", _day, ""),
                because={key: because.text(key) for key in keys.BECAUSE.names if key in because},
                change=_change(each),
                level=each.choice("level", LEVELS, ""),
                tried=each.texts("tried", str),
            )
        )
    return tuple(found)


def read_open(root: Section) -> tuple[Question, ...]:
    """Read ``open``."""
    found = (Section(each, keys.QUESTION, root.findings) for each in root.items("open"))
    return tuple(Question(each.read("id", identifier, ""), each.text("about"), each.text("question")) for each in found)


def _change(each: Section) -> dict[str, object]:
    change = each.section("change", keys.CHANGE)
    found: dict[str, object] = {}
    if "keep" in change:
        found["keep"] = list(change.texts("keep", str))
    if "set" in change:
        found["set"] = {
            key.text: convert_text(value, str, "", each.findings, "path: value") for key, value in change.entries("set")
        }
    return found


def _day(text: str) -> str:
    if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", text):
        raise InvalidIntent(f"{text!r} is not a date", hint="year-month-day, such as 2026-11-21")
    return text
