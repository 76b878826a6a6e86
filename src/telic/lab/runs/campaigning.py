"""A campaign: scenarios by actors by seeds in several kinds of worlds, all tasks at once; its page and its table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from telic.lab.runs import folder as runs
from telic.lab.runs.folder import Cell, Run
from telic.lab.runs.graded import Graded, regrade
from telic.lab.runs.pages import PAGES, write_page
from telic.lab.runs.suites import HeldOut, Suite
from telic.lab.runs.summary import standings
from telic.lab.runs.unplayed import beside
from telic.lab.scenario import Scenario
from telic.lab.session.record import WorldKind
from telic.report.lab import campaign as page
from telic.report.lab.campaign import CampaignView, Part, Row

HTML, MARKDOWN = "campaign.html", "campaign.md"
ORDER: tuple[WorldKind, ...] = ("local", "kubernetes", "simulated", "queueing", "recorded")  # live first


def plan(
    suite: Suite,
    scenarios: Sequence[Scenario],
    actors: Sequence[str],
    seeds: Sequence[int],
    worlds: Sequence[WorldKind],
) -> tuple[Cell, ...]:
    """Return every episode of a campaign; live worlds get those of the suite's scenarios that it names for that."""
    found: dict[Cell, None] = {}
    for world in worlds:
        chosen = suite.played_live(scenarios) if world == "local" else scenarios
        found |= dict.fromkeys(runs.cells(chosen, actors, seeds, world=world))
    return tuple(found)


def unfinished(home: Path, planned: Sequence[Cell]) -> Path | None:
    """Return the newest campaign of exactly this plan that was stopped; None where there is none."""
    for run in reversed(runs.listing(home)):
        path = home / runs.RUNS / run.id
        if set(run.cells) == set(planned) and runs.missing(run, runs.episodes(path)[0]):
            return path
    return None


def write(path: Path, suite: Suite) -> tuple[Path, Path]:
    """Grade a campaign's records and write its page and its Markdown table; return both."""
    run, found = runs.opened(path), regrade(path)
    made = view(run, found, suite)
    target = path / PAGES
    return write_page(target / HTML, page.html(made)), write_page(target / MARKDOWN, page.markdown(made))


def view(run: Run, found: Sequence[Graded], suite: Suite) -> CampaignView:
    """Return what page and table show: what was held out first, then everything else; worlds are never averaged."""
    held = [each for each in found if suite.held_out.holds(each.episode.scenario)]
    rest = [each for each in found if not suite.held_out.holds(each.episode.scenario)]
    parts = [
        Part("what was held out", _held_out(suite.held_out), _rows(held)),
        Part("everything else" if held else "all scenarios", _count(rest), _rows(rest)),
    ]
    return CampaignView(
        id=run.id,
        title=run.title,
        made=run.made,
        telic=run.telic,
        planned=len(run.cells),
        missing=len(runs.missing(run, (each.episode for each in found))),
        parts=tuple(each for each in parts if each.rows),
    )


def _rows(found: Sequence[Graded]) -> tuple[Row, ...]:
    """The actors by their standing over all of `found`, a row for each kind of world; then who is trivial."""
    ranked = [each.actor for each in standings(found)]
    rows = [Row(world, each) for world in ORDER for each in standings(_in(found, world))]
    rows.sort(key=lambda row: (ranked.index(row.standing.actor), ORDER.index(row.world)))
    return (*rows, *(Row(world, each) for world in ORDER for each in beside(_in(found, world))))


def _in(found: Iterable[Graded], world: WorldKind) -> list[Graded]:
    return [each for each in found if each.episode.world == world]


def _held_out(held: HeldOut) -> str:
    kinds = f"the mechanisms {', '.join(held.mechanisms)}" if held.mechanisms else ""
    app = f"the app {held.app}" if held.app else ""
    return f"Nobody who writes monitors and guides looks at {' and '.join(filter(None, (kinds, app)))}."


def _count(found: Iterable[Graded]) -> str:
    names = {each.scenario for each in found}
    return f"{len(names)} scenarios."
