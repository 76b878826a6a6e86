"""Members, cases, routes and handlers that are no longer there, and what handled the life of a process."""

from __future__ import annotations

from collections.abc import Sequence

from telic.context.changes import vocabulary
from telic.context.changes.effect import Effect, Place, effect_reader, makes


@effect_reader("removal", example={"diff": "-  METHOD_WALLET = 2;"})
def removal(place: Place) -> Sequence[Effect]:
    """Lines that went without others in their stead; fewer handlers of a process's life; another clock or time zone."""
    if place.kind in ("dependency", "lock", "asset", "migration"):
        return ()
    found, gone = [], place.names_gone
    if place.removed and not place.added and vocabulary.having("removal.member", place.removed):
        says = f"{place.removed[0][:80]} is gone in {place.where}"
        found.append(makes("something that is still needed was removed", says, place, kind="removal", gone=gone))
    if vocabulary.having("removal.lifecycle", place.removed) > vocabulary.having("removal.lifecycle", place.added):
        says = f"the handling of start, health or stop is gone in {place.where}"
        found.append(makes("start and stop are no longer clean", says, place, kind="removal", gone=gone))
    one, two = _clocks(place.removed), _clocks(place.added)
    if one and two and one != two:
        says = f"another clock or time zone in {place.where}"
        found.append(makes("wrong clock or time zone", says, place, kind="removal"))
    return found


def _clocks(lines: Sequence[str]) -> tuple[str, ...]:
    clock = vocabulary.pattern("removal.clock")
    return tuple(sorted(found.group().lower() for each in lines for found in clock.finditer(each)))
