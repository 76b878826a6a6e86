"""``telic trial``: what a system survives."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, console, show, table
from telic.errors import UsageError
from telic.registry import near_names
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.lab.course import Told
    from telic.lab.trials.plan import Planned
    from telic.model.trial import Evidence, WorldName

System = Annotated[str, typer.Argument(help="A bundled system (hotel), or the path of an intent file.")]
Wiring = Annotated[
    str, typer.Option(help="A bundled wiring (baseline) or a file, instead of the design's own.", metavar="WIRING")
]
World = Annotated[str, typer.Option(help="local (real processes) or simulated (virtual time).")]
WORLDS = ("local", "simulated")


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(
        epilog="`telic trial hotel T1`  ·  `telic trial hotel T1 --wiring baseline --seed 3`  ·  "
        "`telic trial hotel T1 --wiring baseline --world local --operate`"
    )(trial)


def trial(
    system: System = "hotel",
    name: Annotated[str, typer.Argument(help="Id of a trial in the intent; without one, all are listed.")] = "",
    wiring: Wiring = "",
    world: World = "simulated",
    seed: Annotated[int, typer.Option(help="Seed of the traffic, and on virtual time of everything.")] = 1,
    rate: Annotated[float | None, typer.Option(help="Requests a second instead of the workload's.")] = None,
    workload: Annotated[str, typer.Option(help="Workload instead of the trial's, by id or name.")] = "",
    operate: Annotated[bool, typer.Option("--operate", help="Let the operator work.")] = False,
    hysteresis: Annotated[
        bool, typer.Option("--hysteresis", help="Afterwards cut the load until users are well, and raise it again.")
    ] = False,
    again: Annotated[Path | None, typer.Option(help="Repeat the run of this evidence file and compare.")] = None,
    out: Annotated[Path | None, typer.Option(help="Where the evidence goes; default: the state folder.")] = None,
    as_json: Json = False,
) -> None:
    """Load a system, pull a trigger, and see whether users are well again in time."""
    from telic import apps, intent
    from telic.lab import trials
    from telic.lab.trials import files

    if not name and again is None:
        _list(intent.read(apps.find(system)), as_json)
        return
    before = None if again is None else files.read(again)
    if before is not None:
        name, wiring, seed = before.trial, before.wiring, before.seed
        rate, workload, operate, world = before.rate, before.workload, before.operated, before.world
    settings = Settings.read()
    planned = trials.plan(system, name, rate=rate, workload=workload)
    file = apps.find_wiring(system, wiring) if wiring else None
    if hysteresis:
        _hysteresis(planned, system, file, world_name(world), seed, as_json)
        return
    with tempfile.TemporaryDirectory(prefix="telic-trial-") as home:
        found = trials.run(
            planned,
            replace(settings, home=Path(home), port=0, otlp_port=0),
            (lambda told: None) if as_json else teller(),
            system=system,
            world=world_name(world),
            wiring=file,
            seed=seed,
            operate=operate,
        )
    if before is not None and again is not None:
        files.require_same(before, dict(found.hashes), again)
    path = files.write(out or files.path_of(settings.system(found.system), found), found)
    if as_json:
        show(found, as_json=True)
    else:
        _print(found, path)
        if before is not None:
            same = before.seconds == found.seconds and before.verdict == found.verdict
            console.print(f"again     {'the same, second by second' if same else 'not the same'}", highlight=False)
    if not found.verdict.passed:
        raise typer.Exit(1)


def _hysteresis(planned: Planned, system: str, wiring: Path | None, world: WorldName, seed: int, as_json: bool) -> None:
    from telic.lab.trials import hysteresis

    with tempfile.TemporaryDirectory(prefix="telic-trial-") as home:
        found = hysteresis.run(
            planned,
            replace(Settings.read(), home=Path(home), port=0, otlp_port=0),
            (lambda told: None) if as_json else teller(),
            system=system,
            world=world,
            wiring=wiring,
            seed=seed,
        )
    if as_json:
        show({"metastable": found.metastable, "recovered_at": found.recovered_at, "found": found}, as_json=True)
        return
    console.print(
        f"\nbefore    {found.before:.0%} good\nafter it  {found.collapsed:.0%} good, at the same load", highlight=False
    )
    for load, good in found.levels:
        console.print(f"          {good:.0%} good at {load:.0%} of the load", highlight=False)
    console.print(f"again     {found.restored:.0%} good, at the same load", highlight=False)
    word = "metastable: one load, carried well and badly" if found.metastable else "not metastable"
    console.print(f"verdict   {word}", highlight=False)


def world_name(text: str) -> WorldName:
    """Return the name of a world; refuse another word."""
    if text == "local":
        return "local"
    if text == "simulated":
        return "simulated"
    raise UsageError(f"no world {text!r}", hint=near_names(text, WORLDS))


def teller() -> Callable[[Told], None]:
    """Return what prints the steps of a course, with the time since the first of them."""
    began: list[float] = []

    def tell(told: Told) -> None:
        if told.who == "load":
            return
        began.append(told.time)
        console.print(f"{told.time - began[0]:6.1f} s  {told.who:8}  {told.text}", highlight=False, markup=False)

    return tell


def _list(wanted: object, as_json: bool) -> None:
    from telic.lab.trials.triggers import words
    from telic.model.intent import Intent

    assert isinstance(wanted, Intent), "the intent was read just now"
    if as_json:
        show(wanted.trials, as_json=True)
        return
    rows = [(each.id, each.kind, words(each.inject), ", ".join(each.must), each.under) for each in wanted.trials]
    table(f"trials of {wanted.system}", ("id", "kind", "what happens", "must hold", "under"), rows)


def _print(found: Evidence, path: Path) -> None:
    from telic.lab.trials.run import said
    from telic.lab.trials.triggers import words

    full = found.full[0] if found.full else None
    lines = [
        f"\n[bold]{found.trial}[/] on the {found.world} world, wiring {found.wiring or 'of the design'}, "
        f"{found.rate:g}/s of {found.workload}, seed {found.seed}: {words(found.inject)}",
        f"verdict   {said(found.verdict)}",
        f"storm     {found.amplification:.1f} calls to {found.bottleneck} a user request; {found.calm:.2f} before",
    ]
    if full is not None:
        lines.append(f"full      {full.service}: {full.utilisation:.0%} of its slots, {full.queued:.0f} waiting")
    lines += [f"operator  {each}" for each in found.actions]
    lines.append(f"evidence  {path}")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
