"""What the orchestrator and health checks say of an entity: killed, restarted, evicted, not ready."""

from __future__ import annotations

import re
from collections.abc import Iterable

from telic.context.seen import Seen
from telic.operate.diagnosis.causes.cause import Reason
from telic.operate.diagnosis.causes.spoken import Support

_BAD = re.compile(
    r"back-?off|kill|crash|oom|out of memory|evict|unhealthy|fail|not ?ready|probe|terminat|exit|panic", re.IGNORECASE
)
_MEMORY = re.compile(r"oom|out of memory", re.IGNORECASE)
_ALIVE = re.compile(r"^up$|(^|[._-])(ready|alive|health(y)?|up)$", re.IGNORECASE)
_STARTS = re.compile(r"restart", re.IGNORECASE)
_EVENT, _DOWN = 6.0, 8.0  # [nats]


def told_support(seen: Seen) -> Iterable[Support]:
    """Return a reason for every entity of which an event since the onset, or a metric of being up, says that it fails.

    What was said as well when all was well is no news.
    """
    known = {(each.entity, each.reason) for each in seen.recording.events if each.time < seen.before.end}
    said: set[str] = set()
    for each in seen.recording.events:
        inside = seen.before.end <= each.time < seen.window.end
        news = each.entity and each.entity not in said and (each.entity, each.reason) not in known
        if inside and news and _BAD.search(text := f"{each.reason} {each.text}"):
            said.add(each.entity)
            mechanism = "memory-pressure" if _MEMORY.search(text) else "crash"
            reason = Reason("event", _EVENT, f"{each.entity}: {each.reason}: {each.text[:120]}")
            yield Support(each.entity, mechanism, each.reason, reason, each.time)
    for deviation in seen.metrics:
        down = _ALIVE.search(deviation.signal) and not deviation.up
        if down or (_STARTS.search(deviation.signal) and deviation.up):
            yield Support(
                deviation.entity,
                "crash",
                deviation.signal,
                Reason("down", _DOWN, deviation.says, deviation),
                deviation.onset,
            )
