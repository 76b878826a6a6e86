"""Ratios with their intervals on a logarithmic scale, one below the other: adjusted filled, crude hollow."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from telic.opportunities.model import Finding
from telic.opportunities.record import key_of
from telic.report.charts.scales import Logarithmic
from telic.report.charts.svg import drawing, tag

ROW = 26.0  # of one finding [px]
FOOT = 26.0  # of the axis [px]
LETTER = 6.7  # width of a letter [px]
STEPS = (0.1, 0.2, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)  # [1]


def ratios_chart(findings: Sequence[Finding], width: int) -> Markup:
    """Draw how much more often harm meets the members of each finding than all others.

    Parameters
    ----------
    findings
        From the top.
    width
        Of the whole drawing [px]; names stand above their line where it is narrow.
    """
    narrow = width < 500
    row = ROW * 1.7 if narrow else ROW
    left = 8.0 if narrow else 0.44 * width
    x = Logarithmic(*_range(findings), left, width - 66.0)
    bottom = 6.0 + row * len(findings)
    parts = [_axis(x, bottom, 3 if narrow else 9)]
    letters = int((width - 16 if narrow else left - 20) / LETTER)
    for index, each in enumerate(findings):
        y = 6.0 + row * (index + (0.72 if narrow else 0.5))
        parts.append(_row(each, x, y, letters, above=narrow))
    said = "; ".join(f"{each.hypothesis.words} {each.adjusted.ratio:.2g}" for each in findings)
    return drawing(width, int(bottom + FOOT), *parts, title="Ratio of harm, adjusted and crude", description=f"{said}.")


def _range(findings: Sequence[Finding]) -> tuple[float, float]:
    values = [1.0]
    for each in findings:
        values += [each.adjusted.ratio, each.crude.ratio, each.adjusted.low, min(each.adjusted.high, 1000.0)]
    finite = [value for value in values if math.isfinite(value) and value > 0]
    low = max((step for step in STEPS if step <= min(finite)), default=STEPS[0])
    return low, min((step for step in STEPS if step >= max(*finite, 2.0)), default=STEPS[-1])


def _axis(x: Logarithmic, bottom: float, most: int) -> Markup:
    steps = [step for step in STEPS if x.low <= step <= x.high]
    named = {1.0, x.low, x.high} if len(steps) > most else set(steps)
    parts = []
    for step in steps:
        at = x(step)
        kind = "axis" if step == 1.0 else "grid"
        parts.append(tag("line", x1=at, x2=at, y1=2.0, y2=bottom, class_=kind))
        if step in named:
            parts.append(tag("text", f"{step:g} ×", x=at, y=bottom + 17, text_anchor="middle", class_="tick"))
    return Markup("").join(parts)


def _row(finding: Finding, x: Logarithmic, y: float, letters: int, *, above: bool) -> Markup:
    name, effect = finding.hypothesis.words, finding.adjusted
    short = name if len(name) <= letters else f"{name[: letters - 1]}…"
    label = (
        tag("text", short, x=x.start, y=y - 13)
        if above
        else tag("text", short, x=x.start - 12, y=y + 4, text_anchor="end")
    )
    parts = [tag("title", f"{name}, {finding.outcome}: {effect.ratio:.3g} ({effect.low:.3g} to {effect.high:.3g})")]
    parts.append(label)
    if math.isfinite(effect.low):
        high = effect.high if math.isfinite(effect.high) else x.high
        parts.append(tag("line", x1=x(effect.low), x2=x(high), y1=y, y2=y, class_="whisker"))
    if finding.crude.ratio > 0 and not math.isnan(finding.crude.ratio):
        parts.append(tag("circle", cx=x(finding.crude.ratio), cy=y, r=4.5, class_="hollow"))
    if effect.ratio > 0 and not math.isnan(effect.ratio):
        parts.append(tag("circle", cx=x(effect.ratio), cy=y, r=4.5, class_="dot"))
    parts.append(tag("text", f"{effect.ratio:.3g} ×", x=x.end + 62, y=y + 4, text_anchor="end", class_="value"))
    return tag("a", *parts, href=f"#f-{key_of(finding)}")
