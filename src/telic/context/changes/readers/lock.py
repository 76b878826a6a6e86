"""Locks, atomics and transactions that come or go."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader

_LOCK = re.compile(
    r"\b(mu|mtx|mutex|rwmutex|lock|rlock|unlock|runlock|rwlock|synchronized|semaphore|atomic\w*|sync_map|synchronizedmap|concurrenthashmap|copyonwrite\w*"
    r"|compareandswap|singleflight|withlock|with_lock|for_update|setnx|acquire|advisory_lock|with_for_update|select_for_update|reentrantlock|asyncio_lock|queue_lock|volatile|threadlocal|distributed_?lock|lease)\b",
    re.IGNORECASE,
)
_TRANSACTION = re.compile(
    r"\b(begin_?tx|begintransaction|transaction\w*|@transactional|begin|commit|savepoint|isolation\w*|serializable|atomic)\b",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"idempot|dedup|already_?processed|processed_?ids|seen|on_conflict|if_not_exists|unique|version_?check|etag|if_match",
    re.IGNORECASE,
)


@effect_reader("lock", example={"diff": "-\tl.mu.Lock()\n \tl.counts[id]++"})
def lock(place: Place) -> Sequence[Effect]:
    """Guards of shared state, counted before and after: fewer make races, more make waiting."""
    found = []
    for pattern, what in ((_LOCK, "lock"), (_TRANSACTION, "transaction"), (_ONCE, "duplicate check")):
        gone, came = _count(pattern, place.removed), _count(pattern, place.added)
        if gone > came:
            found.append(_removed(place, what))
        elif came > gone and what == "lock" and gone == 0:
            found.append(_added(place))
    return found


def _count(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    return sum(1 for line in lines if pattern.search(_spaced(line)))


def _spaced(line: str) -> str:
    return (
        line
        + " "
        + " ".join(" ".join(words.split(name)) for name in words.names(line))
        + " "
        + " ".join(words.key(name) for name in words.names(line))
    )


def _removed(place: Place, what: str) -> Effect:
    troubles = {"race": 1.0, "crash": 0.4, "value": 0.5, "missing": 0.3, "errors": 0.3}
    if what == "transaction":
        troubles = {"race": 0.7, "value": 0.7, "lock": 0.4, "schema": 0.3, "leak": 0.3}
    if what == "duplicate check":
        troubles = {"race": 0.9, "value": 0.6, "schema": 0.6, "backlog": 0.4, "calls": 0.3}
    return Effect(
        "lock", f"a {what} was removed in {place.heading or place.path or 'code'}", troubles, 1.0,
        f"{what} removed", place.path, place.heading,
    )  # fmt: skip


def _added(place: Place) -> Effect:
    troubles = {"lock": 1.0, "latency": 0.6, "deadline": 0.5, "pool": 0.4, "backlog": 0.3, "cpu": 0.1}
    return Effect(
        "lock", f"a lock was added in {place.heading or place.path or 'code'}", troubles, 0.9,
        "lock held too long", place.path, place.heading,
    )  # fmt: skip
