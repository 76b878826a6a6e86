"""The same work in another order, no longer waited for, or under another key."""

from __future__ import annotations

from collections.abc import Sequence

from telic.context.changes import vocabulary
from telic.context.changes.effect import Effect, Place, effect_reader, makes


@effect_reader("order", example={"diff": "-\tlock(from)\n-\tlock(to)\n+\tlock(to)\n+\tlock(from)"})
def order(place: Place) -> Sequence[Effect]:
    """Lines that only changed places; waits counted before and after; pairs of lines that make a key."""
    if place.kind not in ("code", "other"):
        return ()
    found = []
    removed, added = _acting(place.removed), _acting(place.added)
    if removed != added and sorted(removed) == sorted(added):
        says = f"the same statements in another order in {place.where}"
        found.append(makes("statements in another order", says, place, kind="order", force=0.8))
    waited = vocabulary.count("order.wait", place.added) - vocabulary.count("order.wait", place.removed)
    if waited < 0 and place.added:
        found.append(makes("work is no longer waited for", f"a wait is gone in {place.where}", place, kind="order"))
    key = vocabulary.pattern("order.key")
    if any(key.search(f"{place.heading} {old}") and key.search(f"{place.heading} {new}") for old, new in place.pairs):
        found.append(makes("changed key", f"another key in {place.where}", place, kind="order", force=0.8))
    return found


def _acting(lines: Sequence[str]) -> list[str]:
    """Return the lines that do something: brackets and imports may stand anywhere."""
    imports = vocabulary.pattern("scope.import")
    return [each for each in lines if not imports.match(each)]
