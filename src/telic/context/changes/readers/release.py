"""What is taken and no longer given back, and what may now grow without end."""

from __future__ import annotations

from collections.abc import Sequence

from telic.context.changes import vocabulary
from telic.context.changes.effect import Effect, Place, effect_reader, makes


@effect_reader("release", example={"diff": "-\tdefer rows.Close()"})
def release(place: Place) -> Sequence[Effect]:
    """Releases and bounds, counted before and after; new growing stores and new unwatched tasks."""
    if place.kind not in ("code", "other"):
        return ()
    return [each for each in (_released(place), _bounded(place), _labelled(place), _spawned(place)) if each is not None]


def _released(place: Place) -> Effect | None:
    released, taken = _balance("release.release", place), _balance("release.acquire", place)
    if released < 0 <= taken:
        says = f"a release (close, cancel, stop) is gone in {place.where}"
        return makes("resource leak", says, place, kind="release", force=1.0)
    if taken > 0 >= released:
        return makes(
            "resource leak", f"something is opened and not closed in {place.where}", place, kind="release", force=0.6
        )
    return None


def _bounded(place: Place) -> Effect | None:
    if _balance("release.bound", place) < 0:
        return makes("unbounded growth", f"a bound or clean-up is gone in {place.where}", place, kind="release")
    if _grows(place):
        says = f"a store that only grows was added in {place.where}"
        return makes("unbounded growth", says, place, kind="release", force=0.75)
    return None


def _labelled(place: Place) -> Effect | None:
    label = vocabulary.pattern("release.label")
    if any(label.search(old) and label.search(new) and new.count(",") > old.count(",") for old, new in place.pairs):
        return makes(
            "metric labels without bound", f"another label on a metric in {place.where}", place, kind="release"
        )
    return None


def _spawned(place: Place) -> Effect | None:
    balance = _balance("release.spawn", place)
    if balance > 0:
        says = f"tasks are started without a bound in {place.where}"
        return makes("unbounded concurrency", says, place, kind="release", force=0.7)
    if balance < 0:
        says = f"background work now runs in the way of requests in {place.where}"
        return makes("synchronous work on the request path", says, place, kind="release", force=0.7)
    return None


def _balance(pattern: str, place: Place) -> int:
    return vocabulary.count(pattern, place.added) - vocabulary.count(pattern, place.removed)


def _grows(place: Place) -> bool:
    grow, keeper = vocabulary.pattern("release.grow"), vocabulary.pattern("release.keeper")
    kept, before = (
        sum(1 for each in lines if grow.search(each) and keeper.search(each)) for lines in (place.added, place.removed)
    )
    return kept > before and not vocabulary.having("release.bound", place.added)
