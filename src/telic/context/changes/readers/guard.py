"""Checks and handlers of errors that are gone: what they caught now happens."""

from __future__ import annotations

from collections.abc import Sequence

from telic.context.changes import vocabulary
from telic.context.changes.effect import Effect, Place, effect_reader, makes


@effect_reader("guard", example={"diff": "-\tif user == nil { return nil }\n \treturn user.Name"})
def guard(place: Place) -> Sequence[Effect]:
    """Checks for absent values, handlers of errors and validations: fewer after than before."""
    if place.kind not in ("code", "other"):
        return ()
    found = []
    if _more("guard.present", place) < 0 or _more("guard.forced", place) > 0:
        says = f"a check for an absent value is gone in {place.where}"
        found.append(makes("unchecked absent value", says, place, kind="guard", force=1.0))
    if _more("guard.caught", place) < 0 or (place.removed and _more("guard.swallow", place) > 0):
        found.append(
            makes("unhandled error", f"the handling of an error is gone in {place.where}", place, kind="guard")
        )
    if _more("guard.valid", place) < 0:
        found.append(
            makes("missing validation", f"a validation is gone in {place.where}", place, kind="guard", force=0.8)
        )
    elif _more("guard.valid", place) > 0:
        says = f"a stricter validation in {place.where}"
        found.append(makes("validation refuses what was fine", says, place, kind="guard", force=0.7))
    return found


def _more(pattern: str, place: Place) -> int:
    return vocabulary.count(pattern, place.added) - vocabulary.count(pattern, place.removed)
