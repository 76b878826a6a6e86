"""Which services a design of an intent has: one per owner, a gateway, and a facade for searches."""

from __future__ import annotations

from telic.model.intent import Intent

RESERVED = ("gateway", "search", "postgres", "valkey", "telic")
"""Names that owners may not take: services and stores that every design may have."""


def services_of(intent: Intent) -> tuple[str, ...]:
    """Return the names of the services, the one where users enter first.

    Examples
    --------
    >>> from telic.apps import find
    >>> from telic.intent import read
    >>> services_of(read(find("hotel")))
    ('gateway', 'search', 'user', 'hotel', 'activity', 'booking', 'payment', 'review')
    """
    facade = ("search",) if any(each.kind == "geo_search" for each in intent.operations) else ()
    owners = dict.fromkeys(each.owner for each in intent.entities if each.owner)
    return tuple(dict.fromkeys(["gateway", *facade, *owners]))
