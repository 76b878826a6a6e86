"""A campaign as a page and as a Markdown table: what was held out first, and every cell says its kind of world."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.model.estimate import Estimate
from telic.report.charts.forest import percent
from telic.report.lab.record import Standing
from telic.report.lab.run import WORDS, world_word
from telic.report.pages import render

COLUMNS = ("balanced accuracy", "false alarms", "detect", "localise", "explain", "mitigate", "predict", "all of it")


@dataclass(frozen=True)
class Row:
    """One actor in one kind of world."""

    world: str
    standing: Standing

    @property
    def cells(self) -> tuple[tuple[str, Estimate], ...]:
        """Name and value of every column."""
        one = self.standing
        tasks = [one.tasks[name] for name in ("detect", "localise", "explain", "mitigate", "predict", "solved")]
        return tuple(zip(COLUMNS, (one.balanced, one.false_alarm, *tasks), strict=True))


@dataclass(frozen=True)
class Part:
    """Some of the scenarios: what was held out, or the rest."""

    title: str
    note: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class CampaignView:
    """A campaign, as far as it is."""

    id: str
    title: str
    made: float  # [s since the Unix epoch]
    telic: str
    planned: int
    missing: int
    parts: tuple[Part, ...]


def html(view: CampaignView) -> str:
    """Return the page of `view`; it needs no network and no script, and all texts in it are escaped."""
    words = {**WORDS, "cell": cell, "columns": COLUMNS}
    return render("lab_campaign.html.j2", headline=headline(view), view=view, **words)


def headline(view: CampaignView) -> str:
    """Return the campaign in a sentence: its best actor on what comes first."""
    for part in view.parts:
        best = next((each for each in part.rows if not each.standing.kind and each.standing.balanced.value), None)
        if best is not None and best.standing.balanced.value is not None:
            value = percent(best.standing.balanced.value)
            return f"{view.title}: {best.standing.actor} reaches {value} balanced accuracy on {part.title}"
    return f"{view.title}: {view.planned - view.missing} of {view.planned} episodes"


def markdown(view: CampaignView) -> str:
    """Return `view` as Markdown."""
    done = view.planned - view.missing
    lines = [f"# {headline(view)}", "", f"Run {view.id}, Telic {view.telic}, {done} of {view.planned} episodes."]
    lines += ["Shares with 95 % intervals; every cell says the kind of world that its episodes ran in."]
    for part in view.parts:
        lines += ["", f"## {part.title[:1].upper()}{part.title[1:]}", "", part.note, "", *_table(part.rows)]
    return "\n".join(lines) + "\n"


def cell(estimate: Estimate, world: str) -> str:
    """Return a share, its interval and the kind of world, in words.

    Examples
    --------
    >>> cell(Estimate(0.75, 0.5, 0.9, 3, 4), "local"), cell(Estimate(None, 0.0, 1.0), "simulated")
    ('75 % (50–90) live', '– simulated')
    """
    if estimate.value is None:
        return f"– {world_word(world)}"
    low, high = (f"{100 * each:.0f}" for each in (estimate.low, estimate.high))
    return f"{percent(estimate.value)} ({low}–{high}) {world_word(world)}"


def _table(rows: Sequence[Row]) -> Iterable[str]:
    yield f"| actor | episodes | {' | '.join(COLUMNS)} |"
    yield "|" + "---|" * (len(COLUMNS) + 2)
    for each in rows:
        name = f"{each.standing.actor} ({each.standing.kind})" if each.standing.kind else each.standing.actor
        void = f", {each.standing.void} void" if each.standing.void else ""
        shown = " | ".join(cell(value, each.world) for _, value in each.cells)
        yield f"| {_plain(name)} | {each.standing.episodes} {world_word(each.world)}{void} | {shown} |"


def _plain(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
