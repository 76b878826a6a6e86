"""How names of an intent become names of services, tables, columns and classes."""

from __future__ import annotations

import re

_RESERVED = """
all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create current_date
current_role current_time current_timestamp current_user default deferrable desc distinct do else end except false fetch
for foreign from grant group having in initially intersect into lateral leading limit localtime localtimestamp not null
offset on only or order placing primary references returning select session_user some symmetric system_user table then
to trailing true union unique user using variadic when where window with
"""
RESERVED = frozenset(_RESERVED.split())
"""Words that PostgreSQL does not take as a bare column name (its manual, appendix C)."""

_CLASSES = """
Annotated Application Background Buckets BusinessError Client Clock Conflict Cost Credentials Database DateRange
Engine Forbidden Geo Ids InMemoryRuntime Iterable Job Literal MemoryClient Meta NamedTuple NoDatabase NotFound Operation
Protocol Queries Queue RequestContext Row Runtime Statement Struct Tokens Unauthorised VirtualClock
"""
CLASSES = frozenset(_CLASSES.split())
"""Classes that generated modules import or define: no entity may be called like one."""

_WORDS = """
allowed any app asked asyncio at background bool buckets candidates cells changes clients clock columns context date
datetime days dict dist due each engine first float found free fresh gateway handlers heapq ids int islice key kept
keys known len limit list listed low made map math max measured memory messages msgspec near nearest now object prefix
pytest queries random reply request required reversed right root row rows runtime safe seen self set settings settling
sorted stock store stored str taken timedelta tokens tuple uuid wanted zip
"""
WORDS = frozenset(_WORDS.split())
"""Variables and modules of generated code: no entity and no service may be called like one."""


def snake(name: str) -> str:
    """Return ``BookingLine`` as ``booking_line``.

    Examples
    --------
    >>> snake("BookingLine")
    'booking_line'
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def camel(name: str) -> str:
    """Return ``search_hotels`` as ``SearchHotels``.

    Examples
    --------
    >>> camel("search_hotels")
    'SearchHotels'
    """
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def plural(name: str) -> str:
    """Return the plural of an English noun, good enough for a table's name.

    Examples
    --------
    >>> [plural(name) for name in ("hotel", "activity", "address", "day")]
    ['hotels', 'activities', 'addresses', 'days']
    """
    if name.endswith("y") and name[-2:-1] not in tuple("aeiou"):
        return name[:-1] + "ies"
    return name + ("es" if name.endswith(("s", "x", "z", "ch", "sh")) else "s")


def column(name: str) -> str:
    """Return `name` as SQL text, quoted where PostgreSQL reserves the word.

    Examples
    --------
    >>> column("order"), column("stars")
    ('"order"', 'stars')
    """
    return f'"{name}"' if name in RESERVED else name
