"""Latencies over time as two lines, on a logarithmic axis, with the objective's bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from telic.report.charts.frame import Frame
from telic.report.charts.scales import Logarithmic, clock, decades
from telic.report.charts.svg import drawing, line, tag


@dataclass(frozen=True)
class Point:
    """Percentiles of the requests of one second."""

    second: int  # [s since the Unix epoch]
    p50: float  # [s]
    p99: float  # [s]


def latency_chart(
    points: Sequence[Point],
    frame: Frame,
    *,
    bound: float | None,
    title: str,
    scale: Sequence[Point] = (),
    hints: bool = False,
) -> Markup:
    """Draw median and 99th percentile.

    Parameters
    ----------
    points
        One for each second that has answers, in order; a second left out is a gap.
    frame
        Where to draw.
    bound
        The objective: requests slower than this are bad [s]; None draws none.
    title
        For those who cannot see it; the description adds the numbers.
    scale
        Points that the axis has to hold too, so that several charts can be compared.
    hints
        Let each second say its values when pointed at.
    """
    values = [value for each in (*points, *scale) for value in (each.p50, each.p99) if value > 0] + (
        [bound] if bound else []
    )
    steps = decades(min(values, default=0.001), max(values, default=1.0))
    y = Logarithmic(steps[0], steps[-1], frame.bottom, frame.top)
    known = {each.second: each for each in points}
    seconds = range(min(known), max(known) + 1) if known else range(0)
    texts = [
        (
            float(each.second),
            1.0,
            f"{clock(each.second - frame.start)}: p50 {time_word(each.p50)}, p99 {time_word(each.p99)}",
        )
        for each in points
    ]
    paths = [
        line([(frame.x(at + 0.5), y(getattr(known[at], name))) if at in known else None for at in seconds])
        for name in ("p50", "p99")
    ]
    return drawing(
        frame.width,
        frame.full_height,
        frame.back(steps, y, time_word),
        _bound(bound, frame, y) if bound else "",
        tag("path", d=paths[0], class_="p50"),
        tag("path", d=paths[1], class_="p99"),
        frame.front(),
        frame.hints(texts) if hints else "",
        title=title,
        description=_description(points, bound),
    )


def time_word(value: float) -> str:
    """Return a latency as axes name it.

    Examples
    --------
    >>> time_word(0.01), time_word(10.0), time_word(0.0005)
    ('10 ms', '10 s', '0.5 ms')
    """
    return f"{value:.3g} s" if value >= 0.9995 else f"{value * 1000:.3g} ms"


def _bound(bound: float, frame: Frame, y: Logarithmic) -> Markup:
    at = y(bound)
    word = f"objective {time_word(bound)}"
    return tag("line", tag("title", word), x1=frame.x.start, x2=frame.x.end, y1=at, y2=at, class_="bound")


def _description(points: Sequence[Point], bound: float | None) -> str:
    if not points:
        return "No request was answered."
    worst = max(points, key=lambda each: each.p99)
    above = f" It was above {time_word(bound)} in {sum(each.p99 > bound for each in points)} seconds." if bound else ""
    return f"The 99th percentile was {time_word(worst.p99)} at worst.{above}"
