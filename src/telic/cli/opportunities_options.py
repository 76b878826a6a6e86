"""What the commands of ``telic opportunities`` may be given, and what is asked then."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.opportunities_output import home
from telic.errors import UsageError

if TYPE_CHECKING:
    from telic.opportunities.ask import Ask

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
Sample = Annotated[
    float, typer.Option(help="Share of the users to look at, drawn at random; what is said of all then has bounds.")
]
Budget = Annotated[int, typer.Option(help="Most tests, chosen by what --earlier runs found; 0: all.", min=0)]
Earlier = Annotated[
    list[Path] | None, typer.Option("--earlier", help="The JSON file of an earlier run; repeat it, oldest first.")
]
Top = Annotated[int, typer.Option(help="How many findings to print; the page has all.", min=0)]


def _page(path: Path | None) -> Path | None:
    """Return a report's file as it was given; it is a page, which no other ending may promise."""
    if path is not None and path.suffix not in ("", ".html"):
        raise UsageError(f"--report {path}: a report is an HTML page", hint=f"--report {path.with_suffix('.html')}")
    return path


Report = Annotated[
    Path | None,
    typer.Option("--report", help="Write the page here, its JSON beside it.", metavar="FILE.html", callback=_page),
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


def asked(
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
    """Return what a command was asked, from its options."""
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
        home=home(),
        command=f"telic {shlex.join(sys.argv[1:])}" if sys.argv[1:2] == ["opportunities"] else "",
    )
