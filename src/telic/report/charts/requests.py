"""Requests a second as columns: bad ones at the bottom, good ones above."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from telic.report.charts.frame import Frame
from telic.report.charts.scales import Linear, clock, round_steps
from telic.report.charts.svg import bars, drawing, tag

COLUMNS = 400  # at most, so that long runs stay readable and small [1]


@dataclass(frozen=True)
class Count:
    """Requests of one second."""

    second: int  # [s since the Unix epoch]
    good: int
    bad: int


def requests_chart(counts: Sequence[Count], frame: Frame, *, title: str, hints: bool = False) -> Markup:
    """Draw good and bad requests a second.

    Parameters
    ----------
    counts
        One for each second, in order.
    frame
        Where to draw.
    title
        For those who cannot see it; the description adds the numbers.
    hints
        Let each column say its values when pointed at.
    """
    size = max(1, math.ceil(len(counts) / COLUMNS))
    grouped = [_together(counts[index : index + size]) for index in range(0, len(counts), size)]
    steps = round_steps(max((each.good + each.bad for each in grouped), default=0) / size, 3)
    y = Linear(0, steps[-1], frame.bottom, frame.top)
    good: list[tuple[float, float, float, float]] = []
    bad: list[tuple[float, float, float, float]] = []
    for each in grouped:
        left, width = frame.column(each.second, size)
        knee, tip = y(each.bad / size), y((each.good + each.bad) / size)
        bad.append((left, knee, width, frame.bottom - knee))
        good.append((left, tip, width, knee - tip))
    texts = [
        (float(each.second), float(size), f"{clock(each.second - frame.start)}: {each.good} good, {each.bad} bad")
        for each in grouped
    ]
    total, wrong = sum(each.good + each.bad for each in counts), sum(each.bad for each in counts)
    return drawing(
        frame.width,
        frame.full_height,
        frame.back(steps, y, lambda value: f"{value:g}"),
        tag("path", d=bars(good), class_="good"),
        tag("path", d=bars(bad), class_="bad"),
        frame.front(),
        frame.hints(texts) if hints else "",
        title=title,
        description=f"{total} requests in {len(counts)} seconds, {wrong} of them bad.",
    )


def _together(counts: Sequence[Count]) -> Count:
    return Count(counts[0].second, sum(each.good for each in counts), sum(each.bad for each in counts))
