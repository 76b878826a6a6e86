"""``telic trial``: what a system survives."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, console, require_writable, show, table
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
    context: typer.Context,
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
    again: Annotated[
        Path | None,
        typer.Option(help="Repeat the run of this evidence file and compare; ends with 0 where it is the same."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where the evidence goes; default: the state folder.")] = None,
    as_json: Json = False,
) -> None:
    """Load a system, pull a trigger, and see whether users are well again in time."""
    from telic import apps, intent
    from telic.lab import trials

    given = {key: value for key, value in context.params.items() if _is_given(context, key)}
    if out is not None:
        require_writable(out, "--out")
    if again is not None:
        _again(again, given, out, as_json)
        return
    if not name:
        if re.fullmatch(r"[A-Z]\d+", system) and not Path(system).exists():
            raise UsageError(f"{system} is no system", hint=f"say whose trial: `telic trial hotel {system}`")
        unused = [f"--{key}" for key in given if key not in ("system", "as_json")]
        if unused:
            raise UsageError(
                f"{' '.join(unused)}, but no trial of {system} is named", hint=f"`telic trial {system}` lists them"
            )
        _list(intent.read(apps.find(system)), as_json)
        return
    planned = trials.plan(system, name, rate=rate, workload=workload)
    file = apps.find_wiring(system, wiring) if wiring else None
    if hysteresis:
        if operate:
            raise UsageError("--hysteresis is a test of the system alone", hint="leave out --operate")
        _hysteresis(planned, system, file, world_name(world), seed, out, as_json)
        return
    found = _run(planned, system, file, world_name(world), seed, operate, as_json)
    _keep(found, out, as_json)
    if not found.verdict.passed:
        raise typer.Exit(1)


def _run(
    planned: Planned, system: str, wiring: Path | None, world: WorldName, seed: int, operate: bool, as_json: bool
) -> Evidence:
    from telic.lab import trials

    with _own() as settings:
        tell = (lambda told: None) if as_json else teller()
        return trials.run(
            planned, settings, tell, system=system, world=world, wiring=wiring, seed=seed, operate=operate
        )


@contextmanager
def _own() -> Iterator[Settings]:
    """Give settings whose state is a folder of its own, and whose ports are free ones."""
    with tempfile.TemporaryDirectory(prefix="telic-trial-") as home:
        yield replace(Settings.read(), home=Path(home), port=0, otlp_port=0)


def _keep(found: Evidence, out: Path | None, as_json: bool, *, again: bool = False) -> None:
    from telic.lab.trials import files

    path = files.write(out or files.path_of(Settings.read().system(found.system), found, again=again), found)
    if as_json:
        show(found, as_json=True)
    else:
        _print(found, path)


def _again(file: Path, given: Mapping[str, object], out: Path | None, as_json: bool) -> None:
    """Repeat what an evidence file tells of; what can differ is asked before anything runs."""
    from telic import apps, loop
    from telic.lab import trials
    from telic.lab.trials import files, measure

    before = files.read(file)
    made_with = {
        "name": before.trial, "world": before.world, "seed": before.seed, "rate": before.rate,
        "workload": before.workload, "operate": before.operated, "hysteresis": False,
    }  # fmt: skip
    for key, value in made_with.items():
        if key in given and given[key] != value:
            raise UsageError(f"{file}: made with the {key} {value}, not {given[key]}", hint="leave it out with --again")
    if out is not None and out.resolve() == file.resolve():
        raise UsageError(f"--out {out} is what the run is compared with", hint="name another file")
    system = str(given.get("system", before.source or before.system))
    wiring = str(given.get("wiring", before.wiring))
    planned = trials.plan(system, before.trial, rate=before.rate, workload=before.workload)
    chosen = apps.find_wiring(system, wiring) if wiring else None
    with _own() as settings:
        files.require_same(before, measure.made_of(loop.design(system, settings, wiring=chosen)), file)
    found = _run(planned, system, chosen, before.world, before.seed, before.operated, as_json)
    _keep(found, out, as_json, again=True)
    other = files.difference(before, found)
    if not as_json:
        same = "the same, second by second" if found.world == "simulated" else "the same outcome"
        console.print(f"again     {f'not the same: {other}' if other else same}", highlight=False)
    if other:
        raise typer.Exit(1)


def _is_given(context: typer.Context, parameter: str) -> bool:
    source = context.get_parameter_source(parameter)
    return source is not None and source.name != "DEFAULT"


def _hysteresis(
    planned: Planned, system: str, wiring: Path | None, world: WorldName, seed: int, out: Path | None, as_json: bool
) -> None:
    from telic.lab.trials import files, hysteresis

    with _own() as settings:
        tell = (lambda told: None) if as_json else teller()
        evidence = hysteresis.run(planned, settings, tell, system=system, world=world, wiring=wiring, seed=seed)
    found = evidence.found
    path = files.write(out or files.path_of(Settings.read().system(evidence.system), evidence), evidence)
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
    console.print(f"verdict   {word}\nevidence  {path}", highlight=False, soft_wrap=True)


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
        if full.held:
            lines.append(f"          of the slots' time {full.held}")
    lines += [f"operator  {each}" for each in found.actions]
    lines.append(f"evidence  {path}")
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
