"""What happened when, drawn over a time axis: moments as lines with a name, stretches as shade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

from telic.report.charts.scales import Linear
from telic.report.charts.svg import tag

Kind = Literal["injected", "harm", "detected", "action", "recovered", "change"]

ROW = 15  # height of a row of names [px]
_LETTER = 6.3  # width of a letter at 12 px [px]; measured over a few system fonts, on the safe side


@dataclass(frozen=True)
class Mark:
    """A moment, or a stretch where `until` is given."""

    time: float  # [s since the Unix epoch]
    kind: Kind
    name: str
    until: float | None = None


@dataclass(frozen=True)
class Placed:
    """A mark whose name has found a row in which it overlaps no other."""

    mark: Mark
    x: float
    row: int
    left: bool  # the name stands left of the line


def place(marks: Sequence[Mark], x: Linear) -> list[Placed]:
    """Give every name a row: above those of later marks that it would touch, so that no line crosses a name."""
    placed: list[Placed] = []
    spans: list[tuple[float, float]] = []
    for _, mark in sorted(enumerate(marks), key=lambda pair: (pair[1].time, pair[0]), reverse=True):
        at, width = x(mark.time), len(mark.name) * _LETTER + 8
        left = at + width > x.end
        low, high = (at - width, at) if left else (at, at + width)
        below = [each.row for each, span in zip(placed, spans, strict=True) if span[0] < high and span[1] > low]
        placed.append(Placed(mark, at, max(below, default=-1) + 1, left))
        spans.append((low, high))
    return placed[::-1]


def rows_needed(marks: Sequence[Mark], x: Linear) -> int:
    """Return how many rows the names take [1]."""
    return max((each.row + 1 for each in place(marks, x)), default=0)


def stretches(marks: Sequence[Mark], x: Linear, top: float, bottom: float) -> Markup:
    """Return the shades of marks that last."""
    return Markup("").join(
        tag(
            "rect",
            tag("title", mark.name),
            x=x(mark.time),
            y=top,
            width=max(1.0, x(mark.until) - x(mark.time)),
            height=bottom - top,
            class_=f"shade {mark.kind}",
        )
        for mark in marks
        if mark.until is not None
    )


def moments(marks: Sequence[Mark], x: Linear, top: float, bottom: float, *, names: bool) -> Markup:
    """Return the lines of all marks, with their names in rows above `top` when there is room for `names`."""
    parts: list[Markup] = []
    for each in place(marks, x):
        start = top - (each.row + 1) * ROW + 4 if names else top
        parts.append(
            tag(
                "line",
                tag("title", each.mark.name),
                x1=each.x,
                x2=each.x,
                y1=start,
                y2=bottom,
                class_=f"mark {each.mark.kind}",
            )
        )
        if names:
            parts.append(
                tag(
                    "text",
                    each.mark.name,
                    x=each.x + (-4 if each.left else 4),
                    y=start + 8,
                    text_anchor="end" if each.left else "start",
                    class_=f"name {each.mark.kind}",
                )
            )
    return Markup("").join(parts)
