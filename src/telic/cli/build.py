"""``telic design doctor version``: what needs no running system."""

from __future__ import annotations

import platform
from pathlib import Path
from typing import Annotated

import typer

from telic import __version__
from telic.cli.output import Json, System, console, show, table
from telic.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(epilog="`telic design hotel --out hotel/`  ·  `telic design ./my-intent.yaml`")(design)
    app.command(epilog="`telic doctor`  ·  `telic doctor --json`")(doctor)
    app.command(epilog="`telic version --json`")(version)


def design(
    system: System = "hotel",
    out: Annotated[Path | None, typer.Option(help="Folder to write; default: the system's state folder.")] = None,
    as_json: Json = False,
) -> None:
    """Turn an intent into services, schemas, clients, tests and wiring; run the lints."""
    from telic import loop

    made = loop.design(system, Settings.read(), folder=out)
    findings = loop.lint(made)
    if as_json:
        show({"design": made, "folder": made.folder, "findings": findings}, as_json=True)
        return
    rows = [
        (
            each.name,
            each.kind,
            ", ".join(operation.name for operation in each.operations),
            ", ".join(each.callees),
            ", ".join(each.stores),
        )
        for each in made.services
    ]
    table(f"{made.system} · {made.hash[:19]}", ("service", "kind", "operations", "calls", "stores"), rows)
    for finding in findings:
        console.print(f"[yellow]{finding}[/]", highlight=False)
    console.print(f"\n{len(made.services)} services in {made.folder}", highlight=False)


def doctor(as_json: Json = False) -> None:
    """Say what works on this machine and what is lost where something is forbidden."""
    from telic.worlds.local.doctor import examine

    findings = examine(Settings.read())
    if as_json:
        show(findings, as_json=True)
        return
    marks = {True: "[green]ok[/]", False: "[yellow]no[/]"}
    table(
        "this machine",
        ("", "what", "seen", "what is lost"),
        [(marks[each.ok], each.name, each.seen, each.lost) for each in findings],
    )


def version(as_json: Json = False) -> None:
    """Print Telic's version and what it runs on."""
    found = {"telic": __version__, "python": platform.python_version(), "system": platform.platform()}
    show(found, as_json=as_json, text=f"telic {found['telic']} · Python {found['python']} · {found['system']}")
