"""What was done when: a lane for each kind of thing, moments as ticks, stretches as bars, on one time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from telic.report.charts.frame import Frame
from telic.report.charts.svg import drawing, tag

LANE = 22.0  # of one lane [px]
_NARROW = 3.0  # width of a tick [px]
_LETTER = 6.4  # width of a letter [px]


@dataclass(frozen=True)
class Moment:
    """Something at a time, or over a stretch where `until` is given."""

    time: float  # [s since the Unix epoch]
    kind: str  # a class of the page's style
    says: str
    until: float | None = None


@dataclass(frozen=True)
class Lane:
    """Things of one kind."""

    name: str
    moments: tuple[Moment, ...]


def lanes_height(lanes: int) -> int:
    """Return the height that a frame needs for so many lanes [px]."""
    return int(lanes * LANE + 34)


def lanes_chart(lanes: Sequence[Lane], frame: Frame, *, title: str) -> Markup:
    """Draw lanes from the top.

    Parameters
    ----------
    lanes
        Their names have up to seven letters.
    frame
        Where to draw, `lanes_height` high.
    title
        For those who cannot see it; the description adds how many things there were.
    """
    parts: list[Markup] = []
    for row, lane in enumerate(lanes):
        middle = frame.top + (row + 0.5) * LANE
        parts.append(tag("text", lane.name, x=frame.x.start - 6, y=middle + 4, text_anchor="end", class_="tick"))
        parts.append(tag("line", x1=frame.x.start, x2=frame.x.end, y1=middle, y2=middle, class_="grid"))
        parts += [_drawn(each, frame, middle) for each in lane.moments]
    counted = ", ".join(f"{len(lane.moments)} {lane.name}" for lane in lanes)
    return drawing(
        frame.width,
        frame.full_height,
        frame.back((), lambda value: 0.0, str),
        *parts,
        frame.front(),
        title=title,
        description=f"{counted}.",
    )


def _drawn(moment: Moment, frame: Frame, middle: float) -> Markup:
    left = frame.x(moment.time)
    hint, style = tag("title", moment.says), f"lane {moment.kind}"
    if moment.until is None:
        return tag("rect", hint, x=left - 1, y=middle - 7, width=_NARROW, height=14.0, rx=1, class_=style)
    width = max(_NARROW, frame.x(moment.until) - left - 1)
    bar = tag("rect", hint, x=left, y=middle - 7, width=width, height=14.0, rx=2, class_=style)
    if len(moment.says) * _LETTER + 6 > width:
        return bar
    word = tag("text", moment.says, x=left + width / 2, y=middle + 4, text_anchor="middle", class_="on-lane")
    return Markup("").join((bar, word))
