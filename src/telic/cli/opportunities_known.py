"""``telic opportunities explain``, ``compare``, ``apply`` and ``export``: what is done with findings that are known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telic.cli.opportunities_options import By, ColumnOption, Events, Exit, Key, Kpis, Report, RunFile, Set, asked
from telic.cli.opportunities_output import progress, run_file, say, show_comparison, show_json, show_run, written
from telic.cli.output import Json, show


def add(opportunities: typer.Typer) -> None:
    """Add the commands to `opportunities`."""
    opportunities.command(
        epilog="`telic opportunities explain 3a9bf2`  ·  `telic opportunities explain 3a --run week1.json`"
    )(explain)
    opportunities.command(epilog="`telic opportunities compare week1.json week2.json --exit-code`")(compare)
    opportunities.command(epilog="`telic opportunities apply shared.json visits.parquet --rename A=coupon_apply`")(
        apply
    )
    opportunities.command(epilog="`telic opportunities export 3a9bf2 shared.json --rename coupon_apply=A`")(export)


def explain(key: Key, run: RunFile = None, as_json: Json = False) -> None:
    """Show everything about one finding: experts, overlaps, what happened in examples, the SQL."""
    from telic.cli.opportunities_text import explained
    from telic.opportunities import record

    found = record.read(run_file(run))
    finding = found.find(key)
    show(finding, as_json=True) if as_json else say(explained(found, finding))


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
    show(found, as_json=True) if as_json else show_comparison(found)
    if exit_code and (found.of("new") or found.of("worse")):
        raise typer.Exit(1)


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
    from telic.opportunities.events import kind
    from telic.opportunities.find import find as find_

    shared, names = share.read(signature), pairs(rename or [], "rename")
    kpis = kpi or [share.in_text(shared.kpi, names)]
    ask = asked(events, kpis, by or kind(shared.grouping), column, None, None, None, set_, 0, None)
    with progress(quiet=as_json) as heard:
        run = find_(ask, signature=(shared, names), progress=heard)
    page = written(run, report)
    show_json(run) if as_json else show_run(run, 10, page)
    if exit_code and run.surfaced.findings:
        raise typer.Exit(1)


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

    signature = share.export(record.read(run_file(run)), key, rename=pairs(rename or [], "rename"))
    share.write(out, signature)
    show(signature, as_json=as_json, text=f"{out}: {signature.words}, about {signature.ratio:g} times, without data")
