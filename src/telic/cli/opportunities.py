"""``telic opportunities``: what quietly costs users, ranked, with statistics that can be believed."""

from __future__ import annotations

import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer.core import TyperGroup

from telic.cli.output import Json, console, errors, show, table
from telic.errors import UsageError
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.opportunities.ask import Ask, Progress
    from telic.opportunities.compare import Comparison
    from telic.opportunities.record import Run


class _FindByDefault(TyperGroup):
    """``telic opportunities EVENTS`` is ``telic opportunities find EVENTS``."""

    default = "find"

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        if args and args[0] not in self.commands and args[0] not in ("--help", "--install-completion"):
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: object) -> list[str]:
        return list(self.commands)


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


Events = Annotated[
    str,
    typer.Argument(
        help="Parquet, CSV, JSONL, XES, a folder or a pattern of these, FILE.duckdb::TABLE, postgresql://...#TABLE, "
        "or a running system (hotel)."
    ),
]
Kpis = Annotated[list[str], typer.Option("--kpi", help="What should (not) happen, in the KPI language; repeat it.")]
By = Annotated[str, typer.Option("--by", help="What is compared: session, case, request, user, or a column.")]
ColumnOption = Annotated[
    list[str] | None,
    typer.Option(
        "--column", help="Correct a guess: time=, event=, group=, user=, attributes=, numbers=.", metavar="ROLE=COLUMN"
    ),
]
Templates = Annotated[
    list[str] | None,
    typer.Option("--template", help="Ask only this one; repeat it. With parameters: ngrams:k=4.", metavar="NAME"),
]
Skip = Annotated[list[str] | None, typer.Option("--skip", help="Do not ask this template; repeat it.", metavar="NAME")]
Hypotheses = Annotated[
    Path | None, typer.Option("--hypotheses", help="Also ask what this YAML file states.", metavar="FILE.yaml")
]
Set = Annotated[
    list[str] | None, typer.Option("--set", help="A setting of the judge; repeat it.", metavar="NAME=VALUE")
]
Budget = Annotated[int, typer.Option(help="Most tests, chosen by what --earlier runs found; 0: all.", min=0)]
Earlier = Annotated[
    list[Path] | None, typer.Option("--earlier", help="The JSON file of an earlier run; repeat it, oldest first.")
]
Top = Annotated[int, typer.Option(help="How many findings to print; the page has all.", min=0)]
Report = Annotated[
    Path | None, typer.Option("--report", help="Write the page here, its JSON beside it.", metavar="FILE.html")
]
Exit = Annotated[bool, typer.Option("--exit-code", help="End with 1 where something was found.")]
Wish = Annotated[
    str, typer.Option("--wish", help="What you want to know, in your words; with --model.", metavar="TEXT")
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        help="A language model that proposes hypotheses from names alone: its base URL and name, "
        "http://127.0.0.1:11434/v1#llama3.2.",
        metavar="URL#NAME",
    ),
]
ModelKey = Annotated[
    str, typer.Option("--model-key", help="The environment variable with the model's key.", metavar="NAME")
]
RunFile = Annotated[
    Path | None, typer.Option("--run", help="The JSON file of a run. Default: the latest.", metavar="FILE.json")
]
Key = Annotated[str, typer.Argument(metavar="ID", help="A finding: its six letters, or the beginning of them.")]


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

    ask = _ask(events, kpi, by, column, template, skip, hypotheses, set_, budget, earlier)
    ask = replace(ask, wish=wish, model=model, model_key=model_key)
    with _progress(quiet=as_json) as progress:
        run = find_(ask, progress=progress)
    page = _write(run, report)
    if as_json:
        _show_json(run)
    else:
        _print(run, top, page)
    if exit_code and run.surfaced.findings:
        raise typer.Exit(1)


