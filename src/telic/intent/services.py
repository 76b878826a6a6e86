"""Which services a design of an intent has: one per owner, a gateway, facades for searches, publishing, prompts."""

from __future__ import annotations

from telic.model.intent import Intent

_PROMPTS = ("chat", "promptfilter", "inference", "responsefilter")
RESERVED = ("gateway", "search", "compose", "fanout", *_PROMPTS, "postgres", "valkey", "nats", "telic")
"""Names that owners may not take: services and stores that every design may have."""

FACADES = {
    "geo_search": ("search",),
    "publish": ("compose",),
    "complete": _PROMPTS,
}
"""Verbs whose work is put together by services of its own, and what those are called."""


def services_of(intent: Intent) -> tuple[str, ...]:
    """Return the names of the services, the one where users enter first.

    Examples
    --------
    >>> from telic.apps import find
    >>> from telic.intent import read
    >>> services_of(read(find("hotel")))
    ('gateway', 'search', 'user', 'hotel', 'activity', 'booking', 'payment', 'review')
    """
    kinds = {each.kind for each in intent.operations}
    facades = [name for kind, names in FACADES.items() if kind in kinds for name in names]
    facades += ["fanout"] if any(each.later for each in intent.operations) else []
    owners = dict.fromkeys(each.owner for each in intent.entities if each.owner)
    return tuple(dict.fromkeys(["gateway", *facades, *owners]))
