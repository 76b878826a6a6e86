"""``telic watch``: the operator in the foreground."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from typing import TYPE_CHECKING, Annotated

import typer

from telic.cli.output import Json, System, console
from telic.model import dump
from telic.settings import Settings

if TYPE_CHECKING:
    from telic.loop import OnEvent
    from telic.model import Design
    from telic.operate.events import Event
    from telic.worlds.local.world import LocalWorld

COLOURS = {
    "warning": "yellow",
    "detected": "red",
    "symptom": "red",
    "resolved": "green",
    "needs-person": "bold yellow",
    "blind": "yellow",
}


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command(epilog="`telic watch hotel`  ·  `telic watch --for 120 --json`")(watch)


def watch(
    system: System = "",
    seconds: Annotated[
        float | None, typer.Option("--for", help="Stop after so long [s]; default: until Ctrl-C.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Operate a running system: detect harm, name the cause, repair it through the guard, verify."""
    from telic import design as designs
    from telic import loop

    settings = Settings.read()
    with loop.attach(loop.running(system, settings), settings) as world:
        made = designs.read(world.design_folder())
        if not as_json:
            console.print(f"watching [bold]{made.system}[/]; Ctrl-C ends the watch, not the system", highlight=False)
        asyncio.run(_watch(world, made, _write_json if as_json else _write_line, seconds))


async def _watch(world: LocalWorld, made: Design, write: OnEvent, seconds: float | None) -> None:
    from telic import loop

    stop = asyncio.Event()
    running = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        running.add_signal_handler(name, stop.set)
    if seconds is not None:
        running.call_later(seconds, stop.set)
    await loop.operate(world, made, write, stop)


def _write_json(event: Event) -> None:
    sys.stdout.write(dump(event).decode() + "\n")
    sys.stdout.flush()


def _write_line(event: Event) -> None:
    stamp = time.strftime("%H:%M:%S", time.localtime(event.time))
    console.print(f"[dim]{stamp}[/] [{COLOURS.get(event.kind, 'bold')}]{event.kind:13}[/] ", end="")
    console.print(event.text, markup=False, highlight=False)
    for each in event.diagnosis.evidence[:4] if event.diagnosis else ():
        console.print(f"                       {each.id}: {each.says}", style="dim", markup=False, highlight=False)
