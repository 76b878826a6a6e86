"""A run's pages on disk: the run, a page for each episode, and the leaderboard over runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isfinite
from pathlib import Path

from telic.errors import StoreFailed
from telic.lab.runs import folder
from telic.lab.runs.campaign import campaign
from telic.lab.runs.compare import compare
from telic.lab.runs.episode_view import episode_view
from telic.lab.runs.flakiness import flakiness
from telic.lab.runs.graded import Graded, graded, layer, regrade
from telic.lab.runs.summary import by_app, by_layer, standings
from telic.lab.runs.unplayed import beside
from telic.model import write_whole
from telic.report.lab import episode as episode_page
from telic.report.lab import leaderboard
from telic.report.lab import run as run_page
from telic.report.lab.record import Board, EpisodeLine, RunView

PAGES = "report"  # below a run's folder
INDEX = "index.html"


def write_run(path: Path, *, episodes: bool = True) -> Path:
    """Grade a run's records and write its page, and one for each episode; return the run's page.

    Parameters
    ----------
    path
        The run's folder.
    episodes
        Without, only the run's own page is written and links nowhere.
    """
    records, damaged = folder.episodes(path)
    found, run = graded(records), folder.opened(path)
    target = path / PAGES
    for each in found if episodes else ():
        write_page(target / page_of(each), episode_page.html(episode_view(each)))
    view = run_view(run, found, [f"{each.path.name}: {each.why}" for each in damaged], linked=episodes)
    return write_page(target / INDEX, run_page.html(view))


def write_leaderboard(path: Path, runs: Iterable[Path]) -> Path:
    """Write the leaderboard over `runs` at `path`; runs of one suite stand in one table."""
    return write_page(path, leaderboard.html(boards(runs)))


def boards(runs: Iterable[Path]) -> list[Board]:
    """Return a table for each suite among `runs`, in their order; of an episode in several runs the last counts."""
    suites: dict[tuple[str, bool], list[tuple[folder.Run, list[Graded]]]] = {}
    for path in runs:
        run = folder.opened(path)
        suites.setdefault((run.suite or run.title, run.held_out), []).append((run, regrade(path)))
    return [
        Board(suite, suite, held_out, tuple(run.id for run, _ in own), (*standings(_last(own)), *beside(_last(own))))
        for (suite, held_out), own in suites.items()
        if any(found for _, found in own)
    ]


def run_view(run: folder.Run, found: Sequence[Graded], damaged: Sequence[str] = (), *, linked: bool = False) -> RunView:
    """Return what the page of a run shows."""
    return RunView(
        id=run.id,
        title=run.title,
        suite=run.suite,
        made=run.made,
        telic=run.telic,
        held_out=run.held_out,
        planned=len(run.cells),
        missing=len(folder.missing(run, (each.episode for each in found))),
        damaged=tuple(damaged),
        standings=(*standings(found), *beside(found)),
        layers=tuple(by_layer(found)),
        apps=tuple(by_app(found)),
        episodes=tuple(_line(each, linked=linked) for each in found),
        squares=tuple(campaign(run, found)),
        flaky=flakiness(found),
        notes=tuple(notes(found)),
    )


def notes(found: Sequence[Graded]) -> list[str]:
    """Say how the first two actors differ, and what so many episodes can show."""
    if len(ordered := standings(found)) < 2:
        return []
    first, second = ordered[:2]
    pair = [[each for each in found if each.episode.actor == one.actor] for one in (second, first)]
    solved = next(each for each in compare(*pair).tasks if each.task == "solved")
    if not solved.pairs or solved.difference is None or solved.difference.value is None:
        return []
    told, points = solved.difference, 100 * solved.difference.value
    word = "fewer" if points < 0 else "more"
    known = isfinite(told.low)
    interval = f"{100 * told.low:+.0f} to {100 * told.high:+.0f}, scenarios resampled" if known else "no interval"
    says = (
        f"{first.actor} solves {abs(points):.0f} points {word} of the episodes than {second.actor} "
        f"({interval}; "
        f"exact McNemar p = {solved.chance:.2g}, {solved.pairs} pairs)."
    )
    if solved.visible is not None:
        says += f" So many pairs show a difference of {100 * solved.visible:.0f} points four times in five."
    return [says]


def page_of(found: Graded) -> str:
    """Return where the page of an episode lies beside the run's."""
    safe = "".join(each if each.isalnum() or each in "-_." else "_" for each in found.episode.name)
    return f"episodes/{safe}-{found.episode.world}.html"


def _line(each: Graded, *, linked: bool) -> EpisodeLine:
    one = each.episode
    return EpisodeLine(
        scenario=each.scenario,
        app=one.scenario.app,
        layer=layer(one),
        seed=one.seed,
        repeat=one.repeat,
        actor=one.actor,
        world=one.world,
        void=each.grades.void,
        outcomes=each.outcomes,
        false_alarms=len(each.grades.false_alarms),
        page=page_of(each) if linked else "",
    )


def _last(own: Iterable[tuple[folder.Run, Sequence[Graded]]]) -> list[Graded]:
    found = {folder.cell_of(each.episode): each for _, graded_ in own for each in graded_}
    return list(found.values())


def write_page(path: Path, page: str) -> Path:
    """Write a page, whole or not at all; return its path.

    Raises
    ------
    StoreFailed
        It cannot be written.
    """
    try:
        return write_whole(path, page.encode())
    except OSError as error:
        raise StoreFailed(
            f"cannot write {path}: {error.strerror}", hint="free space, or name another folder"
        ) from error
