"""Comparisons, conditions, arithmetic and patterns that became others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import vocabulary, words
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_NO_OPERATORS = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`|->|=>|:=|<-")


@effect_reader("expression", example={"diff": "-\tif attempts < limit {\n+\tif attempts <= limit {"})
def expression(place: Place) -> Sequence[Effect]:
    """Pairs of lines of code that differ in operators, or in a regular expression."""
    if place.kind not in ("code", "other"):
        return ()
    return [effect for old, new in place.pairs if (effect := _effect(place, old, new)) is not None]


def _effect(place: Place, old: str, new: str) -> Effect | None:
    said, regular = new.strip()[:80], vocabulary.pattern("expression.pattern")
    if regular.search(old) and regular.search(new):
        return makes("regular expression", f"another pattern: {said}", place, kind="expression")
    names = words.telling(new)[0]
    if _operators("expression.compare", old) != _operators("expression.compare", new):
        return makes("changed condition", f"another condition: {said}", place, kind="expression", force=0.8, new=names)
    if _operators("expression.arithmetic", old) != _operators("expression.arithmetic", new):
        return makes(
            "changed calculation", f"another calculation: {said}", place, kind="expression", force=0.8, new=names
        )
    return None


def _operators(name: str, line: str) -> tuple[str, ...]:
    return tuple(each.group().strip() for each in vocabulary.pattern(name).finditer(_NO_OPERATORS.sub("", line)))
