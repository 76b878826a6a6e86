"""``telic opportunities``: what quietly costs users, ranked, with statistics that can be believed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from telic.cli import opportunities_known
from telic.cli.opportunities_options import (
    Budget,
    By,
    ColumnOption,
    Earlier,
    Events,
    Exit,
    Hypotheses,
    Kpis,
    Model,
    ModelKey,
    Report,
    Sample,
    Set,
    Skip,
    Templates,
    Top,
    Wish,
    asked,
)
from telic.cli.opportunities_output import progress, say, show_comparison, show_json, show_run, written
from telic.cli.output import Json, show

ORDER = ("find", "explain", "compare", "watch", "apply", "sample", "plan", "export")  # in help


class _FindByDefault(TyperGroup):
    """``telic opportunities EVENTS`` is ``telic opportunities find EVENTS``."""

    default = "find"

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in self.commands and args[0] not in ("--help", "--install-completion"):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: object) -> list[str]:
        return sorted(self.commands, key=ORDER.index)


opportunities = typer.Typer(
    cls=_FindByDefault,
    no_args_is_help=True,
    help="Find what quietly costs users: sequences, life cycles, cohorts, backends.",
    epilog="`telic opportunities EVENTS.parquet --kpi \"converted: session has 'paid' within 10m of 'buy'\"`",
)
"""The commands."""


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.add_typer(opportunities, name="opportunities")


@opportunities.command(
    epilog="`telic opportunities visits.csv --kpi \"error: session has 'app_error'\" --column event=action`  ·  "
    '`telic opportunities visits.csv --kpi "slow: duration of session > 30m" --set least_ratio=1.5 --json`'
)
def find(
    events: Events,
    kpi: Kpis = [],  # noqa: B006
    by: By = "",
    column: ColumnOption = None,
    template: Templates = None,
    skip: Skip = None,
    hypotheses: Hypotheses = None,
    set_: Set = None,
    sample: Sample = 1.0,
    budget: Budget = 0,
    earlier: Earlier = None,
    wish: Wish = "",
    model: Model = "",
    model_key: ModelKey = "",
    top: Top = 10,
    report: Report = None,
    exit_code: Exit = False,
    as_json: Json = False,
) -> None:
    """Find what quietly costs users, and write a report of it."""
    from telic.opportunities.find import find as find_

    ask = asked(events, kpi, by, column, template, skip, hypotheses, set_, budget, earlier)
    ask = replace(ask, sample=sample, wish=wish, model=model, model_key=model_key)
    with progress(quiet=as_json) as heard:
        run = find_(ask, progress=heard)
    page = written(run, report)
    if as_json:
        show_json(run)
    else:
        show_run(run, top, page)
    if exit_code and run.surfaced.findings:
        raise typer.Exit(1)


@opportunities.command(
    epilog="`telic opportunities watch visits/ --kpi \"error: session has 'app_error'\" --every 10m`  ·  "
    '`telic opportunities watch visits/ --kpi "..." --looks 1 --run last-week.json --exit-code`'
)
def watch(
    events: Events,
    kpi: Kpis,
    by: By = "",
    column: ColumnOption = None,
    template: Templates = None,
    skip: Skip = None,
    hypotheses: Hypotheses = None,
    set_: Set = None,
    every: Annotated[str, typer.Option(help="How long from one look to the next: 30s, 10m, 1h.")] = "10m",
    looks: Annotated[int, typer.Option(help="End after so many looks; 0: go on.", min=0)] = 0,
    run: Annotated[
        Path | None, typer.Option("--run", help="Compare the first look with this run.", metavar="FILE.json")
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="End with 1 where something got new or worse.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask again whenever there are new events, and say what changed."""
    from telic.opportunities import record
    from telic.opportunities.watch import watch as watch_

    ask = asked(events, kpi, by, column, template, skip, hypotheses, set_, 0, None)
    harm, before = False, record.read(run) if run else None
    with progress(quiet=as_json) as heard:
        for seen in watch_(ask, _waiting(every, looks), before=before, progress=heard, failed=_told()):
            page = written(seen.run, None)
            harm |= seen.changes is not None and bool(seen.changes.of("new") or seen.changes.of("worse"))
            if as_json:
                found = len(seen.run.surfaced.findings)
                kept = str(page.with_suffix(".json"))
                said = {"look": seen.look, "run": seen.run.id, "record": kept, "findings": found}
                show({**said, "changes": seen.changes}, as_json=True)
            elif seen.changes is None:
                show_run(seen.run, 10, page)
            else:
                show_comparison(seen.changes)
                say([f"report: {page}"])
    if exit_code and harm:
        raise typer.Exit(1)


@opportunities.command(
    epilog="`telic opportunities sample visits.parquet`  ·  `telic opportunities sample visits.csv --groups 5000`"
)
def sample(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write: .parquet or .csv.")],
    groups: Annotated[int, typer.Option(help="How many sessions.", min=1000, max=20_000_000)] = 60_000,
    seed: Annotated[int, typer.Option(help="Other data of the same kind.")] = 1,
    as_json: Json = False,
) -> None:
    """Write events with known truth to try this with: what is planted in them is printed."""
    from telic.opportunities.sample import write

    planted = write(out, groups=groups, seed=seed)
    show(
        {"file": str(out), "planted": planted},
        as_json=as_json,
        text="\n".join([f"{out}, in which there are", *(f"  {each}" for each in planted)]),
    )


@opportunities.command(
    epilog="`telic opportunities plan visits.parquet`  ·  `telic opportunities plan visits.parquet --picture plan.svg`"
)
def plan(
    events: Events,
    by: By = "",
    column: ColumnOption = None,
    template: Templates = None,
    skip: Skip = None,
    engine: Annotated[str, typer.Option(help="Also print the SQL of duckdb, clickhouse or spark.")] = "",
    svg: Annotated[
        Path | None, typer.Option("--picture", help="Write the plan as a picture.", metavar="FILE.svg")
    ] = None,
    as_json: Json = False,
) -> None:
    """Show the one plan by which all cohorts are counted, to read it or to run it elsewhere."""
    from telic.opportunities.planned import planned

    ask = asked(events, (), by, column, template, skip, None, None, 0, None)
    with progress(quiet=as_json) as heard:
        found = planned(ask, engine=engine or "duckdb", progress=heard)
    if svg is not None:
        svg.write_text(found.picture)
    lines = [found.text, "", f"{found.questions} questions, {found.alone} steps on their own, {found.shared} together"]
    lines += ["", *found.statements] if engine else []
    lines += [f"picture: {svg}"] if svg is not None else []
    show(found, as_json=True) if as_json else say(lines)


def _told() -> Callable[[Exception], None]:
    """Return what says why a look saw nothing, once for each reason."""
    said: set[str] = set()

    def tell(error: Exception) -> None:
        if str(error) not in said:
            typer.echo(f"nothing seen, the next look will try again: {error}", err=True)
        said.add(str(error))

    return tell


def _waiting(every: str, looks: int) -> Callable[[], bool]:
    """Return what waits from one look to the next, so many times."""
    from telic.cli.record import seconds_of

    seconds, done, never = seconds_of("--every", every), 0, threading.Event()

    def wait() -> bool:
        nonlocal done
        done += 1
        return done != looks and not never.wait(seconds)

    return wait


opportunities_known.add(opportunities)
