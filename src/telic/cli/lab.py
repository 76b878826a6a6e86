"""``telic lab``: hurt systems on purpose, let anybody operate them, and score it."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from telic.cli import lab_judged, lab_measured, lab_recorded
from telic.cli.lab_actors import Asked, players
from telic.cli.lab_output import certified, line, played, summary, summary_of, told, world_kind
from telic.cli.output import Json, console, show, table
from telic.errors import UsageError
from telic.settings import Settings

lab = typer.Typer(no_args_is_help=True, help="Hurt systems on purpose, let anybody operate them, and score it.")

Suite = Annotated[
    str, typer.Argument(help="A suite (core), a folder of scenarios, or one scenario: its file, or its name.")
]
Seeds = Annotated[int, typer.Option(min=1, help="How many seeds, from the first on.")]
Run = Annotated[str, typer.Argument(help="A run: its id, the beginning of it, latest, or its folder.")]
World = Annotated[
    str,
    typer.Option(
        help="simulated (virtual time), local (real processes), queueing (a compiled model), kubernetes (a namespace "
        "of a cluster); recorded: replays only."
    ),
]


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
        table(suite, ("scenario", "app", "what happens", "difficulty"), [line(each) for each in found])
        return
    known = {"suites": scenarios.suites(), "actors": list(actor), "faults": list(fault)}
    if as_json:
        show(known, as_json=True)
        return
    console.print(f"suites: {', '.join(known['suites'])} (`telic lab list NAME` shows one)\n", highlight=False)
    table("", ("actor", "what it does"), [(each, summary_of(actor.factory(each))) for each in actor])
    console.print(f"\n{len(known['faults'])} faults, told by `telic inject --list`:", highlight=False)
    console.print(", ".join(known["faults"]), highlight=False)


@lab.command(
    epilog="`telic lab run core --actor telic --seeds 3 --jobs 2`  ·  `telic lab run my.toml --actor noop,telic`  ·  "
    "`telic lab run core --command 'python agent.py' --file agent.py`  ·  `telic lab run core --resume latest`  ·  "
    "`telic lab run core --model http://127.0.0.1:11434/v1#llama3.2`"
)
def run(
    suite: Suite,
    actor: Annotated[str, typer.Option(help="Built-in actors by comma; the name of a program in the records.")] = "",
    command: Annotated[str, typer.Option(help="A program that works as the actor, in a process of its own.")] = "",
    file: Annotated[list[Path] | None, typer.Option(help="A file that the program gets; may be repeated.")] = None,
    keep: Annotated[list[str] | None, typer.Option(help="An environment variable that it gets.")] = None,
    output: Annotated[bool, typer.Option("--output", help="Show what it printed, after each session.")] = False,
    http: Annotated[
        bool, typer.Option("--http", help="The program speaks HTTP; without a program, whoever connects is the actor.")
    ] = False,
    mcp: Annotated[bool, typer.Option("--mcp", help="The same over the Model Context Protocol.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where whoever connects finds the sessions; 0: a free one each.")
    ] = 0,
    human: Annotated[bool, typer.Option("--human", help="You are the actor, at this terminal.")] = False,
    model: Annotated[
        str, typer.Option(help="A language model for the actor react; or TELIC_MODEL.", metavar="URL#NAME")
    ] = "",
    model_key: Annotated[str, typer.Option(help="The environment variable with its key.", metavar="NAME")] = "",
    seeds: Seeds = 1,
    first_seed: Annotated[int, typer.Option(help="The first of them.")] = 1,
    repeats: Annotated[int, typer.Option(min=1, help="How often each episode is run: for flakiness.")] = 1,
    jobs: Annotated[int, typer.Option(min=1, help="How many episodes at the same time.")] = 1,
    world: World = "simulated",
    resume: Annotated[str, typer.Option(help="Go on with this run (an id, or latest) instead of a new one.")] = "",
    as_json: Json = False,
) -> None:
    """Run scenarios with actors and keep a record of every episode; the exit status is 1 where one was not played."""
    from telic.lab import leftovers
    from telic.lab import scenario as scenarios
    from telic.lab.runs import folder as runs
    from telic.lab.runs.playable import require_playable
    from telic.lab.session import many

    leftovers.end(leftovers.find())
    found, home, kind = scenarios.suite(suite), Settings.read().home, world_kind(world)
    asked = Asked(actor, command, file or (), keep or (), http, mcp, port, human, model, model_key, output)
    actors, plays = players(asked)
    planned = runs.cells(found, actors, range(first_seed, first_seed + seeds), world=kind, repeats=repeats)
    require_playable(found, [kind])
    title = Path(suite).stem
    folder = (
        runs.find(home, resume) if resume else runs.create(home, planned, now=time.time(), title=title, suite=title)
    )
    if resume and actor:
        runs.require_actors(folder, actors)
    if not as_json:
        console.print(f"run {folder.name}: {len(runs.opened(folder).cells)} episodes", highlight=False)
    tell = (lambda each: None) if as_json else told
    done = many.run(folder, found, jobs=1 if human or asked.awaited else jobs, plays=plays, tell=tell)
    summary(folder, done, as_json=as_json)


@lab.command(epilog="`telic lab report latest`  ·  `telic lab report 20261121-core`")
def report(run: Run = "latest", as_json: Json = False) -> None:
    """Grade a run's records again and write its pages: the run, every episode step by step."""
    from telic.lab.runs import folder as runs
    from telic.lab.runs import pages

    folder = runs.find(Settings.read().home, run)
    page = pages.write_run(folder)
    if as_json:
        summary(folder, [], as_json=True)
    else:
        summary(folder, [], as_json=False)
        console.print(f"pages: {page}", highlight=False, soft_wrap=True)


