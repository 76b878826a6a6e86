"""Calls that became many: a batch taken apart, a call inside a loop, a new call on the way of every request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import vocabulary
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_COMPREHENSION = re.compile(r"^\s*(async )?for\b[^:{]*\bin\b[^:{]*$")
_GATHERS = re.compile(r"append|push")


@effect_reader(
    "call", example={"diff": "-\tdb.BatchWrite(items)\n+\tfor _, it := range items {\n+\t\tdb.Put(it)\n+\t}"}
)
def call(place: Place) -> Sequence[Effect]:
    """Calls, loops, batches, retries and cache reads, counted before and after."""
    if place.kind not in ("code", "other", "migration"):
        return ()
    return [each for each in (_many(place), _slow(place), _retries(place), _cache(place)) if each is not None]


def _more(pattern: str, place: Place) -> int:
    return vocabulary.having(pattern, place.added) - vocabulary.having(pattern, place.removed)


def _many(place: Place) -> Effect | None:
    batch, gone, new = _more("call.batch", place), place.names_gone, place.names_new
    if batch < 0 and vocabulary.having("call.call", place.added):
        says = f"a batched call was taken apart in {place.where}"
        return makes("one call per item instead of a batch", says, place, kind="call", force=1.0, gone=gone, new=new)
    if batch <= 0 and _in_loop(place.added) and not _same_loop(place):
        return makes(
            "a call for each item (N+1)",
            f"a call inside a loop was added in {place.where}",
            place,
            kind="call",
            gone=gone,
            new=new,
        )
    return None


def _in_loop(lines: Sequence[str]) -> bool:
    """Return whether a call stands within six lines after the head of a loop, or three before a comprehension's."""
    loop, calls = vocabulary.pattern("call.loop"), vocabulary.pattern("call.call")
    for i, each in enumerate(lines):
        after = lines[i : i + 6] if loop.search(each) else ()
        near = lines[max(0, i - 3) : i + 1] if _COMPREHENSION.search(each) else after
        if any(calls.search(inner) and not _GATHERS.search(inner) for inner in near):
            return True
    return False


def _same_loop(place: Place) -> bool:
    """Return whether the loop was there before with as many calls in it: moved, not added."""
    return _in_loop(place.removed) and _more("call.call", place) <= 0


def _slow(place: Place) -> Effect | None:
    if _more("call.sleep", place) > 0:
        return makes("added pause", f"a pause was added in {place.where}", place, kind="call", force=1.0)
    if _more("call.heavy", place) > 0:
        says = f"heavy or blocking work was added in {place.where}"
        return makes("more work per request", says, place, kind="call", force=0.7, new=place.names_new)
    return None


def _retries(place: Place) -> Effect | None:
    more = _more("call.retry", place)
    if more > 0:
        return makes("retries without restraint", f"retries were added in {place.where}", place, kind="call", force=0.7)
    if more < 0:
        says = f"retry, pause or breaker is gone in {place.where}"
        return makes("restraint of retries removed", says, place, kind="call", force=0.8)
    return None


def _cache(place: Place) -> Effect | None:
    if _more("call.cache", place) < 0:
        return makes("cache bypassed", f"the use of a cache is gone in {place.where}", place, kind="call")
    return None
