"""The page of a run: balanced accuracy and false alarms first, trivial actors beside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from telic.report.charts.forest import Bar, between, forest_chart, percent, whisker
from telic.report.lab.record import RunView, Square, Standing
from telic.report.page import Drawn
from telic.report.pages import render

WIDE, NARROW = 512, 380  # of a chart on a screen and on a phone [px]
WORLDS = {
    "local": "live",
    "kubernetes": "in a cluster",
    "simulated": "simulated",
    "queueing": "modelled",
    "recorded": "recorded",
}


@dataclass(frozen=True)
class Headline:
    """The two charts that come first."""

    balanced: Drawn
    false_alarm: Drawn


@dataclass(frozen=True)
class Squares:
    """Scenarios by actors; a cell has a square for each kind of world."""

    actors: tuple[str, ...]
    rows: tuple[tuple[str, tuple[tuple[Square, ...], ...]], ...]


def html(run: RunView) -> str:
    """Return the page of `run`; it needs no network and no script, and all texts in it are escaped."""
    return render(
        "lab_run.html.j2",
        headline=headline(run),
        run=run,
        drawn=drawn(run.standings),
        squares=squares(run.squares),
        only_others=all(each.kind for each in run.standings),
        **WORDS,
    )


def headline(run: RunView) -> str:
    """Return the run in a sentence: the best actor that is not trivial."""
    best = next((each for each in run.standings if not each.kind and each.balanced.value is not None), None)
    if best is None or best.balanced.value is None:
        return f"{run.title}: {run.planned - run.missing} of {run.planned} episodes"
    alarms = best.false_alarm.value
    calm = "" if alarms is None else f", {percent(alarms)} false alarms"
    return (
        f"{run.title}: {best.actor} tells sick from healthy with {percent(best.balanced.value)} balanced accuracy{calm}"
    )


def drawn(standings: Sequence[Standing]) -> Headline:
    """Draw balanced accuracy and false alarms of every actor."""
    return Headline(
        _forest([Bar(each.actor, each.balanced, bool(each.kind)) for each in standings], "Balanced accuracy", 0.5),
        _forest([Bar(each.actor, each.false_alarm, bool(each.kind)) for each in standings], "False alarms", None),
    )


def squares(found: Sequence[Square]) -> Squares:
    """Return squares as a table, in the order in which they come."""
    actors = tuple(dict.fromkeys(each.actor for each in found))
    cells: dict[str, dict[str, list[Square]]] = {}
    for each in found:
        cells.setdefault(each.scenario, {}).setdefault(each.actor, []).append(each)
    rows = tuple((name, tuple(tuple(own.get(actor, ())) for actor in actors)) for name, own in cells.items())
    return Squares(actors, rows)


def world_word(world: str) -> str:
    """Return the kind of world in a word.

    Examples
    --------
    >>> world_word("local")
    'live'
    """
    return WORLDS.get(world, world)


def _forest(bars: Sequence[Bar], title: str, reference: float | None) -> Drawn:
    wide, narrow = (forest_chart(bars, width, title=title, reference=reference) for width in (WIDE, NARROW))
    return Drawn(wide, narrow)


WORDS: dict[str, object] = {"percent": percent, "between": between, "whisker": whisker, "world_word": world_word}
"""What the lab's templates call."""
