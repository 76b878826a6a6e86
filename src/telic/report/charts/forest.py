"""Shares with their intervals, one below the other: what is certain, what is not, and who is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from telic.model.estimate import Estimate
from telic.report.charts.scales import Linear
from telic.report.charts.svg import drawing, tag

ROW = 26.0  # of one share [px]
FOOT = 24.0  # of the axis [px]
LETTER = 6.6  # width of a letter [px]
VALUE = 104.0  # room for the numbers at the right [px]


@dataclass(frozen=True)
class Bar:
    """One share."""

    name: str
    estimate: Estimate
    faint: bool = False  # of a trivial actor


def forest_chart(bars: Sequence[Bar], width: int, *, title: str, reference: float | None = None) -> Markup:
    """Draw shares from 0 to 100 % with their intervals.

    Parameters
    ----------
    bars
        From the top.
    width
        Of the whole drawing [px].
    title
        For those who cannot see it; the description adds the numbers.
    reference
        A share that needs no skill [1]; None draws none.
    """
    left = min(0.36 * width, max((len(each.name) for each in bars), default=0) * LETTER + 10)
    x = Linear(0.0, 1.0, left, width - VALUE)
    bottom = 6.0 + ROW * len(bars)
    parts = [_axis(x, bottom)]
    if reference is not None:
        hint = tag("title", f"without any skill: {percent(reference)}")
        parts.append(tag("line", hint, x1=x(reference), x2=x(reference), y1=2.0, y2=bottom, class_="bound"))
    letters = int((left - 8) / LETTER)
    parts += [_bar(each, x, 6.0 + ROW * (row + 0.5), letters) for row, each in enumerate(bars)]
    said = "; ".join(f"{each.name} {spoken(each.estimate)}" for each in bars)
    return drawing(width, int(bottom + FOOT), *parts, title=title, description=f"{said}.")


def whisker(estimate: Estimate, *, width: int = 84) -> Markup:
    """Draw one interval small, for a cell of a table."""
    x = Linear(0.0, 1.0, 3.0, width - 3.0)
    rail = tag("line", x1=x(0), x2=x(1), y1=6.0, y2=6.0, class_="grid")
    picture = drawing(width, 12, rail, _mark(estimate, x, 6.0, 3.0), title=spoken(estimate), description="")
    return Markup(str(picture).replace("<svg ", '<svg class="whisker" ', 1))


def percent(share: float) -> str:
    """Return a share as reports write it.

    Examples
    --------
    >>> percent(0.934), percent(0.0), percent(0.002)
    ('93 %', '0 %', '0.2 %')
    """
    return f"{100 * share:.1f} %" if 0 < share < 0.0095 or 0.9905 < share < 1 else f"{100 * share:.0f} %"


def between(estimate: Estimate) -> str:
    """Return an interval.

    Examples
    --------
    >>> between(Estimate(0.9, 0.85, 1.0))
    '85\u2013100'
    """
    return f"{100 * estimate.low:.0f}\u2013{100 * estimate.high:.0f}"


def spoken(estimate: Estimate) -> str:
    """Return a share with its interval in words."""
    if estimate.value is None:
        return "not measured"
    counted = f", {estimate.hits} of {estimate.trials}" if estimate.trials else ""
    return f"{percent(estimate.value)} (95 %: {between(estimate)}{counted})"


def _axis(x: Linear, bottom: float) -> Markup:
    parts = []
    for step in (0.0, 0.25, 0.5, 0.75, 1.0):
        anchor = "middle"
        parts.append(tag("line", x1=x(step), x2=x(step), y1=2.0, y2=bottom, class_="grid"))
        word = f"{100 * step:.0f}" + (" %" if step == 1 else "")
        parts.append(tag("text", word, x=x(step), y=bottom + 16, text_anchor=anchor, class_="tick"))
    return Markup("").join(parts)


def _bar(bar: Bar, x: Linear, y: float, letters: int) -> Markup:
    name = bar.name if len(bar.name) <= letters else f"{bar.name[: letters - 1]}\u2026"
    value = bar.estimate.value
    said = "none" if value is None else f"{percent(value)} ({between(bar.estimate)})"
    return tag(
        "g",
        tag("title", f"{bar.name}: {spoken(bar.estimate)}"),
        tag("text", name, x=x.start - 10, y=y + 4, text_anchor="end"),
        _mark(bar.estimate, x, y, 4.5),
        tag("text", said, x=x.end + 12, y=y + 4, class_="value"),
        class_="faint" if bar.faint else None,
    )


def _mark(estimate: Estimate, x: Linear, y: float, radius: float) -> Markup:
    if estimate.value is None:
        return Markup("")
    line = tag("line", x1=x(estimate.low), x2=x(estimate.high), y1=y, y2=y, class_="whisker")
    return Markup("").join((line, tag("circle", cx=x(estimate.value), cy=y, r=radius, class_="dot")))