@opportunities.command(
    epilog="`telic opportunities explain 3a9bf2`  ·  `telic opportunities explain 3a --run week1.json`"
)
def explain(key: Key, run: RunFile = None, as_json: Json = False) -> None:
    """Show everything about one finding: experts, overlaps, what happened in examples, the SQL."""
    from telic.cli.opportunities_text import explained
    from telic.opportunities import record

    found = record.read(_run_file(run))
    finding = found.find(key)
    show(finding, as_json=True) if as_json else _say(explained(found, finding))


@opportunities.command(epilog="`telic opportunities compare week1.json week2.json --exit-code`")
def compare(
    before: Annotated[Path, typer.Argument(metavar="RUN1.json", help="The earlier run.")],
    after: Annotated[Path, typer.Argument(metavar="RUN2.json", help="The later one.")],
    exit_code: Annotated[bool, typer.Option("--exit-code", help="End with 1 where something is new or worse.")] = False,
    as_json: Json = False,
) -> None:
    """Show what is new, worse, better or gone between two runs."""
    from telic.opportunities import record
    from telic.opportunities.compare import compare as compare_

    found = compare_(record.read(before), record.read(after))
    show(found, as_json=True) if as_json else _compared(found)
    if exit_code and (found.of("new") or found.of("worse")):
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

    ask = _ask(events, kpi, by, column, template, skip, hypotheses, set_, 0, None)
    harm = False
    with _progress(quiet=as_json) as progress:
        for seen in watch_(ask, _waiting(every, looks), before=record.read(run) if run else None, progress=progress):
            page = _write(seen.run, None)
            harm |= seen.changes is not None and bool(seen.changes.of("new") or seen.changes.of("worse"))
            if as_json:
                show({"look": seen.look, "run": seen.run.id, "changes": seen.changes}, as_json=True)
            elif seen.changes is None:
                _print(seen.run, 10, page)
            else:
                _compared(seen.changes)
                _say([f"report: {page}"])
    if exit_code and harm:
        raise typer.Exit(1)


@opportunities.command(epilog="`telic opportunities apply shared.json visits.parquet --rename A=coupon_apply`")
def apply(
    signature: Annotated[Path, typer.Argument(metavar="SIGNATURE.json", help="What `export` wrote.")],
    events: Events,
    kpi: Kpis = [],  # noqa: B006
    rename: Annotated[
        list[str] | None, typer.Option("--rename", help="What a name of theirs is called here; repeat it.")
    ] = None,
    by: By = "",
    column: ColumnOption = None,
    set_: Set = None,
    report: Report = None,
    exit_code: Exit = False,
    as_json: Json = False,
) -> None:
    """Ask a finding of somebody else's of these events."""
    from telic.opportunities import share
    from telic.opportunities.ask import pairs
    from telic.opportunities.find import find as find_

    shared, names = share.read(signature), pairs(rename or [], "rename")
    kpis = kpi or [share.in_text(shared.kpi, names)]
    ask = _ask(events, kpis, by or shared.grouping, column, None, None, None, set_, 0, None)
    with _progress(quiet=as_json) as progress:
        run = find_(ask, signature=(shared, names), progress=progress)
    page = _write(run, report)
    _show_json(run) if as_json else _print(run, 10, page)
    if exit_code and run.surfaced.findings:
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

    ask = _ask(events, (), by, column, template, skip, None, None, 0, None)
    with _progress(quiet=as_json) as progress:
        found = planned(ask, engine=engine or "duckdb", progress=progress)
    if svg is not None:
        svg.write_text(found.picture)
    lines = [found.text, "", f"{found.questions} questions, {found.alone} steps on their own, {found.shared} together"]
    lines += ["", *found.statements] if engine else []
    lines += [f"picture: {svg}"] if svg is not None else []
    show(found, as_json=True) if as_json else _say(lines)


