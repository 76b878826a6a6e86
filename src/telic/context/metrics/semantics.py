"""What a metric measures, from its name and unit: latency, traffic, availability, errors, saturation, or a level."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

Meaning = Literal["latency", "traffic", "availability", "errors", "saturation", "level"]

_MEANINGS: tuple[tuple[Meaning, str], ...] = (
    ("availability", r"availab|success|\bup\b|ready|healthy|^[rs]r$"),
    ("level", r"pg(maj)?fault|page fault|memory fail|failcnt|limit\b|quota\b|capacity\b|info$"),
    ("errors", r"error|fail|fault|5xx|4xx|exception|timeout|reject|drop(?!let)|cancel|throttl|retr(y|ies)|restart"),
    ("latency", r"latency|duration|response.?time|elapsed|\brtt\b|\bmrt\b|wait|delay|lag(?!s)"),
    ("traffic", r"^(work)?load$|load (rps|qps)"),
    ("saturation", r"cpu|memory|\bmem|heap|disk|usage|utili[sz]|saturat|queue|pool|in.?use|\bload|pending|backlog"),
    (
        "saturation",
        r"connections? (active|used|open)|active (connections|threads|requests)|in.?flight|concurren",
    ),
    ("traffic", r"request|workload|throughput|\brps\b|\bqps\b|\bops\b|calls|hits|invocations|bytes|packets|count\b"),
)
_SECONDS = {
    **dict.fromkeys(("s", "sec", "seconds"), 1.0),
    **dict.fromkeys(("ms", "millis", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "micros", "microseconds"), 1e-6),
    **dict.fromkeys(("ns", "nanos", "nanoseconds"), 1e-9),
}
_COUNTED = re.compile(r"\b(count|total)$")  # so many took time: how long they took, another metric says
_RATES = frozenset(("1/s", "/s", "{request}/s", "{call}/s", "reqps", "ops"))
_SEVERAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[_./()%\s-]+")
_QUANTILE = re.compile(r"(?:^|[^a-z0-9])(p\d{2,3}|max(?:imum)?|min(?:imum)?)(?:$|[^a-z0-9])|(p\d{2,3})", re.IGNORECASE)


@lru_cache(maxsize=4096)
def meaning(name: str, unit: str = "") -> Meaning:
    """Return what the metric called `name` measures.

    Examples
    --------
    >>> meaning("PodServerLatencyP99(s)"), meaning("availability.Average"), meaning("cpu_cfs_throttled_seconds")
    ('latency', 'availability', 'errors')
    >>> meaning("CpuUsageRate(%)"), meaning("requests.Sum"), meaning("orders_total")
    ('saturation', 'traffic', 'level')
    >>> meaning("mrt"), meaning("load"), meaning("http_server_requests_seconds_mean", "s")
    ('latency', 'traffic', 'latency')
    >>> meaning("http_request_duration_seconds_count", "1/s"), meaning("http.server.request.duration", "s")
    ('traffic', 'latency')
    """
    words = " ".join(each.lower() for each in _SEVERAL.split(name) if each)
    for found, pattern in _MEANINGS:
        if re.search(pattern, words):
            if found == "latency" and (_COUNTED.search(words) or unit.lower() in _RATES):
                return "traffic"
            return "latency" if found == "traffic" and unit.lower() in _SECONDS else found
    return "latency" if unit.lower() in _SECONDS else "level"


@lru_cache(maxsize=4096)
def seconds(name: str, unit: str = "") -> float:
    """Return how many seconds one of a latency's unit is [s]; of a unit that nobody names, 1.

    Examples
    --------
    >>> seconds("latency.p90", "s"), seconds("http_server_duration_p99_ms"), seconds("Duration.Average", "Milliseconds")
    (1.0, 0.001, 0.001)
    """
    if unit.lower() in _SECONDS:
        return _SECONDS[unit.lower()]
    named = [_SECONDS[each] for each in _SEVERAL.split(name.lower()) if each in _SECONDS]
    return named[-1] if named else 1.0


@lru_cache(maxsize=4096)
def quantile(name: str) -> str:
    """Return which quantile a metric is (``p99``, ``max``), or ``""`` for a mean, a sum or a level.

    Examples
    --------
    >>> quantile("latency.p90"), quantile("PodServerLatencyP95(s)"), quantile("latency.Average")
    ('p90', 'p95', '')
    """
    found = _QUANTILE.search(name)
    return (found.group(1) or found.group(2)).lower() if found else ""


def resource(name: str) -> str:
    """Return which resource a saturation is of: cpu, memory, disk, or ``""``.

    Examples
    --------
    >>> resource("NodeCpuUsageRate(%)"), resource("db_pool_in_use")
    ('cpu', '')
    """
    lower = name.lower()
    for found, words in {"cpu": ("cpu",), "memory": ("mem", "heap"), "disk": ("disk", "filesystem")}.items():
        if any(each in lower for each in words):
            return found
    return ""


def bad_way(kind: Meaning) -> int:
    """Return in which direction a signal gets worse: 1 up, -1 down, 0 either."""
    return {"latency": 1, "errors": 1, "saturation": 1, "availability": -1}.get(kind, 0)
