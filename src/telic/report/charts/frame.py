"""What charts over time share: margins, the time axis, the value axis, marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from telic.report.charts.marks import ROW, Mark, moments, rows_needed, stretches
from telic.report.charts.scales import Linear, clock, time_steps
from telic.report.charts.svg import tag


@dataclass(frozen=True)
class Frame:
    """Where a chart over time is drawn.

    Parameters
    ----------
    width, height
        Of the whole drawing [px]; names of marks add to the height.
    start, end
        Of the time axis [s since the Unix epoch].
    marks
        What happened when.
    names
        Write the marks' names above the plot.
    """

    width: int
    height: int
    start: float
    end: float
    marks: tuple[Mark, ...] = ()
    names: bool = False

    @cached_property
    def x(self) -> Linear:
        """Time to place."""
        return Linear(self.start, self.end, self._left, self.width - 6.0)

    @property
    def _left(self) -> float:
        return 50.0 if self.width > 340 else 46.0

    @property
    def top(self) -> float:
        """Upper end of the plot [px]."""
        return 8.0 + (rows_needed(self.marks, self.x) * ROW if self.names else 0)

    @property
    def bottom(self) -> float:
        """Lower end of the plot [px]."""
        return self.top + self.height - 30.0

    @property
    def full_height(self) -> int:
        """Height with names and axis [px]."""
        return int(self.bottom + 22)

    def back(self, steps: Sequence[float], y: Callable[[float], float], word: Callable[[float], str]) -> Markup:
        """Return shades, grid and the value axis: what lies behind the data."""
        parts = [stretches(self.marks, self.x, self.top, self.bottom)]
        for step in steps:
            at = y(step)
            parts.append(tag("line", x1=self._left, x2=self.x.end, y1=at, y2=at, class_="grid"))
            parts.append(tag("text", word(step), x=self._left - 6, y=at + 4, text_anchor="end", class_="tick"))
        return Markup("").join(parts)

    def front(self) -> Markup:
        """Return the time axis and the marks: what lies before the data."""
        parts = [moments(self.marks, self.x, self.top, self.bottom, names=self.names)]
        count = max(2, self.width // 90)
        for step in time_steps(self.end - self.start, count):
            at = self.x(self.start + step)
            anchor = "start" if step == 0 else "end" if at > self.width - 20 else "middle"
            parts.append(tag("line", x1=at, x2=at, y1=self.bottom, y2=self.bottom + 4, class_="axis"))
            parts.append(tag("text", clock(step), x=at, y=self.bottom + 17, text_anchor=anchor, class_="tick"))
        parts.append(tag("line", x1=self._left, x2=self.x.end, y1=self.bottom, y2=self.bottom, class_="axis"))
        return Markup("").join(parts)

    def column(self, time: float, seconds: float) -> tuple[float, float]:
        """Return place and width of the column that begins at `time` and lasts `seconds` [s]."""
        left, right = self.x(time), self.x(time + seconds)
        gap = 1.0 if right - left > 3 else 0.0
        return left, max(0.5, right - left - gap)

    def hints(self, texts: Sequence[tuple[float, float, str]]) -> Markup:
        """Return invisible columns (begin, seconds, text) that say their values to who points at them."""
        return Markup("").join(
            tag(
                "rect",
                tag("title", text),
                x=self.x(time),
                y=self.top,
                width=max(0.5, self.x(time + seconds) - self.x(time)),
                height=self.bottom - self.top,
                class_="hint",
            )
            for time, seconds, text in texts
        )
