"""Numbers, times and names as sentences say them."""

from __future__ import annotations

import math
from datetime import UTC, datetime


def count(value: int) -> str:
    """Return an exact number of things.

    Examples
    --------
    >>> count(965060)
    '965,060'
    """
    return f"{value:,}"


def rough(value: float) -> str:
    """Return an estimated number of things.

    Examples
    --------
    >>> rough(11432.2), rough(0.44), rough(7.26), rough(0), rough(312.4)
    ('11,400', '0.4', '7.3', '0', '312')
    """
    if not math.isfinite(value):
        return "an unknown number of"
    if 0 < abs(value) < 20:
        return f"{value:.1f}"
    return f"{float(f'{value:.3g}'):,.0f}"


def share(value: float) -> str:
    """Return a share.

    Examples
    --------
    >>> share(0.0231), share(0.4), share(0.0002), share(0), share(1)
    ('2.3 %', '40 %', '0.02 %', '0 %', '100 %')
    """
    percent = 100 * value
    if percent in (0, 100):
        return f"{percent:.0f} %"
    return f"{percent:.0f} %" if 10 <= percent <= 99 else f"{percent:.1f} %" if percent >= 0.1 else f"{percent:.2g} %"


def times(ratio: float) -> str:
    """Return a ratio as sentences say it.

    Examples
    --------
    >>> times(4.13), times(13.2), times(float("inf"))
    ('4.1 times', '13 times', 'endlessly many times')
    """
    if math.isnan(ratio):
        return "an unknown number of times"
    if math.isinf(ratio):
        return "endlessly many times"
    return f"{ratio:.3g} times" if ratio < 2 else f"{ratio:.2g} times" if ratio < 100 else f"{ratio:,.0f} times"


def small(p: float) -> str:
    """Return a probability.

    Examples
    --------
    >>> small(0.012), small(3e-12), small(0.0), small(float("nan"))
    ('0.012', '3e-12', '< 1e-300', 'not asked')
    """
    if math.isnan(p):
        return "not asked"
    return "< 1e-300" if p < 1e-300 else f"{p:.2g}"


def length(seconds: float) -> str:
    """Return a length of time in a unit that people use for it.

    Examples
    --------
    >>> length(12_863_675), length(7500), length(150), length(12.5), length(0.03), length(0)
    ('149 days', '2.08 hours', '2.5 minutes', '12.5 s', '30 ms', '0 s')
    """
    for size, unit in ((86400.0, "days"), (3600.0, "hours"), (60.0, "minutes")):
        if abs(seconds) >= 2 * size:
            return f"{number(seconds / size)} {unit}"
    return f"{number(1000 * seconds)} ms" if 0 < abs(seconds) < 1 else f"{number(seconds)} s"


def number(value: float) -> str:
    """Return a KPI's value.

    Examples
    --------
    >>> number(1234.5), number(0.12345), number(3.0)
    ('1,234', '0.123', '3')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def plural(grouping: str) -> str:
    """Return the plural of what a group is called.

    Examples
    --------
    >>> plural("session"), plural("case_id"), plural("Entity"), plural("process")
    ('sessions', 'case_ids', 'Entities', 'processes')
    """
    if grouping.endswith("y") and grouping[-2:-1] not in "aeiou":
        return f"{grouping[:-1]}ies"
    return f"{grouping}es" if grouping.endswith(("s", "x", "ch")) else f"{grouping}s"


def said(value: object) -> str:
    """Return what an expert said, or a setting.

    Examples
    --------
    >>> said(0.12345), said(True), said(("a", "b")), said(None), said(12)
    ('0.123', 'yes', 'a, b', 'nothing', '12')
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, list | tuple):
        return ", ".join(said(each) for each in value) or "none"
    return "nothing" if value is None else str(value)


def date(moment: float) -> str:
    """Return a day in UTC.

    Examples
    --------
    >>> date(0)
    '1970-01-01'
    """
    try:
        return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d")
    except (OverflowError, ValueError, OSError):
        return "an unknown day"


def span(seconds: float) -> str:
    """Return a length of time.

    Examples
    --------
    >>> span(75), span(7200), span(200000), span(12)
    ('1 min', '2 h', '2 d', '12 s')
    """
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def seconds(value: float) -> str:
    """Return how long work took.

    Examples
    --------
    >>> seconds(0.0312), seconds(8.04), seconds(61.2)
    ('31 ms', '8.0 s', '61 s')
    """
    return f"{1000 * value:.0f} ms" if value < 1 else f"{value:.1f} s" if value < 20 else f"{value:.0f} s"
