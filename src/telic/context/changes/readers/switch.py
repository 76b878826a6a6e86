"""Things that were switched on or off, and how much is logged."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import vocabulary, words
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_BOOL = re.compile(r"\b(true|false|on|off|enabled?|disabled?|yes|no)\b", re.IGNORECASE)
_LEVEL = re.compile(r"\b(trace|debug|info|warn(?:ing)?|error)\b", re.IGNORECASE)
_ORDER = ("trace", "debug", "info", "warn", "error")


@effect_reader("switch", example={"diff": "-  cache_enabled: true\n+  cache_enabled: false"})
def switch(place: Place) -> Sequence[Effect]:
    """Pairs of lines that differ in a truth value or a log level."""
    found = []
    for old, new in place.pairs:
        one, two = ([each.lower() for each in _BOOL.findall(line)] for line in (old, new))
        if one != two and one and len(one) == len(two):
            says = f"{old.strip()[:60]} -> {new.strip()[:60]}"
            found.append(makes(_what(new), says, place, kind="switch", new=words.telling(new)[0]))
        levels = _levels(old, new)
        if levels:
            found.append(makes("far more is logged", f"log level {levels[0]} -> {levels[1]}", place, kind="switch"))
    return found


def _what(line: str) -> str:
    names = (name for name in vocabulary.table("patterns")["switch"] if name.startswith("switched"))
    return next((name for name in names if vocabulary.pattern(f"switch.{name}").search(line)), "switched setting")


def _levels(old: str, new: str) -> tuple[str, str] | None:
    """Return the log levels of a setting that now logs more; calls of a logger are no settings."""
    logged = vocabulary.pattern("switch.logged")
    if not (logged.search(old) and logged.search(new)) or re.search(r"\w\s*\(", old):
        return None
    one, two = ([each.lower().removesuffix("ing") for each in _LEVEL.findall(line)] for line in (old, new))
    if one and two and _ORDER.index(two[-1]) < _ORDER.index(one[-1]):
        return one[-1], two[-1]
    return None
