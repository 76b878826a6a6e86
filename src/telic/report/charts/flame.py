"""A flame graph of one kind of request: as wide as it takes now, redder where it takes more than it did."""

from __future__ import annotations

from markupsafe import Markup

from telic.model.traces import Comparison, Flame
from telic.report.charts.svg import drawing, tag

_ROW = 20  # height of a bar [px]
_LETTER = 6.2  # width of a letter [px]


def flame_chart(found: Comparison, width: int) -> Markup:
    """Return the picture; every bar says its times to who points at it.

    Children that run at the same time may together be wider than their caller: then all is drawn narrower.
    """
    whole = max((each.start + each.now for each in found.flame), default=1.0) or 1.0
    height = (max((each.depth for each in found.flame), default=0) + 1) * _ROW
    bars = [_bar(each, width / whole) for each in found.flame]
    title = f"Where the time of {found.entity} {found.name} goes"
    grown = max(found.flame, key=lambda each: each.now - each.before, default=None)
    says = f"{found.before:.3g} s before, {found.now:.3g} s now"
    if grown is not None:
        deepest = max(
            (each for each in found.flame if each.now - each.before >= 0.5 * (grown.now - grown.before)),
            key=lambda each: each.depth,
        )
        says += f"; most of what is more lies in {deepest.entity} {deepest.name}"
    return drawing(width, height, *bars, title=title, description=says)


def _bar(each: Flame, scale: float) -> Markup:
    left, wide = each.start * scale, max(each.now * scale - 1.0, 0.5)
    says = f"{each.label}: {each.before:.3g} -> {each.now:.3g} s a request"
    more = max(each.now - each.before, 0.0) / each.now if each.now else 0.0
    parts = [
        tag("title", says),
        tag("rect", x=left, y=each.depth * _ROW, width=wide, height=_ROW - 2, rx=2, class_="flame"),
        tag(
            "rect", x=left, y=each.depth * _ROW, width=wide, height=_ROW - 2, rx=2, class_="more", opacity=f"{more:.2f}"
        ),
    ]
    label = each.label
    fits = int((wide - 8) / _LETTER)
    if fits >= 4:
        short = label if len(label) <= fits else f"{label[: fits - 1]}…"
        parts.append(tag("text", short, x=left + 4, y=each.depth * _ROW + 13, class_="bar"))
    return tag("g", *parts)
