"""``telic lab campaign``, ``compare``, ``agreement``, ``flakiness``: what many episodes say, how sure that is."""

from __future__ import annotations

import time
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.lab_actors import named, require
from telic.cli.lab_output import played_all, told, world_kind
from telic.cli.output import Json, console, errors, show, table
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.lab.runs.agreement import Agreement
    from telic.lab.runs.compare import Comparison
    from telic.lab.runs.flakiness import Flaky
    from telic.lab.scenario import Scenario
    from telic.model.estimate import Estimate

Run = Annotated[str, typer.Argument(help="A run: its id, the beginning of it, latest, or its folder.")]
Suite = Annotated[
    str,
    typer.Argument(help="A suite (core), a folder of scenarios or recordings, or one scenario: its file, or its name."),
]
Jobs = Annotated[int, typer.Option(min=1, help="How many episodes at the same time.")]


def add(lab: typer.Typer) -> None:
    """Add the commands to `lab`."""
    lab.command(
        epilog="`telic lab campaign core --seeds 3 --jobs 2`  ·  `telic lab campaign core --world simulated,local`  ·  "
        "`telic lab campaign incidents --actor telic,last-change --out campaign.md`"
    )(campaign)
    lab.command(epilog="`telic lab compare 20261121-1 20261121-2`")(compare)
    lab.command(epilog="`telic lab agreement 20261121-1 20261121-2`  ·  `telic lab agreement latest`")(agreement)
    lab.command(epilog="`telic lab flakiness core --runs 5 --world local`  ·  `telic lab flakiness latest`")(flakiness)


def campaign(
    suite: Suite,
    actor: Annotated[str, typer.Option(help="Built-in actors by comma; without: all that suit the suite.")] = "",
    seeds: Annotated[int, typer.Option(min=1, help="How many seeds, from 1 on.")] = 3,
    world: Annotated[
        str, typer.Option(help="Kinds of worlds by comma: simulated, local, queueing, kubernetes.")
    ] = "simulated",
    jobs: Jobs = 1,
    new: Annotated[bool, typer.Option("--new", help="Begin anew, though the same campaign was stopped.")] = False,
    out: Annotated[Path | None, typer.Option(help="Where the Markdown table goes as well.", metavar="FILE")] = None,
    as_json: Json = False,
) -> None:
    """Run scenarios, actors and seeds with all tasks at once; the same command goes on where it was stopped."""
    from telic.lab import leftovers
    from telic.lab import scenario as scenarios
    from telic.lab.runs import campaigning, suites
    from telic.lab.runs import folder as runs
    from telic.lab.runs.playable import require_playable
    from telic.lab.session import many

    leftovers.end(leftovers.find())
    found, described, home = scenarios.suite(suite), suites.describe(suite), Settings.read().home
    worlds = [world_kind(each.strip()) for each in world.split(",")]
    actors = named(actor) or _everybody(found)
    require(actors)
    planned = campaigning.plan(described, found, actors, range(1, seeds + 1), worlds)
    require_playable(found, worlds)
    folder = None if new else campaigning.unfinished(home, planned)
    if folder is None:
        folder = runs.create(home, planned, now=time.time(), title=described.title, suite=described.title)
    if not as_json:
        left = len(runs.missing(runs.opened(folder), runs.episodes(folder)[0]))
        console.print(f"run {folder.name}: {left} of {len(planned)} episodes are left", highlight=False)
    done = many.run(folder, found, jobs=jobs, tell=(lambda each: None) if as_json else told)
    page, text = campaigning.write(folder, described)
    if out is not None:
        out.write_text(text.read_text(encoding="utf-8"), encoding="utf-8")
    failed = [each for each in done if each.error]
    if as_json:
        show({"run": folder.name, "page": str(page), "table": str(text), "failed": failed}, as_json=True)
        played_all(done, folder)
        return
    console.print(text.read_text(encoding="utf-8"), highlight=False, markup=False, soft_wrap=True)
    console.print(f"page: {page}\ntable: {text}", highlight=False, markup=False, soft_wrap=True)
    if failed:
        console.print("the same command tries again what was not played", highlight=False)
    played_all(done, folder)


def compare(first: Run, second: Run, as_json: Json = False) -> None:
    """Set two runs side by side, episode by episode: what differs, how sure that is, what could have been seen."""
    from telic.lab.runs import compare as comparing
    from telic.lab.runs import folder as runs
    from telic.lab.runs import graded

    folders = [runs.find(Settings.read().home, each) for each in (first, second)]
    one, two = (graded.regrade(each) for each in folders)
    found = comparing.compare(one, two, names=(folders[0].name, folders[1].name))
    if as_json:
        show(found, as_json=True)
    else:
        _compared(found)


def agreement(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs that played in two kinds of worlds.")],
    as_json: Json = False,
) -> None:
    """Do kinds of worlds agree: the same scenario, seed and actor, live and simulated say, judged alike?"""
    from telic.lab.runs import agreement as agreeing
    from telic.lab.runs import folder as stored
    from telic.lab.runs import graded

    folders = [stored.find(Settings.read().home, each) for each in runs]
    found = agreeing.agreements(one for each in folders for one in graded.regrade(each))
    if as_json:
        show(found, as_json=True)
        return
    for each in found:
        _agreed(each)
    if not found:
        console.print(
            "no scenario, seed and actor was played in two kinds of worlds: telic lab campaign SUITE --world "
            "simulated,local",
            highlight=False,
        )


