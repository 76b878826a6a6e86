"""``telic load inject heal``: traffic and harm, on purpose."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from telic.cli.output import Json, System, console, show, table
from telic.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the commands to `app`."""
    app.command(epilog="`telic load hotel --workload high --for 60`  ·  `telic load --rate 50 --seed 3`")(load)
    app.command(epilog="`telic inject --list`  ·  `telic inject hang --seed 7`  ·  `telic inject network --seed 3`")(
        inject
    )
    app.command(epilog="`telic heal`  ·  `telic heal hotel --json`")(heal)


def load(
    system: System = "",
    workload: Annotated[str, typer.Option(help="Workload of the intent, by id or name.")] = "normal",
    rate: Annotated[float | None, typer.Option(help="Requests a second instead of the workload's.")] = None,
    seconds: Annotated[float, typer.Option("--for", help="How long [s].")] = 30.0,
    seed: Annotated[int, typer.Option(help="Seed of arrivals, operations and keys.")] = 1,
    record: Annotated[Path | None, typer.Option(help="Keep the record (JSON lines) here.")] = None,
    as_json: Json = False,
) -> None:
    """Drive open-loop traffic at a running system and check every answer."""
    from telic import loop
    from telic.worlds import load as loads
    from telic.worlds.load.record import read

    settings = Settings.read()
    with loop.attach(loop.running(system, settings), settings) as world:
        about, folder = world.about(), world.design_folder()
    with tempfile.TemporaryDirectory() as scratch:
        path = record or Path(scratch) / "load.jsonl"
        with loads.start(
            folder, str(about["url"]), record=path, workload=workload, rate=rate, seed=seed, seconds=seconds
        ) as process:
            while process.running():
                if not as_json and path.exists():
                    _progress(read(path).summary())
                time.sleep(1.0)
        summary = read(path).summary()
    if as_json:
        show(summary, as_json=True)
        return
    _progress(summary, end="\n")


def _progress(summary: object, end: str = "\r") -> None:
    console.print(str(summary), end=end, highlight=False)


def inject(
    fault: Annotated[str, typer.Argument(help="Name of a fault; `--list` shows all.")] = "",
    system: Annotated[str, typer.Option(help="A running system.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of place and size.")] = 1,
    param: Annotated[list[str] | None, typer.Option(help="key=value, again for more.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="List the faults; with a name: what it takes.")] = False,
    as_json: Json = False,
) -> None:
    """Hurt a running system on purpose; `telic heal` takes it back."""
    from telic import loop
    from telic.lab import faults, injection

    if listed or not fault:
        cards = faults.cards(*([fault] if fault else []))
        if as_json or fault:
            show(cards, as_json=as_json, text=_card(cards[0]))
        else:
            table("faults", ("name", "what it does"), [(str(each["name"]), str(each["summary"])) for each in cards])
        return
    settings = Settings.read()
    truth = injection.inject(settings.system(loop.running(system, settings)), fault, seed=seed, params=param or [])
    show(
        truth,
        as_json=as_json,
        text=f"{truth.fault}: {truth.entity} now suffers from {truth.mechanism}; `telic heal` takes it back",
    )


def _card(card: Mapping[str, object]) -> str:
    """Return what is known of one fault, and how it is asked for."""
    example = card["example"]
    assert isinstance(example, Mapping)
    given = " ".join(f"--param {key}={value}" for key, value in example.items())
    return f"{card['card']}\n\ntelic inject {card['name']} {given}".rstrip()


def heal(system: System = "", as_json: Json = False) -> None:
    """Take back every fault that is still in force."""
    from telic import loop
    from telic.lab import injection

    settings = Settings.read()
    healed = injection.heal(settings.system(loop.running(system, settings)))
    show({"healed": healed}, as_json=as_json, text="healed: " + (", ".join(healed) or "nothing was in force"))
