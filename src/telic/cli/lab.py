"""``telic lab``: hurt systems on purpose, let anybody operate them, and score it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, console, errors, show, table
from telic.errors import UsageError
from telic.registry import near_names
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.lab.certify import Certificate
    from telic.lab.scenario import Scenario
    from telic.lab.session.many import Done
    from telic.lab.session.record import WorldKind
    from telic.model.estimate import Estimate

TASKS = ("detect", "localise", "explain", "mitigate", "solved")
WORLDS = ("simulated", "local", "queueing")
lab = typer.Typer(no_args_is_help=True, help="Hurt systems on purpose, let anybody operate them, and score it.")

Suite = Annotated[str, typer.Argument(help="A suite (core), a folder of scenarios, or one scenario file.")]
Seeds = Annotated[int, typer.Option(min=1, help="How many seeds, from the first on.")]
World = Annotated[str, typer.Option(help="simulated (virtual time), local (real processes) or queueing (a compiled model).")]


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(lab, name="lab")


@lab.command("list", epilog="`telic lab list`  ·  `telic lab list core`")
def list_(
    suite: Annotated[str, typer.Argument(help="A suite; without one, all are named.")] = "", as_json: Json = False
) -> None:
    """Show suites, the scenarios of one, faults and actors."""
    from telic.lab import scenario as scenarios
    from telic.lab.actors import actor
    from telic.lab.faults import fault

    if suite:
        found = scenarios.suite(suite)
        if as_json:
            show(found, as_json=True)
            return
        table(suite, ("scenario", "app", "what happens", "difficulty"), [_line(each) for each in found])
        return
    known = {"suites": scenarios.suites(), "actors": list(actor), "faults": list(fault)}
    show(known, as_json=as_json, text="\n".join(f"{name}: {', '.join(each) or 'none'}" for name, each in known.items()))


@lab.command(
    epilog="`telic lab run core --actor telic --seeds 3 --jobs 2`  ·  `telic lab run my.toml --actor noop,telic`  ·  "
    "`telic lab run core --resume latest`"
)
def run(
    suite: Suite,
    actor: Annotated[str, typer.Option(help="Built-in actors, separated by commas.")] = "telic",
    seeds: Seeds = 1,
    first_seed: Annotated[int, typer.Option(help="The first of them.")] = 1,
    repeats: Annotated[int, typer.Option(min=1, help="How often each episode is run: for flakiness.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="How many episodes at the same time.")] = 1,
    world: World = "simulated",
    resume: Annotated[str, typer.Option(help="Go on with this run (an id, or latest) instead of a new one.")] = "",
    as_json: Json = False,
) -> None:
    """Run scenarios with actors and keep a record of every episode."""
    from telic.lab import scenario as scenarios
    from telic.lab.runs import folder as runs
    from telic.lab.session import many

    found, home = scenarios.suite(suite), Settings.read().home
    kind = _world(world)
    actors = [each.strip() for each in actor.split(",") if each.strip()]
    for each in actors:
        many.built_in(each)
    planned = runs.cells(found, actors, range(first_seed, first_seed + seeds), world=kind, repeats=repeats)
    title = Path(suite).stem
    folder = (
        runs.find(home, resume) if resume else runs.create(home, planned, now=time.time(), title=title, suite=title)
    )
    if not as_json:
        console.print(f"run {folder.name}: {len(runs.opened(folder).cells)} episodes", highlight=False)
    done = many.run(folder, found, jobs=jobs, tell=(lambda each: None) if as_json else _tell)
    _summary(folder, done, as_json=as_json)


@lab.command(epilog="`telic lab certify core`  ·  `telic lab certify my.toml`")
def certify(
    suite: Suite,
    jobs: Annotated[int, typer.Option(min=1, help="How many episodes at the same time.")] = 1,
    again: Annotated[bool, typer.Option("--again", help="Also where a certificate is there and still holds.")] = False,
    as_json: Json = False,
) -> None:
    """Show that scenarios harm users, can be solved, and are not solved by cheating; keep certificates beside them."""
    from telic.lab import certify as certifying
    from telic.lab.scenario import files

    given = certifying.certify(
        files(suite), jobs=jobs, again=again, tell=(lambda each: None) if as_json else _certified
    )
    if as_json:
        show(given, as_json=True)
    else:
        held = sum(each.holds for each in given)
        console.print(f"{held} of {len(given)} certified", highlight=False)
    if not all(each.holds for each in given):
        raise typer.Exit(1)


@lab.command(epilog="`telic lab generate --app hotel --out scenarios --seed 3`")
def generate(
    out: Annotated[Path, typer.Option(help="Folder that gets one file a scenario.")],
    app: Annotated[str, typer.Option(help="A bundled system, or the path of an intent file.")] = "hotel",
    seed: Annotated[int, typer.Option(help="Chooses places, sizes and times.")] = 1,
    each: Annotated[int, typer.Option(min=1, help="Scenarios of each fault.")] = 2,
    as_json: Json = False,
) -> None:
    """Write scenarios: every fault at several places and in several shapes, and as many in which nothing is wrong."""
    from telic.lab.fault import Scene
    from telic.lab.scenario import Load, Scenario, generator
    from telic.lab.session import running

    with running.loaded(Scenario("places", app, workload=Load(rate=generator.RATE))) as course:
        scene = Scene(course.harm, course.design, course.world.changes, generator.RATE)
        made = generator.generate(app, scene, seed=seed, each=each)
    paths = generator.write(made, out)
    show(
        [str(path) for path in paths],
        as_json=as_json,
        text=f"{len(paths)} scenarios in {out}; next: `telic lab certify {out}`",
    )


@lab.command(epilog="`telic lab doctor`")
def doctor(as_json: Json = False) -> None:
    """Find and end what labs that were killed left behind: processes, folders, sockets."""
    from telic.lab import leftovers

    found = leftovers.end(leftovers.find())
    show(found, as_json=as_json, text="\n".join(found) or "nothing is left of any lab")


def _certified(found: Certificate) -> None:
    words = "certified" if found.holds else f"refused: {'; '.join(found.why)}"
    console.print(f"{found.scenario}: {words}", highlight=False, markup=False)


def _tell(done: Done) -> None:
    cell = done.cell
    if done.error:
        errors.print(f"{cell.scenario} {cell.seed} {cell.actor}: {done.error}", markup=False, highlight=False)
        return
    from telic.lab.grading import grade
    from telic.lab.session.record import read

    assert done.path is not None
    grades = grade(read(done.path))
    words = ", ".join(f"{name} {_word(each.passed)}" for name, each in grades.tasks.items())
    console.print(f"{cell.scenario} {cell.seed} {cell.actor}: {words} ({done.seconds:.1f} s)", highlight=False)


def _summary(folder: Path, done: list[Done], *, as_json: bool) -> None:
    from telic.lab.runs import graded, summary

    found = graded.regrade(folder)
    standings = summary.standings(found)
    failed = [each for each in done if each.error]
    if as_json:
        show(
            {
                "run": folder.name,
                "folder": str(folder),
                "episodes": len(found),
                "failed": failed,
                "standings": standings,
            },
            as_json=True,
        )
        return
    rows = [
        (
            each.actor,
            _percent(each.balanced),
            _percent(each.false_alarm),
            *(_percent(each.tasks.get(name)) for name in TASKS),
        )
        for each in standings
    ]
    table(f"run {folder.name}", ("actor", "balanced accuracy", "false alarms", *TASKS), rows)
    console.print(f"next: `telic lab report {folder.name}`", highlight=False)


def _percent(found: Estimate | None) -> str:
    return "-" if found is None or found.value is None else f"{found.value:.0%}"


def _word(passed: bool | None) -> str:
    return {True: "passed", False: "failed", None: "not asked"}[passed]


def _line(scenario: Scenario) -> tuple[str, str, str, str]:
    faults = ", ".join(each.kind + (f" for {each.lasts:g} s" if each.lasts else "") for each in scenario.faults)
    noise = ", ".join(each.kind for each in scenario.noise)
    return (
        scenario.name,
        scenario.app,
        " · ".join(each for each in (faults or "nothing is wrong", noise) if each),
        scenario.difficulty,
    )


def _world(name: str) -> WorldKind:
    if name not in WORLDS:
        raise UsageError(f"no world {name!r}", hint=near_names(name, WORLDS))
    return "local" if name == "local" else "simulated"
