"""What the page shows of each finding: its numbers, its course over time, what happened in it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from telic.opportunities import figures, words
from telic.opportunities.model import Finding
from telic.opportunities.page.course import course_chart
from telic.opportunities.record import Detail, Kpi, Run, key_of

WIDTH, SMALL = 500, 340  # of the drawing over time [px]


@dataclass(frozen=True)
class Figure:
    """One number with what it means."""

    value: str
    means: str


@dataclass(frozen=True)
class Card:
    """One finding as the page shows it."""

    key: str
    kpi: Kpi
    kpi_number: int  # from 1
    finding: Finding
    figures: tuple[Figure, ...]
    course: tuple[Markup, ...]  # wide, narrow; empty where nothing is known over time
    detail: Detail
    order: str  # CSS variables by which cards are sorted


_ORDERS: dict[str, tuple[str, Callable[[Finding], float]]] = {
    "effect": ("effect", lambda each: -_finite(each.adjusted.ratio)),
    "sure": ("certainty", lambda each: each.q),
    "size": ("size", lambda each: -each.support),
}


def orders() -> tuple[tuple[str, str], ...]:
    """Return the orders that a reader may choose besides rank, as name and label."""
    return tuple((name, label) for name, (label, _) in _ORDERS.items())


def cards(run: Run) -> list[Card]:
    """Return the findings of `run` as the page shows them, by rank."""
    found = run.surfaced.findings
    places = {name: _places(found, by) for name, (_, by) in _ORDERS.items()}
    return [_card(run, each, index, places) for index, each in enumerate(found)]


def _card(run: Run, finding: Finding, index: int, places: dict[str, list[int]]) -> Card:
    key, kpi = key_of(finding), run.kpi(finding.outcome)
    detail = run.details.get(key, Detail())
    return Card(
        key,
        kpi,
        run.kpis.index(kpi) + 1,
        finding,
        _figures(finding, kpi, run.grouping),
        tuple(course_chart(detail.bins, kpi, width) for width in (WIDTH, SMALL)) if len(detail.bins) > 1 else (),
        detail,
        ";".join(f"--{name}:{place[index]}" for name, place in places.items()),
    )


def _figures(finding: Finding, kpi: Kpi, grouping: str) -> tuple[Figure, ...]:
    much, of = words.won(finding, kpi, grouping)
    return (
        Figure(_ratio(finding.adjusted.ratio), f"as much, adjusted; 95 %: {words.interval(finding.adjusted)}"),
        Figure(_ratio(finding.crude.ratio), f"as much, crude; {_points(finding, kpi)}"),
        Figure(figures.share(finding.share), f"{words.size(finding, grouping)}, {finding.users:,} users"),
        Figure(f"≤ {much}" if much else "?", f"{of}, upper bound" if much else of),
        Figure(figures.small(finding.q), "q: expected share of false finds up to here"),
    )


def _ratio(value: float) -> str:
    return f"{value:.3g} ×" if math.isfinite(value) else "∞" if value > 0 else "unknown"


def _points(finding: Finding, kpi: Kpi) -> str:
    change = words.moved(finding.crude, kpi)
    return f"{100 * finding.crude.difference:+.1f} points" if kpi.binary else f"{change} on average"


def _places(found: Sequence[Finding], by: Callable[[Finding], float]) -> list[int]:
    ranked = sorted(range(len(found)), key=lambda index: (by(found[index]), index))
    return [ranked.index(index) for index in range(len(found))]


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 1e300