def flakiness(
    what: Annotated[str, typer.Argument(metavar="SUITE|RUN", help="A suite to run, or a run that is there.")],
    actor: Annotated[str, typer.Option(help="A built-in actor.")] = "telic",
    runs: Annotated[int, typer.Option(min=2, help="How often each scenario is run.")] = 5,
    seed: Annotated[int, typer.Option(help="The one seed.")] = 1,
    world: Annotated[str, typer.Option(help="simulated, local, queueing, kubernetes or recorded.")] = "simulated",
    jobs: Jobs = 1,
    as_json: Json = False,
) -> None:
    """Run the same actor on the same seed again and again: do the grades agree? By scenario, with an upper bound."""
    from telic.errors import UnknownName
    from telic.lab import scenario as scenarios
    from telic.lab.runs import flakiness as flaky
    from telic.lab.runs import folder as stored
    from telic.lab.runs import graded
    from telic.lab.runs.playable import require_playable
    from telic.lab.session import many
    from telic.lab.session.many import Done

    home, done = Settings.read().home, list[Done]()
    try:
        folder = stored.find(home, what)
    except UnknownName:
        found, kind = scenarios.suite(what), world_kind(world)
        require([actor])
        require_playable(found, [kind])
        planned = stored.cells(found, [actor], [seed], world=kind, repeats=runs)
        folder = stored.create(home, planned, now=time.time(), title=f"flakiness {Path(what).stem}")
        done = many.run(folder, found, jobs=jobs, tell=(lambda each: None) if as_json else told)
    records = graded.regrade(folder)
    rows, whole = flaky.by_scenario(records), flaky.flakiness(records)
    if as_json:
        show({"run": folder.name, "scenarios": rows, "all": whole}, as_json=True)
        played_all(done, folder)
        return
    table(f"run {folder.name}", ("scenario", "actor", "world", "deviating", "rate", "at most"), map(_flaky, rows))
    if whole is None:
        console.print("nothing was run twice: telic lab flakiness SUITE, or telic lab run --repeats 5", highlight=False)
    else:
        said = f"{whole.hits} of {whole.trials} scenarios, seeds and actors get other grades now and then"
        console.print(f"{said}: at most {whole.high:.0%} do (exact 95 % bound)", highlight=False)
    played_all(done, folder)


def _everybody(found: Sequence[Scenario]) -> list[str]:
    """All built-in actors, ``react`` where a model is named; where there are recordings, who can work on them."""
    from telic.lab.actors import actor
    from telic.lab.recorded.actors import on_tape

    taped = any(each.recording for each in found)
    named = {each for each in actor if each != "react" or Settings.read().model}
    return [each for each in actor if each in named and (not taped or on_tape(each))]


def _compared(found: Comparison) -> None:
    from telic.lab.runs.paired import FEWEST

    rows = [
        (
            each.task,
            str(each.pairs),
            str(each.both),
            str(each.first_only),
            str(each.second_only),
            str(each.neither),
            _points(each.difference),
            f"{each.chance:.3g}",
            "-" if each.visible is None else f"{100 * each.visible:.0f} points",
        )
        for each in found.tasks
    ]
    columns = ("task", "pairs", "both", "only 1st", "only 2nd", "neither", "2nd − 1st (95 %)", "p", "visible")
    table(f"1st {found.first}\n2nd {found.second}", columns, rows)
    numbers = [(name, _plain(each)) for name, each in found.numbers.items()]
    table("mean difference, 2nd − 1st", ("number", "difference (95 %)"), numbers)
    console.print(
        f"{found.alone} episodes have no counterpart. p: McNemar's exact test. visible: the smallest difference that "
        "so many pairs show four times in five. Intervals: scenarios resampled; none of fewer than "
        f"{FEWEST} scenarios, or where all differ alike.",
        highlight=False,
    )
    if found.why:
        errors.print(f"nothing is compared: {found.why}", markup=False, highlight=False)


def _agreed(found: Agreement) -> None:
    one, two = found.worlds
    rows = [(task, f"{each.hits} of {each.trials}", _share(each)) for task, each in found.tasks.items()]
    rows.append(("all", f"{found.all.hits} of {found.all.trials}", _share(found.all)))
    table(f"{one} and {two}: {found.cells} of the same scenario, seed and actor", ("task", "alike", "share"), rows)
    for name, ratio in found.times.items():
        console.print(f"{name}: {ratio:.2f} times as long in {one}, at the median", highlight=False)
    columns = ("scenario", "seed", "actor", "task", "passed in", "failed in")
    others = [
        (each.scenario, str(each.seed), each.actor, each.task, each.passed_in, each.failed_in)
        for each in found.differing
    ]
    if others:
        table("judged differently", columns, others)


def _share(found: Estimate) -> str:
    return "-" if found.value is None else f"{found.value:.0%} ({100 * found.low:.0f}–{100 * found.high:.0f})"


def _points(found: Estimate | None) -> str:
    if found is None or found.value is None:
        return "-"
    interval = f"{100 * found.low:+.0f} to {100 * found.high:+.0f}" if isfinite(found.low) else "no interval"
    return f"{100 * found.value:+.0f} ({interval}) points"


def _plain(found: Estimate) -> str:
    interval = f"{found.low:+.4g} to {found.high:+.4g}" if isfinite(found.low) else "no interval"
    return "-" if found.value is None else f"{found.value:+.4g} ({interval})"


def _flaky(each: Flaky) -> tuple[str, ...]:
    rate = each.rate
    share = "-" if rate.value is None else f"{rate.value:.0%}"
    return each.scenario, each.actor, each.world, f"{rate.hits} of {rate.trials}", share, f"{rate.high:.0%}"
