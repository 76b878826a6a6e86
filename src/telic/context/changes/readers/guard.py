"""Checks and handlers of errors that are gone: what they caught now happens."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes.effect import Effect, Place, effect_reader

_PRESENT = re.compile(r"(!=|==|is not|is|!==|===)\s*(nil|null|none|undefined)\b|\bis_?(none|null|empty|present|some)\b|\?\.|\?\?|\.get\([^,)]+,|len\([^)]*\)\s*(==|>|!=|<)|\.isPresent|orElse|getOrDefault|setdefault|hasattr|\bin\s+\w+:|\bok\b\s*:?=|,\s*ok\b|if\s+not\s+\w+|if\s*\(?!\w+\)?|guard let|if let|unwrap_or|Optional|\bis_some\b|containsKey|has\(|\.length\s*[=><!]", re.IGNORECASE)  # fmt: skip
_FORCED = re.compile(
    r"\.unwrap\(\)|\.expect\(|!\.|\bas!\s|\.get\(\)\s*[.;]|Must[A-Z]\w*\(|\[0\]|\.first\(\)|\.orElseThrow|assert\s"
)
_CAUGHT = re.compile(r"\bexcept\b|\bcatch\b|\brescue\b|recover\(\)|\.catch\(|onError|errors\.(Is|As)|if\s+err\s*!=\s*nil|Result<|try\s*[:{]|fallback|or_?default", re.IGNORECASE)  # fmt: skip
_VALID = re.compile(r"validat|sanitiz|verify|check[A-Z_]\w*|require[A-Z_(]\w*|assert[A-Z_]|ensure|must_?be|schema\.parse|isValid|bounds|clamp|escape", re.IGNORECASE)  # fmt: skip
_SWALLOW = re.compile(r",\s*_\s*:?=\s|_\s*=\s*\w+\(|except\s*:\s*pass|catch\s*\(\w*\s*\w*\)\s*\{\s*\}|let _ =")


@effect_reader("guard", example={"diff": "-\tif user == nil { return nil }\n \treturn user.Name"})
def guard(place: Place) -> Sequence[Effect]:
    """Checks for absent values, handlers of errors and validations: fewer after than before."""
    if place.kind not in ("code", "other"):
        return ()
    where = place.heading or place.path or "code"
    found = []
    if _fewer(_PRESENT, place) or _more(_FORCED, place):
        troubles = {"missing": 1.0, "crash": 0.7, "errors": 0.5, "format": 0.3, "connect": 0.15}
        found.append(Effect("guard", f"a check for an absent value is gone in {where}", troubles, 1.0, "unchecked absent value", place.path, place.heading))  # fmt: skip
    if _fewer(_CAUGHT, place) or (place.removed and _more(_SWALLOW, place)):
        troubles = {
            "crash": 0.8,
            "errors": 0.6,
            "missing": 0.5,
            "connect": 0.3,
            "format": 0.4,
            "backlog": 0.4,
            "deadline": 0.2,
        }
        found.append(Effect("guard", f"the handling of an error is gone in {where}", troubles, 0.9, "unhandled error", place.path, place.heading))  # fmt: skip
    if _fewer(_VALID, place):
        troubles = {
            "format": 0.7,
            "value": 0.7,
            "schema": 0.5,
            "errors": 0.4,
            "missing": 0.4,
            "auth": 0.2,
            "limit": 0.2,
        }
        found.append(Effect("guard", f"a validation is gone in {where}", troubles, 0.8, "missing validation", place.path, place.heading))  # fmt: skip
    elif _more(_VALID, place):
        troubles = {"format": 0.8, "errors": 0.4, "limit": 0.3, "auth": 0.2}
        found.append(Effect("guard", f"a stricter validation in {where}", troubles, 0.7, "validation refuses what was fine", place.path, place.heading))  # fmt: skip
    return found


def _count(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    return sum(len(pattern.findall(line)) for line in lines)


def _fewer(pattern: re.Pattern[str], place: Place) -> bool:
    return _count(pattern, place.removed) > _count(pattern, place.added)


def _more(pattern: re.Pattern[str], place: Place) -> bool:
    return _count(pattern, place.added) > _count(pattern, place.removed)
