"""What ``telic lab`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from telic.cli.output import console, errors, show, table
from telic.errors import UsageError
from telic.registry import near_names

if TYPE_CHECKING:
    from telic.lab.certify import Certificate
    from telic.lab.scenario import Scenario
    from telic.lab.session.many import Done
    from telic.lab.session.record import WorldKind
    from telic.model.estimate import Estimate

WORLDS = ("simulated", "local", "queueing", "recorded", "kubernetes")


def world_kind(name: str) -> WorldKind:
    """Return the kind of world called `name`; refuse another word."""
    if name not in WORLDS:
        raise UsageError(f"no world {name!r}", hint=near_names(name, WORLDS))
    return name  # type: ignore[return-value]


def certified(found: Certificate) -> None:
    """Say what became of a scenario that was to be certified."""
    words = "certified" if found.holds else f"refused: {'; '.join(found.why)}"
    console.print(f"{found.scenario}: {words}", highlight=False, markup=False)


def summary_of(extension: object) -> str:
    """Return the first sentence of what an extension says of itself."""
    return (extension.__doc__ or "").strip().partition("\n")[0]


def visited(url: str, token: str) -> None:
    """Say where a session waits for its actor; in the words of its environment, beside what is printed for programs."""
    errors.print(f"TELIC_URL={url} TELIC_TOKEN={token}", markup=False, highlight=False, soft_wrap=True)


def printed(said: str) -> None:
    """Show what a program printed, beside what is printed for programs."""
    errors.print(said.rstrip() or "the program printed nothing", markup=False, highlight=False, soft_wrap=True)


def told(done: Done) -> None:
    """Say what became of an episode."""
    cell = done.cell
    _left(done)
    if done.error:
        errors.print(f"{cell.scenario} {cell.seed} {cell.actor}: {done.error}", markup=False, highlight=False)
        return
    from telic.lab.grading import grade
    from telic.lab.session.record import read

    assert done.path is not None
    episode = read(done.path)
    grades = grade(episode)
    tasks = {name: each for name, each in grades.tasks.items() if name in episode.scenario.tasks}
    graded = ", ".join(f"{name} {_word(each.passed)}" for name, each in tasks.items())
    words = f"void, {grades.void}" if grades.void else graded
    console.print(f"{cell.scenario} {cell.seed} {cell.actor}: {words} ({done.seconds:.1f} s)", highlight=False)
    for why in episode.disturbed:
        console.print(f"  played again: {why}", markup=False, highlight=False)
    if episode.ended.startswith(("left", "lost", "crashed")):
        errors.print(f"  the actor {episode.ended}", markup=False, highlight=False)


def played(done: Done) -> None:
    """Say that an episode is over, which is what long work has to show meanwhile."""
    words = f"could not play: {done.error}" if done.error else f"has played ({done.seconds:.1f} s)"
    errors.print(f"{done.cell.scenario}: {done.cell.actor} {words}", markup=False, highlight=False)
    _left(done)


def _left(done: Done) -> None:
    if done.left:
        errors.print(f"left behind: {done.left}", markup=False, highlight=False)


def summary(folder: Path, done: list[Done], *, as_json: bool) -> None:
    """Show the standings of a run, and beneath, where no trivial actor was played, what always saying the same reaches.

    Raises
    ------
    typer.Exit
        With status 1, at the end, where an episode of `done` could not be played.
    """
    from telic.lab.runs import graded
    from telic.lab.runs.summary import TASKS
    from telic.lab.runs.summary import standings as ranked
    from telic.lab.runs.unplayed import beside

    found = graded.regrade(folder)
    standings, unplayed = ranked(found), beside(found)
    failed = [each for each in done if each.error]
    if as_json:
        show(
            {
                "run": folder.name,
                "folder": str(folder),
                "episodes": len(found),
                "failed": failed,
                "standings": standings,
                "unplayed": unplayed,
            },
            as_json=True,
        )
        played_all(done, folder)
        return
    everybody = (*standings, *unplayed)
    asked = [name for name in TASKS if any(_known(each.tasks.get(name)) for each in everybody)]
    rows = [
        (
            each.actor,
            _percent(each.balanced),
            _percent(each.false_alarm),
            *(_percent(each.tasks.get(name)) for name in asked),
        )
        for each in everybody
    ]
    if rows:
        table(f"run {folder.name}", ("actor", "balanced accuracy", "false alarms", *asked), rows)
        for each in (each for each in standings if each.crashed):
            console.print(f"{each.actor}: {each.crashed} of {each.episodes} crashed or got lost", highlight=False)
        console.print(f"next: `telic lab report {folder.name}`", highlight=False)
    played_all(done, folder)


def played_all(done: Sequence[Done], folder: Path) -> None:
    """Say how many episodes could not be played, and end with status 1 where there are any.

    Raises
    ------
    typer.Exit
        See above.
    """
    failed = [each for each in done if each.error]
    if failed:
        what = "nothing was played" if len(failed) == len(done) else "less was played than was asked"
        errors.print(
            f"{what}: {len(failed)} of {len(done)} episodes of {folder.name} could not be",
            markup=False,
            highlight=False,
        )
        raise typer.Exit(1)


def _known(found: Estimate | None) -> bool:
    return found is not None and found.value is not None


def _percent(found: Estimate | None) -> str:
    return "-" if found is None or found.value is None else f"{found.value:.0%}"


def _word(passed: bool | None) -> str:
    return {True: "passed", False: "failed", None: "not asked"}[passed]


def line(scenario: Scenario) -> tuple[str, str, str, str]:
    """Return a scenario as a row of a table."""
    faults = ", ".join(each.kind + (f" for {each.lasts:g} s" if each.lasts else "") for each in scenario.faults)
    noise = ", ".join(each.kind for each in scenario.noise)
    return (
        scenario.name,
        scenario.app,
        " · ".join(each for each in (faults or "nothing is wrong", noise) if each),
        scenario.difficulty,
    )