@lab.command(epilog="`telic lab leaderboard --out leaderboard.html`")
def leaderboard(
    out: Annotated[Path, typer.Option(help="Where the page goes.")] = Path("leaderboard.html"),
    run: Annotated[list[str] | None, typer.Option(help="Only these runs; may be repeated.")] = None,
    as_json: Json = False,
) -> None:
    """Write the leaderboard over runs."""
    from telic.lab.runs import folder as runs
    from telic.lab.runs import pages

    home = Settings.read().home
    names = run or [each.id for each in runs.listing(home)]
    if not names:
        raise UsageError("there are no runs", hint="make one: telic lab run core")
    folders = [runs.find(home, each) for each in names]
    page = pages.write_leaderboard(out, folders)
    show({"page": str(page), "suites": pages.boards(folders)} if as_json else None, as_json=as_json, text=str(page))


@lab.command(
    epilog="`telic lab certify core`  ·  `telic lab certify my.toml`  ·  `telic lab certify core --check --some 10`"
)
def certify(
    suite: Suite,
    jobs: Annotated[int, typer.Option(min=1, help="How many episodes at the same time.")] = 1,
    again: Annotated[bool, typer.Option("--again", help="Also where a certificate is there and still holds.")] = False,
    prune: Annotated[bool, typer.Option("--prune", help="Remove the files of scenarios that are refused.")] = False,
    world: World = "simulated",
    actor: Annotated[str, typer.Option(help="Who plays, by comma; nobody and the reference always do.")] = "",
    some: Annotated[int, typer.Option(min=0, help="Only so many, chosen by seed; 0: all.")] = 0,
    seed: Annotated[int, typer.Option(help="Chooses which, with --some.")] = 1,
    check: Annotated[bool, typer.Option("--check", help="Certify again, and write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Show that scenarios harm users, can be solved, and are not solved by cheating; keep certificates beside them."""
    from telic.lab import certify as certifying
    from telic.lab.scenario import files

    paths = certifying.sample(files(suite), some, seed)
    given = certifying.certify(
        paths,
        jobs=jobs,
        again=again or check,
        actors=certifying.players(actor),
        world=world_kind(world),
        store=not check,
        tell=(lambda each: None) if as_json else certified,
        played=played,
    )
    refused = [path for path, each in zip(paths, given, strict=True) if not each.holds]
    if prune:
        certifying.remove(refused)
    if as_json:
        show(given, as_json=True)
    else:
        held = sum(each.holds for each in given)
        console.print(f"{held} of {len(given)} certified", highlight=False)
    if refused and not prune:
        raise typer.Exit(1)


@lab.command(epilog="`telic lab generate --app hotel --out scenarios --seed 3`")
def generate(
    out: Annotated[Path, typer.Option(help="Folder that gets one file a scenario.")],
    app: Annotated[
        str, typer.Option(help="A bundled system, an intent file, or the folder of your own system.")
    ] = "hotel",
    seed: Annotated[int, typer.Option(help="Chooses places, sizes and times.")] = 1,
    each: Annotated[int, typer.Option(min=1, help="Scenarios of each fault.")] = 2,
    kinds: Annotated[str, typer.Option(help="Only these faults, by comma.")] = "",
    rate: Annotated[float, typer.Option(min=1.0, help="Requests a second; some faults hurt only many users.")] = 25.0,
    as_json: Json = False,
) -> None:
    """Write scenarios: every fault at several places and in several shapes, and as many in which nothing is wrong."""
    from telic.lab.fault import Scene
    from telic.lab.scenario import Load, Scenario, generator
    from telic.lab.session import loading
    from telic.worlds.brought import folder_of

    brought = folder_of(app)
    world = world_kind("local" if brought else "simulated")
    with loading.loaded(Scenario("places", app, workload=Load(rate=rate)), world=world) as course:
        scene = Scene(course.harm, course.design, course.world.changes, rate)
        wanted = [one.strip() for one in kinds.split(",") if one.strip()]
        name = course.design.system if brought else app
        made = generator.generate(name, scene, seed=seed, each=each, kinds=wanted, rate=rate, noisy=not brought)
    if brought:
        made = [replace(one, app=os.path.relpath(brought, out)) for one in made]
    paths = generator.write(made, out)
    then = f"telic lab run {out} --world local --actor telic" if brought else f"telic lab certify {out}"
    show(
        [str(path) for path in paths],
        as_json=as_json,
        text=f"{len(paths)} scenarios in {out}; next: `{then}`",
    )


@lab.command(epilog="`telic lab doctor`")
def doctor(as_json: Json = False) -> None:
    """Find and end what labs that were killed left behind: processes, folders, sockets, a cluster's namespaces."""
    from telic.lab import leftovers

    settings, found = Settings.read(), leftovers.end(leftovers.find())
    if settings.kubernetes or settings.kubernetes_image:
        found += leftovers.in_cluster(settings.kubernetes)
    show(found, as_json=as_json, text="\n".join(found) or "nothing is left of any lab")


for _each in (lab_measured, lab_recorded, lab_judged):
    _each.add(lab)
