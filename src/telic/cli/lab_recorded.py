"""``telic lab record`` and ``telic lab replay``: what happened becomes a scenario, and anybody can be tried on it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.lab_actors import named, require
from telic.cli.lab_output import summary, told, world_kind
from telic.cli.output import Json, console, show
from telic.cli.record import seconds_of
from telic.errors import UsageError
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.lab.scenario import Scenario
    from telic.lab.session import Episode
    from telic.model import Truth

What = Annotated[
    str,
    typer.Argument(
        metavar="WHAT",
        help="A scenario or suite; an episode's JSON file or a run; a system that runs; an incident's folder.",
    ),
]


def add(lab: typer.Typer) -> None:
    """Add the commands to `lab`."""
    lab.command(
        epilog="`telic lab record my.toml --out night-1`  ·  `telic lab record latest --out recordings`  ·  "
        "`telic lab record hotel --out tonight --window 90s`  ·  "
        "`telic lab record incidents/slow --out slow --entity cart --mechanism slow-query --onset 2026-11-21T10:30:00Z`"
    )(record)
    lab.command(
        epilog="`telic lab replay night-1 --actor telic,last-change`  ·  `telic lab replay incidents --json`  ·  "
        "`telic lab run night-1 --command 'python agent.py' --file agent.py`"
    )(replay)


def record(
    what: What,
    out: Annotated[Path, typer.Option(help="The folder to write; of several, a folder each in it.")],
    actor: Annotated[str, typer.Option(help="Who operates meanwhile, where a scenario is played.")] = "noop",
    world: Annotated[str, typer.Option(help="simulated, local or queueing: where a scenario is played.")] = "simulated",
    seed: Annotated[int, typer.Option(help="Of the scenario.")] = 1,
    entity: Annotated[str, typer.Option(help="What was to blame: a service, a store, an edge A->B.")] = "",
    mechanism: Annotated[str, typer.Option(help="What it was, in a word.")] = "",
    onset: Annotated[str, typer.Option(help="When it began (2026-11-21T10:30:00Z).", metavar="TIME")] = "",
    healthy: Annotated[bool, typer.Option("--healthy", help="Nothing was wrong.")] = False,
    window: Annotated[str, typer.Option(help="Of a system that runs: until now.", metavar="LENGTH")] = "2m",
    baseline: Annotated[str, typer.Option(help="Before that, when all was well.", metavar="LENGTH")] = "2m",
    as_json: Json = False,
) -> None:
    """Make a recorded scenario of what happened: telemetry, changes, topology, alerts, and the truth under seal."""
    truths = _truths(entity, mechanism, onset, healthy)
    if (Path(what) / "incident.yaml").is_file():
        made = [_adopted(Path(what), out, truths)]
    elif played := _episodes(what):
        made = [_again(each, out if len(played) == 1 else out / each.name) for each in played]
    elif _is_up(what):
        made = [_running(what, out, truths, seconds_of("--window", window), seconds_of("--baseline", baseline))]
    elif _is_known(what):
        raise UsageError(f"the system {what!r} is not running", hint=f"telic up {what}; or name a scenario of it")
    else:
        made = _played(what, out, actor, world, seed)
    show(
        [str(each) for each in made],
        as_json=as_json,
        text="\n".join([*(f"recorded {each}" for each in made), f"next: `telic lab replay {out}`"]),
    )


def replay(
    folder: Annotated[str, typer.Argument(metavar="FOLDER", help="A recording, or a folder of recordings.")],
    actor: Annotated[str, typer.Option(help="Built-in actors by comma; for a program: telic lab run.")] = "telic",
    jobs: Annotated[int, typer.Option(min=1, help="How many at the same time.")] = 1,
    as_json: Json = False,
) -> None:
    """Play built-in actors on recordings: tools read what was there by then, time moves with calls, nothing is done."""
    from telic.lab import scenario as scenarios
    from telic.lab.recorded import actors as recorded
    from telic.lab.recorded.scenarios import folders
    from telic.lab.runs import folder as runs
    from telic.lab.session import many

    if not folders(folder):
        raise UsageError(f"{folder} holds no recording", hint="make one: telic lab record SCENARIO --out FOLDER")
    found, home = scenarios.suite(folder), Settings.read().home
    names = named(actor)
    require(names)
    for each in names:
        recorded.play(each)
    title = Path(folder).resolve().name
    path = runs.create(
        home, runs.cells(found, names, (1,), world="recorded"), now=time.time(), title=title, suite=title
    )
    done = many.run(path, found, jobs=jobs, tell=(lambda each: None) if as_json else told)
    summary(path, done, as_json=as_json)


def _truths(entity: str, mechanism: str, onset: str, healthy: bool) -> list[Truth] | None:
    from telic.cli.diagnose import time_of
    from telic.model import Truth

    if healthy and (entity or mechanism or onset):
        raise UsageError("--healthy and a cause", hint="one of the two was wrong")
    if not entity:
        if mechanism or onset:
            raise UsageError("a cause without --entity", hint="name the service that was to blame")
        return [] if healthy else None
    return [Truth("recorded", entity, mechanism, injected=time_of(onset) or 0.0)]


def _adopted(given: Path, out: Path, truths: list[Truth] | None) -> Path:
    from telic.lab.recorded import sealed, taking

    if truths is None:
        sealed.unseal(given)  # says what is missing where there is no truth
        return taking.adopt(given, out, None)
    return taking.adopt(given, out, truths)


def _episodes(what: str) -> list[Episode]:
    from telic.errors import UnknownName
    from telic.lab.runs import folder as runs
    from telic.lab.session import read

    if what.endswith(".json"):
        return [read(Path(what))]
    try:
        return runs.episodes(runs.find(Settings.read().home, what))[0]
    except UnknownName:
        return []


def _again(episode: Episode, out: Path) -> Path:
    """Play an episode once more, with its scenario, seed and actor, and record it: on virtual time it is the same."""
    from telic.lab.actors import actor
    from telic.lab.session import playing, running

    if episode.world == "recorded":
        raise UsageError(f"{episode.name} is a replay", hint=f"it is recorded already: {episode.scenario.recording}")
    if episode.actor not in actor:
        hint = f"telic lab record {episode.scenario.name} --out {out}: its scenario, with nobody at work"
        raise UsageError(f"{episode.actor} of {episode.name} is none of the built-in actors", hint=hint)
    play = playing.built_in(episode.actor)
    running.run(episode.scenario, play, actor=episode.actor, seed=episode.seed, world=episode.world, repeat=1, keep=out)
    return out


def _is_up(what: str) -> bool:
    from telic import loop

    try:
        return bool(loop.running(what, Settings.read()))
    except UsageError:
        return False


def _is_known(what: str) -> bool:
    """Whether `what` is an app, or an intent's file, and no scenario."""
    from telic import apps

    return what in apps.names() or (what.endswith((".yaml", ".yml")) and Path(what).is_file())


