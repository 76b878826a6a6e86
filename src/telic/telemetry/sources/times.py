"""Times as sources write them, into nanoseconds since the epoch, and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

from telic.model import Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FORM = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d{1,12}))?)?\s*(Z|z|UTC|[+-]\d\d:?\d\d)?$")
UNITS = {"s": 10**9, "ms": 10**6, "us": 10**3, "ns": 1}
LATEST = 2**63 - 1


def ns_of(text: str) -> int:
    """Return the time that `text` names, in RFC 3339 or close to it, without a zone in UTC [ns since the Unix epoch].

    Raises
    ------
    ValueError
        It names none.

    Examples
    --------
    >>> ns_of("2026-11-21T10:00:00.000000001Z") - ns_of("2026-11-21 11:00:00+01:00")
    1
    """
    found = _FORM.match(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no time")
    day, clock, fraction, zone = found.groups()
    at = datetime.fromisoformat(f"{day}T{clock or '00:00'}{'+00:00' if zone in (None, 'Z', 'z', 'UTC') else zone}")
    return (at - _EPOCH) // timedelta(microseconds=1) * 1000 + int((fraction or "").ljust(9, "0")[:9])


def guess_ns(value: object) -> int:
    """Return the time that a number or text means; the unit of a number is told by its size.

    Numbers below 1e11 are seconds (until the year 5138), below 1e14 milliseconds, below 1e17 microseconds.

    Raises
    ------
    ValueError
        It is no time.

    Examples
    --------
    >>> guess_ns(1_800_000_000.5) == guess_ns("1800000000500") == guess_ns(1_800_000_000_500_000_000)
    True
    """
    if isinstance(value, datetime):
        at = value if value.tzinfo else value.replace(tzinfo=UTC)
        return (at - _EPOCH) // timedelta(microseconds=1) * 1000
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"{str(value)[:40]!r} is no time")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return ns_of(str(value))
    if not number.is_finite() or abs(number) > LATEST:
        raise ValueError(f"{str(value)[:40]!r} is no time")
    size = abs(number)
    factor = 10**9 if size < 10**11 else 10**6 if size < 10**14 else 10**3 if size < 10**17 else 1
    return int(number * factor)


def rfc3339(seconds: float) -> str:
    """Return a time as text in UTC.

    Examples
    --------
    >>> rfc3339(1_800_000_000.25)
    '2027-01-15T08:00:00.250000Z'
    """
    return (_EPOCH + timedelta(microseconds=round(seconds * 1e6))).isoformat(timespec="microseconds")[:-6] + "Z"


def slices(window: Window, count: int) -> Iterator[Window]:
    """Cut `window` into `count` equal parts, oldest first."""
    edges = [window.start + window.seconds * i / count for i in range(count)] + [window.end]
    return map(Window, edges, edges[1:])
