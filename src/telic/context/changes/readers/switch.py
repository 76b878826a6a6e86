"""Things that were switched on or off, and how much is logged."""

from __future__ import annotations

import re
from collections.abc import Sequence

from telic.context.changes import words
from telic.context.changes.effect import Effect, Place, effect_reader

_BOOL = re.compile(r"\b(true|false|on|off|enabled?|disabled?|yes|no)\b", re.IGNORECASE)
_LEVEL = re.compile(r"\b(trace|debug|info|warn(?:ing)?|error)\b", re.IGNORECASE)
_ORDER = ("trace", "debug", "info", "warn", "error")
_LOGGED = re.compile(r"\blog(ger|ging)?\b|level|verbos", re.IGNORECASE)
_NAMED: tuple[tuple[re.Pattern[str], dict[str, float]], ...] = (
    (re.compile(r"cache|memo", re.IGNORECASE), {"cache": 1.0, "query": 0.7, "calls": 0.6, "latency": 0.6}),
    (re.compile(r"tls|ssl|cert|verify|mtls", re.IGNORECASE), {"certificate": 1.0, "connect": 0.7, "auth": 0.4}),
    (re.compile(r"auth|token|permission|rbac|cors|csrf|allow|deny", re.IGNORECASE), {"auth": 1.0, "errors": 0.3}),
    (re.compile(r"retry|breaker|hedg", re.IGNORECASE), {"calls": 0.9, "limit": 0.4, "latency": 0.4, "connect": 0.4}),
    (re.compile(r"compress|gzip|encrypt|encod", re.IGNORECASE), {"cpu": 0.8, "format": 0.8, "latency": 0.5}),
    (re.compile(r"profil|trac|debug|verbos|audit|log", re.IGNORECASE), {"disk": 0.9, "cpu": 0.7, "latency": 0.6, "memory": 0.3}),
    (re.compile(r"auto_?commit|transaction|lock|idempot|dedup", re.IGNORECASE), {"race": 0.9, "lock": 0.8, "value": 0.6, "leak": 0.4}),
    (re.compile(r"batch|bulk|prefetch|eager|lazy|stream", re.IGNORECASE), {"calls": 0.9, "query": 0.8, "latency": 0.6, "memory": 0.5}),
    (re.compile(r"valid|strict|check", re.IGNORECASE), {"format": 0.9, "value": 0.6, "schema": 0.5}),
    (re.compile(r"replica|read_?only|routing|primary", re.IGNORECASE), {"query": 0.6, "latency": 0.5, "value": 0.4, "connect": 0.4, "cache": 0.3, "lock": 0.2}),
)  # fmt: skip


@effect_reader("switch", example={"diff": "-  cache_enabled: true\n+  cache_enabled: false"})
def switch(place: Place) -> Sequence[Effect]:
    """Pairs of lines that differ in a truth value or a log level."""
    found = []
    for old, new in place.pairs:
        one, two = ([each.lower() for each in _BOOL.findall(line)] for line in (old, new))
        if one != two and one and two and len(one) == len(two):
            troubles = next(
                (known for pattern, known in _NAMED if pattern.search(new)), {"errors": 0.3, "latency": 0.3}
            )
            found.append(Effect("switch", f"{old.strip()[:60]} -> {new.strip()[:60]}", troubles, 0.9, "switched setting", place.path, place.heading, new=words.telling(new)[0]))  # fmt: skip
        levels = _levels(old, new)
        if levels:
            troubles = {"disk": 0.9, "cpu": 0.6, "latency": 0.6, "memory": 0.2, "limit": 0.2, "backlog": 0.3}
            found.append(Effect("switch", f"log level {levels[0]} -> {levels[1]}", troubles, 0.9, "far more is logged", place.path, place.heading))  # fmt: skip
    return found


def _levels(old: str, new: str) -> tuple[str, str] | None:
    """Return the log levels of a setting that now logs more; calls of a logger are no settings."""
    if not (_LOGGED.search(old) and _LOGGED.search(new)) or re.search(r"\w\s*\(", old):
        return None
    one, two = ([each.lower()[:5].replace("warni", "warn") for each in _LEVEL.findall(line)] for line in (old, new))
    if one and two and one[-1] in _ORDER and two[-1] in _ORDER and _ORDER.index(two[-1]) < _ORDER.index(one[-1]):
        return one[-1], two[-1]
    return None