def _running(what: str, out: Path, truths: list[Truth] | None, length: float, before: float) -> Path:
    from telic import design as designs
    from telic import loop
    from telic.intent.verdicts import bad_errors_in
    from telic.lab.ledger import Ledger
    from telic.lab.recorded import taking
    from telic.lab.recorded.observing import Monitored, Stretch
    from telic.model import Window

    settings = Settings.read()
    with loop.attach(loop.running(what, settings), settings) as world:
        now = world.clock.time()
        whole = Window(now - length, now)
        known = [each.truth for each in Ledger(world.state_folder / "harm").entries() if each.truth is not None]
        injected = [each for each in known if whole.start <= each.injected < now]
        design = designs.read(world.design_folder())
        made = taking.take_running(
            world,
            Stretch(whole.before(before), whole),
            out,
            truths=truths if truths is not None else injected or None,
            monitored=Monitored(design.objectives, design.entry, bad_errors_in(design.folder)),
        )
    if truths is None and not injected:
        console.print(
            f"nothing says what was wrong: `telic lab record {out} --out {out} --entity SERVICE --mechanism WORD`",
            highlight=False,
            markup=False,
        )
    return made


def _played(what: str, out: Path, actor: str, world: str, seed: int) -> list[Path]:
    from telic.lab import scenario as scenarios
    from telic.lab.runs.playable import require_playable
    from telic.lab.session import playing, running

    found: list[Scenario] = scenarios.suite(what)
    play, kind = playing.built_in(actor), world_kind(world)
    require([actor])
    require_playable(found, [kind])
    made = []
    for each in found:
        folder = out if len(found) == 1 else out / each.name
        running.run(each, play, actor=actor, seed=seed, world=kind, keep=folder, asking=True)
        made.append(folder)
    return made