@opportunities.command(epilog="`telic opportunities export 3a9bf2 shared.json --rename coupon_apply=A`")
def export(
    key: Key,
    out: Annotated[Path, typer.Argument(metavar="FILE.json", help="The signature to write.")],
    rename: Annotated[
        list[str] | None, typer.Option("--rename", help="A name that must not leave, and its stand-in; repeat it.")
    ] = None,
    run: RunFile = None,
    as_json: Json = False,
) -> None:
    """Write a finding's question and strength without any data, to share it."""
    from telic.opportunities import record, share
    from telic.opportunities.ask import pairs

    signature = share.export(record.read(_run_file(run)), key, rename=pairs(rename or [], "rename"))
    share.write(out, signature)
    show(signature, as_json=as_json, text=f"{out}: {signature.words}, about {signature.ratio:g} times, without data")


def _ask(
    events: str,
    kpi: Sequence[str],
    by: str,
    column: Sequence[str] | None,
    template: Sequence[str] | None,
    skip: Sequence[str] | None,
    hypotheses: Path | None,
    set_: Sequence[str] | None,
    budget: int,
    earlier: Sequence[Path] | None,
) -> Ask:
    from telic.opportunities.ask import Ask, pairs, scalar

    return Ask(
        source=events,
        kpis=tuple(kpi),
        by=by,
        columns=pairs(column or [], "column"),
        templates=tuple(template or ()),
        skip=tuple(skip or ()),
        hypotheses=str(hypotheses) if hypotheses else "",
        judging={name: scalar(text) for name, text in pairs(set_ or [], "set").items()},
        budget=budget,
        earlier=tuple(earlier or ()),
        home=_home(),
        command=f"telic {shlex.join(sys.argv[1:])}" if sys.argv[1:2] == ["opportunities"] else "",
    )


def _home() -> Path:
    return Settings.read().home / "opportunities"


def _run_file(given: Path | None) -> Path:
    """Return the file of the run that is meant: the one given, or the latest."""
    if given is not None:
        return given
    found = sorted((_home() / "runs").glob("*.json"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    if not found:
        raise UsageError("there is no run yet", hint="`telic opportunities EVENTS --kpi ...` makes one")
    return found[-1]


def _write(run: Run, report: Path | None) -> Path:
    """Write record and page where they are kept, and where they were asked for; return the page."""
    from telic.model import write_whole
    from telic.opportunities import page, record

    kept = _home() / "runs" / f"{run.id}.json"
    for path in (kept, report.with_suffix(".json")) if report else (kept,):
        write_whole(path, record.encode(run))
        page.write(path.with_suffix(".html"), run)
    return (report or kept).with_suffix(".html")


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress]:
    """Yield a progress that draws a bar on a terminal."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    shown = (TextColumn("{task.description:<28}"), BarColumn(), TimeElapsedColumn())
    with Progress(*shown, console=errors, transient=True, disable=quiet or not errors.is_terminal) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda stage, share: bar.update(task, description=stage, completed=share)


def _waiting(every: str, looks: int) -> Callable[[], bool]:
    """Return what waits from one look to the next, so many times."""
    from telic.cli.record import seconds_of

    seconds, done, never = seconds_of("--every", every), 0, threading.Event()

    def wait() -> bool:
        nonlocal done
        done += 1
        return done != looks and not never.wait(seconds)

    return wait


def _show_json(run: Run) -> None:
    from telic.opportunities import record

    sys.stdout.write(record.encode(run).decode())


def _say(lines: Sequence[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def _print(run: Run, top: int, page: Path) -> None:
    from telic.cli.opportunities_text import summary

    _say(summary(run, top))
    console.print(f"report: {page}", highlight=False, markup=False, soft_wrap=True)


def _compared(found: Comparison) -> None:
    from telic.opportunities import words
    from telic.opportunities.compare import told

    for before, after in found.kpis:
        _say([f"{after.name}: {words.level(before, before.mean)} to {words.level(after, after.mean)}"])
    if not found.changes:
        _say(["nothing was found in either run"])
    table("", ("", ""), [told(each).split(": ", 1) for each in found.changes])
