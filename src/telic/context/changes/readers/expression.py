"""Comparisons, conditions, arithmetic and patterns that became others."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader

_COMPARE = re.compile(r"[<>]=?|[!=]==?|&&|\|\||\band\b|\bor\b|\bnot\b|!(?=\w)")
_ARITHMETIC = re.compile(
    r"[+\-*/%](?!=)|//|\bround\w*\(|\bfloor\(|\bceil\(|\btrunc\w*\(|math\.\w+|Math\.\w+|\bint\(|parseInt|parseFloat|Decimal\(|\bfloat\(|>>|<<"
)
_PATTERN = re.compile(
    r"regexp?\b|re\.compile|MustCompile|Pattern\.compile|new RegExp|\(\?:|\[\^|\\[dws]|\.\*|\)\+|\+\)|\)\*",
    re.IGNORECASE,
)


@effect_reader("expression", example={"diff": "-\tif attempts < limit {\n+\tif attempts <= limit {"})
def expression(place: Place) -> Sequence[Effect]:
    """Pairs of lines of code that differ in operators, or in a regular expression."""
    if place.kind not in ("code", "other"):
        return ()
    found = []
    for old, new in place.pairs:
        if _PATTERN.search(old) and _PATTERN.search(new):
            troubles = {"cpu": 0.9, "latency": 0.7, "format": 0.8, "deadline": 0.4, "value": 0.4, "auth": 0.2}
            found.append(Effect("expression", f"another pattern: {new.strip()[:80]}", troubles, 0.9, "regular expression", place.path, place.heading))  # fmt: skip
        elif _operators(_COMPARE, old) != _operators(_COMPARE, new) and _COMPARE.search(old + new):
            troubles = {
                "value": 0.7,
                "errors": 0.4,
                "limit": 0.4,
                "missing": 0.4,
                "cpu": 0.3,
                "auth": 0.4,
                "format": 0.3,
                "backlog": 0.3,
                "calls": 0.3,
                "cache": 0.3,
            }
            found.append(Effect("expression", f"another condition: {new.strip()[:80]}", troubles, 0.8, "changed condition", place.path, place.heading, new=words.telling(new)[0]))  # fmt: skip
        elif _operators(_ARITHMETIC, old) != _operators(_ARITHMETIC, new):
            troubles = {"value": 1.0, "missing": 0.3, "format": 0.3, "limit": 0.2, "cpu": 0.1}
            found.append(Effect("expression", f"another calculation: {new.strip()[:80]}", troubles, 0.8, "changed calculation", place.path, place.heading, new=words.telling(new)[0]))  # fmt: skip
    return found


def _operators(pattern: re.Pattern[str], line: str) -> tuple[str, ...]:
    code = re.sub(r"\"[^\"]*\"|'[^']*'|`[^`]*`|->|=>|:=|<-", "", line)
    return tuple(each.strip() for each in pattern.findall(code))
