"""``telic demo``: the whole loop in front of your eyes, in one command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from telic.cli.output import Json


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(
        epilog="`telic demo`  ·  `telic demo --fault network --seed 3`  ·  `telic demo --world simulated --seed 7`"
    )(demo)


def demo(
    fault: Annotated[str, typer.Option(help="Which fault; `telic inject --list` shows all.")] = "bad-deploy-slow-query",
    seed: Annotated[int, typer.Option(help="Seed of traffic, of the fault's place, moment and size.")] = 7,
    system: Annotated[str, typer.Option(help="A bundled system or an intent file.")] = "hotel",
    world: Annotated[str, typer.Option(help="local (real processes) or simulated (virtual time).")] = "local",
    report_file: Annotated[Path, typer.Option("--report", help="Where the HTML report goes.")] = Path("report.html"),
    plain: Annotated[bool, typer.Option("--plain", help="Lines instead of a live screen.")] = False,
    as_json: Json = False,
) -> None:
    """Read an intent, run it for real, break it, find the cause, repair it, prove it, report it."""
    from telic.cli.demonstration import demonstrate

    if not demonstrate(fault, seed, system, world, report_file, plain=plain, as_json=as_json):
        raise typer.Exit(1)
