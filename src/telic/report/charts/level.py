"""One metric over time against what it was when all was well."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from telic.report.charts.frame import Frame
from telic.report.charts.scales import Linear
from telic.report.charts.svg import drawing, line, tag


def level_chart(times: Sequence[float], values: Sequence[float], frame: Frame, *, before: float, title: str) -> Markup:
    """Draw a metric as a line, its former level dashed.

    Parameters
    ----------
    times, values
        In order; equally long [s since the Unix epoch], [unit of the metric].
    frame
        Where to draw.
    before
        Its median when all was well.
    title
        For those who cannot see it; the description adds the numbers.
    """
    finite = [value for value in (*values, before) if math.isfinite(value)]
    steps = value_steps(min([0.0, *finite]), max(finite, default=1.0), 3)
    y = Linear(steps[0], steps[-1], frame.bottom, frame.top)
    path = line(
        [(frame.x(time), y(value)) if math.isfinite(value) else None for time, value in zip(times, values, strict=True)]
    )
    at = y(before)
    usual = tag("title", f"usual: {short(before)}")
    return drawing(
        frame.width,
        frame.full_height,
        frame.back(steps, y, short),
        tag("line", usual, x1=frame.x.start, x2=frame.x.end, y1=at, y2=at, class_="bound"),
        tag("path", d=path, class_="p99"),
        frame.front(),
        title=title,
        description=f"Usually {short(before)}; {short(max(finite, default=0.0))} at most.",
    )


def value_steps(low: float, high: float, count: int) -> list[float]:
    """Return about `count` round values from at most `low` to at least `high`, of any size.

    Examples
    --------
    >>> value_steps(0.0, 0.634, 3)
    [0.0, 0.5, 1.0]
    """
    length = (high - low) or abs(high) or 1.0
    unit = 10.0 ** math.floor(math.log10(length / count))
    step = next(unit * each for each in (1, 2, 5, 10) if unit * each >= length / count * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * index, 12) for index in range(first, max(last, first + 1) + 1)]


def short(value: float) -> str:
    """Return a number as axes name it.

    Examples
    --------
    >>> short(9000000.0), short(4200.0), short(0.25), short(0.0)
    ('9M', '4.2k', '0.25', '0')
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
