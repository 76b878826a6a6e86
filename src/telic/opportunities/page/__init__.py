"""The report of a run: one page that needs no network and no script, drawn from the run's record alone."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from telic.model import write_whole
from telic.opportunities import figures, words
from telic.opportunities.page.cards import cards, orders
from telic.opportunities.page.ratios import ratios_chart
from telic.opportunities.record import Run

WIDE, NARROW = 1040, 358  # drawings for a screen and for a phone [px]
DRAWN = 24  # findings in the overview, from the first on [1]


def html(run: Run) -> str:
    """Return the page of `run`; every text in it is escaped."""
    shown = cards(run)
    overview = tuple(ratios_chart(run.surfaced.findings[:DRAWN], width) for width in (WIDE, NARROW)) if shown else ()
    return (
        _environment()
        .get_template("opportunities.html.j2")
        .render(run=run, words=words, figures=figures, cards=shown, orders=orders(), overview=overview, drawn=DRAWN)
    )


def write(path: Path, run: Run) -> Path:
    """Write the page of `run` at `path`, whole or not at all."""
    return write_whole(path, html(run).encode("utf-8", "replace"))


@cache
def _environment() -> Environment:
    return Environment(
        loader=ChoiceLoader([PackageLoader("telic.opportunities.page"), PackageLoader("telic.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
