"""Calls that became many: a batch taken apart, a call inside a loop, a new call on the way of every request."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader

_LOOP = re.compile(r"^\s*(for|while|foreach)\b|\.forEach\(|\.map\(|\.each\b|stream\(\)|\bfor .* in\b|range\(")
_BATCH = re.compile(r"batch|bulk|chunk|pipeline|multi_?get|mget|in_?\(\?|where_in|findAllById|prefetch|joinedload|select_related|include[sd]?\b|preload|eager|dataloader|many\b|ANY\(", re.IGNORECASE)  # fmt: skip
_CALL = re.compile(r"\b(get|post|put|fetch|query|find|load|select|exec(ute)?|call|invoke|send|request|do|read|write|lookup|scan|publish|insert|update|save|delete)\w*\(|\.(Get|Put|Post|Query|Exec|Find|Fetch|Load|Send|Call|Do|Publish|Insert|Update|Save|Scan|List)\w*\(|await\s|http\.|requests\.|axios|fetch\(|client\.|grpc\.|repository\.|dao\.|session\.|db\.|redis\.|\.filter\(|\.objects\.")  # fmt: skip
_SLEEP = re.compile(r"\bsleep\(|time\.Sleep|Thread\.sleep|setTimeout\(.*await|usleep|delay\(", re.IGNORECASE)
_HEAVY = re.compile(r"re\.compile|regexp\.(Must)?Compile|new RegExp|Pattern\.compile|deepcopy|deep_?clone|json\.(dumps|Marshal|stringify)|sort\(|sorted\(|bcrypt|scrypt|pbkdf|encrypt|compress|gzip|render|reflect\.|fsync|Sync\(\)|ReadAll|readFileSync|\w+Sync\(|\.result\(\)|\.get\(\)\s*;|runBlocking|\.block\(\)|\.join\(\)|asyncio\.run|executeSync|cartesian|permutations|\bO\(n", re.IGNORECASE)  # fmt: skip
_RETRY = re.compile(r"retr(y|ies)|backoff|attempts?|circuit|breaker|hedge|fallback", re.IGNORECASE)
_CACHE = re.compile(r"cache|memo(ize)?|redis|lru|etag|conditional", re.IGNORECASE)


@effect_reader(
    "call", example={"diff": "-\tdb.BatchWrite(items)\n+\tfor _, it := range items {\n+\t\tdb.Put(it)\n+\t}"}
)
def call(place: Place) -> Sequence[Effect]:
    """Calls, loops, batches, retries and cache reads, counted before and after."""
    if place.kind not in ("code", "other", "migration"):
        return ()
    return [each for each in (_many(place), _slow(place), _retries(place), _cache(place)) if each is not None]


def _lines(pattern: re.Pattern[str], lines: Sequence[str]) -> int:
    return sum(1 for each in lines if pattern.search(each))


def _names_gone(place: Place) -> frozenset[str]:
    return frozenset(words.key(each) for each in place.lost if words.compound(each))


def _names_new(place: Place) -> frozenset[str]:
    return frozenset(words.key(each) for each in place.gained if words.compound(each))


def _many(place: Place) -> Effect | None:
    where = place.heading or place.path or "code"
    batch = _lines(_BATCH, place.added) - _lines(_BATCH, place.removed)
    looped = _in_loop(place.added) and not _same_loop(place)
    if batch < 0 and _lines(_CALL, place.added):
        troubles = {
            "calls": 1.0,
            "limit": 0.9,
            "query": 0.8,
            "latency": 0.7,
            "deadline": 0.5,
            "pool": 0.5,
            "cpu": 0.3,
            "backlog": 0.3,
        }
        return Effect("call", f"a batched call was taken apart in {where}", troubles, 1.0, "one call per item instead of a batch", place.path, place.heading, gone=_names_gone(place), new=_names_new(place))  # fmt: skip
    if looped and batch <= 0:
        troubles = {"calls": 0.9, "query": 0.9, "latency": 0.8, "deadline": 0.6, "pool": 0.6, "limit": 0.6, "cpu": 0.3}
        return Effect("call", f"a call inside a loop was added in {where}", troubles, 0.9, "a call for each item (N+1)", place.path, place.heading, gone=_names_gone(place), new=_names_new(place))  # fmt: skip
    return None


def _in_loop(lines: Sequence[str]) -> bool:
    """Return whether a call stands within six lines after the head of a loop, or three before that of a comprehension."""
    for i, each in enumerate(lines):
        comprehension = bool(re.match(r"^\s*(for|async for)\b[^:{]*\bin\b[^:{]*$", each))
        near = lines[max(0, i - 3) : i + 1] if comprehension else lines[i : i + 6] if _LOOP.search(each) else ()
        if any(_CALL.search(inner) and not re.search(r"append|push", inner) for inner in near):
            return True
    return False


def _same_loop(place: Place) -> bool:
    """Return whether the loop was there before with as many calls in it: moved, not added."""
    return _in_loop(place.removed) and _lines(_CALL, place.added) <= _lines(_CALL, place.removed)


def _slow(place: Place) -> Effect | None:
    where = place.heading or place.path or "code"
    if _lines(_SLEEP, place.added) > _lines(_SLEEP, place.removed):
        troubles = {"latency": 1.0, "deadline": 0.8, "pool": 0.5, "backlog": 0.6}
        return Effect("call", f"a pause was added in {where}", troubles, 1.0, "added pause", place.path, place.heading)
    if _lines(_HEAVY, place.added) > _lines(_HEAVY, place.removed):
        troubles = {"cpu": 0.9, "latency": 0.8, "deadline": 0.5, "memory": 0.5, "backlog": 0.3, "pool": 0.2}
        return Effect("call", f"heavy or blocking work was added in {where}", troubles, 0.7, "more work per request", place.path, place.heading, new=_names_new(place))  # fmt: skip
    return None


def _retries(place: Place) -> Effect | None:
    more = _lines(_RETRY, place.added) - _lines(_RETRY, place.removed)
    where = place.heading or place.path or "code"
    if more > 0:
        troubles = {
            "calls": 0.9,
            "limit": 0.6,
            "latency": 0.5,
            "cpu": 0.3,
            "pool": 0.4,
            "deadline": 0.3,
            "race": 0.4,
            "backlog": 0.4,
        }
        return Effect("call", f"retries were added in {where}", troubles, 0.7, "retries without restraint", place.path, place.heading)  # fmt: skip
    if more < 0:
        troubles = {"calls": 0.7, "connect": 0.5, "errors": 0.6, "deadline": 0.4, "limit": 0.5, "latency": 0.3}
        return Effect("call", f"retry, pause or breaker is gone in {where}", troubles, 0.8, "restraint of retries removed", place.path, place.heading)  # fmt: skip
    return None


def _cache(place: Place) -> Effect | None:
    if _lines(_CACHE, place.removed) <= _lines(_CACHE, place.added):
        return None
    troubles = {"cache": 1.0, "query": 0.8, "calls": 0.8, "latency": 0.7, "limit": 0.5, "cpu": 0.4, "pool": 0.4}
    where = place.heading or place.path or "code"
    return Effect("call", f"the use of a cache is gone in {where}", troubles, 0.9, "cache bypassed", place.path, place.heading)  # fmt: skip
