"""Taken slots of every service over time: one strip a service on one time axis, full seconds marked."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from telic.report.charts.frame import Frame
from telic.report.charts.scales import clock
from telic.report.charts.svg import bars, drawing, tag
from telic.telemetry.queries.saturation import FULL, Saturation

STRIP, GAP = 26.0, 8.0  # of one service and below it [px]
LETTERS = 8  # of a name that fit beside a strip [1]


def strips_height(services: int) -> int:
    """Return the height that a frame needs for so many strips [px]."""
    return int(services * (STRIP + GAP) + 30)


def slots_chart(
    found: Sequence[Saturation], services: Sequence[str], frame: Frame, *, title: str, hints: bool = False
) -> Markup:
    """Draw the share of taken slots, from none at the foot of a strip to all at its top.

    Parameters
    ----------
    found
        Every step of every service.
    services
        In the order of their strips, from the top.
    frame
        Where to draw, `strips_height` high.
    title
        For those who cannot see it; the description adds which were full.
    hints
        Let each step say its values when pointed at.
    """
    parts: list[Markup] = []
    texts: list[Markup] = []
    for row, name in enumerate(services):
        steps = [each for each in found if each.service == name]
        foot = frame.top + (row + 1) * (STRIP + GAP) - GAP / 2
        parts += [_frame(name, frame, foot), *_bars(steps, frame, foot)]
        if hints:
            texts += [_hint(each, frame, foot) for each in steps]
    full = [name for name in services if any(each.utilisation >= FULL for each in found if each.service == name)]
    return drawing(
        frame.width,
        frame.full_height,
        frame.back((), lambda value: 0.0, str),
        *parts,
        frame.front(),
        *texts,
        title=title,
        description=f"Full at some time: {', '.join(full) or 'none'}.",
    )


def _frame(name: str, frame: Frame, foot: float) -> Markup:
    start, end = frame.x.start, frame.x.end
    shown = name if len(name) <= LETTERS else f"{name[: LETTERS - 1]}\u2026"
    return Markup("").join(
        (
            tag("line", x1=start, x2=end, y1=foot, y2=foot, class_="grid"),
            tag("text", tag("title", name), shown, x=start - 6, y=foot - 9, text_anchor="end", class_="tick"),
        )
    )


def _bars(steps: Sequence[Saturation], frame: Frame, foot: float) -> list[Markup]:
    columns: dict[str, list[tuple[float, float, float, float]]] = {"good": [], "bad": []}
    for each in steps:
        left, width = frame.column(each.start, each.seconds)
        tall = STRIP * min(1.0, each.utilisation)
        columns["bad" if each.utilisation >= FULL else "good"].append((left, foot - tall, width, tall))
    return [tag("path", d=bars(drawn), class_=kind) for kind, drawn in columns.items() if drawn]


def _hint(each: Saturation, frame: Frame, foot: float) -> Markup:
    left, right = frame.x(each.start), frame.x(each.start + each.seconds)
    text = f"{each.service} {clock(each.start - frame.start)}: {each.used:.1f} of {each.slots:.0f} slots taken"
    if each.queued:
        text += f", {each.queued:.0f} waited, the oldest for {each.age:.2f} s"
    if each.refused:
        text += f", {each.refused:.0f} refused"
    width = max(0.5, right - left)
    return tag("rect", tag("title", text), x=left, y=foot - STRIP, width=width, height=STRIP, class_="hint")
