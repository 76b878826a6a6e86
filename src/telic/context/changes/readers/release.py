"""What is taken and no longer given back, and what may now grow without end."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes.effect import Effect, Place, effect_reader

_RELEASE = re.compile(r"\bclose(d)?\b|\.close\w*\(|\brelease\w*\(|\bdispose\b|\bcancel\(|\bstop\(\)|unsubscribe|removeListener|off\(|\brollback\(|\bdrain|\bfree\(|\bputback|pool\.put|returnObject|\bwith\s+\w+|\busing\b|try\s*\(|\bdefer\b|finally|shutdown\(|\bdone\(\)", re.IGNORECASE)  # fmt: skip
_ACQUIRE = re.compile(r"\bopen\(|\.query(Context|Row)?\(|\bconnect\(|\bacquire\(|\bdial\w*\(|getConnection|http\.(Get|Post|Do)|client\.Do\(|new \w*(Client|Connection|Socket|Stream|Session)\b|NewTicker|NewTimer|addListener|\.on\(|subscribe\(|createClient|requests\.Session\(|NewClient\(|WithCancel|begin\w*\(", re.IGNORECASE)  # fmt: skip
_BOUND = re.compile(r"evict|\blru|max_?size|maxsize|max_?entries|expire|ttl|maximumSize|setMaxSize|\bcap\b|trim|prune|cleanup|clean_up|delete\(|\.pop\(|shift\(\)|remove(First|Eldest|Last)|truncate|ring_?buffer|bounded|LIMIT\s|limit\(|\blen\(\w+\)\s*>=?", re.IGNORECASE)  # fmt: skip
_GROW = re.compile(r"\bcache\w*\[[^\]]+\]\s*=|\w+\[[^\]]+\]\s*=(?!=)|\.put\(|\.set\(|\.append\(|= append\(|\.push\(|\.add\(|lru_cache\(maxsize=None\)|@cache\b|unbounded|LinkedBlockingQueue\(\)|new (Hash)?Map\(|make\(map|= \{\}|= \[\]|dict\(\)|sync\.Map", re.IGNORECASE)  # fmt: skip
_KEEPER = re.compile(r"cache|memo|seen|history|buffer|registry|sessions?|store|pending|index|global|static|self\._?\w+\[|this\.\w+\.(set|push)|var \w+ = (map|make)", re.IGNORECASE)  # fmt: skip
_SPAWN = re.compile(r"\bgo\s+(func|\w+[.\w]*\()|create_task\(|ensure_future|new Thread\(|Thread\(target|\.submit\(|spawn\(|executor\.execute|CompletableFuture\.(run|supply)Async|Task\.Run", re.IGNORECASE)  # fmt: skip


@effect_reader("release", example={"diff": "-\tdefer rows.Close()"})
def release(place: Place) -> Sequence[Effect]:
    """Releases and bounds, counted before and after; new growing stores and new unwatched tasks."""
    if place.kind not in ("code", "other"):
        return ()
    where = place.heading or place.path or "code"
    found = []
    released, taken = _balance(_RELEASE, place), _balance(_ACQUIRE, place)
    if released < 0 and taken >= 0:
        troubles = {"leak": 1.0, "pool": 0.9, "memory": 0.6, "latency": 0.3, "deadline": 0.3, "crash": 0.2, "lock": 0.4}
        found.append(Effect("release", f"a release (close, cancel, stop) is gone in {where}", troubles, 1.0, "resource leak", place.path, place.heading))  # fmt: skip
    elif taken > 0 and released <= 0:
        troubles = {"leak": 0.8, "pool": 0.7, "connect": 0.3, "memory": 0.4, "latency": 0.4, "calls": 0.3, "query": 0.3}
        found.append(Effect("release", f"something is opened and not closed in {where}", troubles, 0.6, "resource leak", place.path, place.heading))  # fmt: skip
    if _balance(_BOUND, place) < 0:
        troubles = {"memory": 1.0, "crash": 0.4, "latency": 0.4, "query": 0.4, "disk": 0.4, "limit": 0.2, "cpu": 0.3}
        found.append(Effect("release", f"a bound or clean-up is gone in {where}", troubles, 0.9, "unbounded growth", place.path, place.heading))  # fmt: skip
    elif _grows(place):
        troubles = {"memory": 0.9, "crash": 0.3, "latency": 0.2, "cpu": 0.2}
        found.append(Effect("release", f"a store that only grows was added in {where}", troubles, 0.7, "unbounded growth", place.path, place.heading))  # fmt: skip
    if _balance(_SPAWN, place) > 0:
        troubles = {"leak": 0.7, "memory": 0.6, "race": 0.6, "calls": 0.5, "cpu": 0.4, "pool": 0.4, "lock": 0.2}
        found.append(Effect("release", f"tasks are started without a bound in {where}", troubles, 0.7, "unbounded concurrency", place.path, place.heading))  # fmt: skip
    elif _balance(_SPAWN, place) < 0:
        troubles = {"latency": 0.7, "deadline": 0.5, "lock": 0.4, "backlog": 0.4}
        found.append(Effect("release", f"background work now runs in the way of requests in {where}", troubles, 0.7, "synchronous work on the request path", place.path, place.heading))  # fmt: skip
    return found


def _balance(pattern: re.Pattern[str], place: Place) -> int:
    return sum(len(pattern.findall(each)) for each in place.added) - sum(
        len(pattern.findall(each)) for each in place.removed
    )


def _grows(place: Place) -> bool:
    kept = [each for each in place.added if _GROW.search(each) and _KEEPER.search(each)]
    before = [each for each in place.removed if _GROW.search(each) and _KEEPER.search(each)]
    return len(kept) > len(before) and not any(_BOUND.search(each) for each in place.added)
