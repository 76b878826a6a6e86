"""Locks, atomics, transactions and checks for duplicates that come or go."""

from __future__ import annotations

from collections.abc import Sequence

from telic.context.changes import vocabulary, words
from telic.context.changes.effect import Effect, Place, effect_reader, makes

_GUARDS = (("lock.lock", "lock"), ("lock.transaction", "transaction"), ("lock.once", "duplicate check"))


@effect_reader("lock", example={"diff": "-\tl.mu.Lock()\n \tl.counts[id]++"})
def lock(place: Place) -> Sequence[Effect]:
    """Guards of shared state, counted before and after: fewer make races, more locks make waiting."""
    found = []
    for pattern, what in _GUARDS:
        gone = vocabulary.having(pattern, [_spaced(each) for each in place.removed])
        came = vocabulary.having(pattern, [_spaced(each) for each in place.added])
        if gone > came:
            found.append(
                makes(f"{what} removed", f"a {what} was removed in {place.where}", place, kind="lock", force=1.0)
            )
        elif came and not gone and what == "lock":
            found.append(makes("lock held too long", f"a lock was added in {place.where}", place, kind="lock"))
    return found


def _spaced(line: str) -> str:
    """Return the line with its names also as words and as keys, so that ``mu.RLock`` is found as a lock."""
    names = list(words.names(line))
    return " ".join((line, *(part for name in names for part in words.split(name)), *map(words.key, names)))
