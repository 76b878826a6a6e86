"""A KPI over the calendar: a finding's members against all others."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, datetime

from markupsafe import Markup

from telic.opportunities import words
from telic.opportunities.record import Bin, Kpi
from telic.report.charts.level import value_steps
from telic.report.charts.scales import Linear
from telic.report.charts.svg import drawing, line, tag

HEIGHT = 132  # [px]
LEFT, TOP, BOTTOM = 46.0, 8.0, 104.0  # of the plot [px]


def course_chart(bins: Sequence[Bin], kpi: Kpi, width: int) -> Markup:
    """Draw the mean of a KPI in each bin, of members and of others; a bin without members is a gap."""
    length = bins[1].at - bins[0].at
    x = Linear(bins[0].at, bins[-1].at + length, LEFT, width - 8.0)
    known = [value for each in bins for value in (each.members_mean, each.others_mean) if math.isfinite(value)]
    steps = value_steps(min([0.0, *known]), max(known, default=1.0), 3)
    y = Linear(steps[0], steps[-1], BOTTOM, TOP)
    parts = [_back(steps, y, kpi, width), _front(bins, x, length, width)]
    for kind in ("others", "members"):
        means = [getattr(each, f"{kind}_mean") for each in bins]
        points = [
            (x(each.at + length / 2), y(mean)) if math.isfinite(mean) else None
            for each, mean in zip(bins, means, strict=True)
        ]
        parts.append(tag("path", d=line(points), class_=kind))
    parts += [_hint(each, kpi, x, length) for each in bins]
    return drawing(width, HEIGHT, *parts, title=f"{kpi.name} over time", description=_said(bins, kpi))


def day(moment: float, length: float) -> str:
    """Return a moment of the axis: a date, with the hour where bins are shorter than a day.

    Examples
    --------
    >>> day(1709294400.0, 86400.0), day(1709294400.0, 3600.0)
    ('1 Mar 2024', '1 Mar 12:00')
    """
    at = datetime.fromtimestamp(moment, UTC)
    return f"{at.day} {at:%b %Y}" if length >= 86400 else f"{at.day} {at:%b %H:%M}"


def _back(steps: Sequence[float], y: Linear, kpi: Kpi, width: int) -> Markup:
    parts = []
    for step in steps:
        parts.append(tag("line", x1=LEFT, x2=width - 8.0, y1=y(step), y2=y(step), class_="grid"))
        said = words.level(kpi, step)
        parts.append(tag("text", said, x=LEFT - 6, y=y(step) + 4, text_anchor="end", class_="tick"))
    return Markup("").join(parts)


def _front(bins: Sequence[Bin], x: Linear, length: float, width: int) -> Markup:
    parts = [tag("line", x1=LEFT, x2=width - 8.0, y1=BOTTOM, y2=BOTTOM, class_="axis")]
    named = [0, len(bins) // 2, len(bins) - 1] if len(bins) > 4 and width > 400 else [0, len(bins) - 1]
    for index in named:
        at = x(bins[index].at + length / 2)
        anchor = "start" if index == 0 else "end" if index == len(bins) - 1 else "middle"
        where = at if anchor == "middle" else x.start if anchor == "start" else x.end
        said = day(bins[index].at, length)
        parts.append(tag("text", said, x=where, y=BOTTOM + 18, text_anchor=anchor, class_="tick"))
    return Markup("").join(parts)


def _hint(each: Bin, kpi: Kpi, x: Linear, length: float) -> Markup:
    left, right = x(each.at), x(each.at + length)
    said = f"{day(each.at, length)}: {_of(kpi, each.members_mean, each.members)} of its members, "
    said += f"{_of(kpi, each.others_mean, each.others)} of the others"
    return tag(
        "rect", tag("title", said), x=left, y=TOP, width=max(0.5, right - left), height=BOTTOM - TOP, class_="hint"
    )


def _of(kpi: Kpi, mean: float, groups: int) -> str:
    return f"{words.level(kpi, mean)} ({groups:,})" if math.isfinite(mean) else "none"


def _said(bins: Sequence[Bin], kpi: Kpi) -> str:
    first, last = bins[0], bins[-1]
    return (
        f"Members from {_of(kpi, first.members_mean, first.members)} to {_of(kpi, last.members_mean, last.members)}, "
        f"others from {_of(kpi, first.others_mean, first.others)} to {_of(kpi, last.others_mean, last.others)}."
    )
