"""The main path: intent → design → world → telemetry → operate. Read this file first.

``python -m telic.loop --state FOLDER`` is the operator as a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
from collections import deque
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from telic import apps, intent
from telic import design as designs
from telic.errors import TelicError, UsageError
from telic.intent.verdicts import bad_errors_in
from telic.model import AnswerStep, Design, Incident, dump
from telic.operate import operator
from telic.operate.events import Event
from telic.registry import near_names
from telic.settings import Settings
from telic.worlds.local import launch
from telic.worlds.local.world import AskedWorld, LocalWorld

Step = Callable[[str], None]
Checks = Callable[[Callable[[AnswerStep], None]], Coroutine[Any, Any, None]]
_log = logging.getLogger(__name__)
OnEvent = Callable[[Event], None]


def run(source: str, settings: Settings, on_event: OnEvent) -> list[Incident]:
    """Run one system from its intent until somebody interrupts; return what happened."""
    made = design(source, settings)
    with deploy(made, settings) as world:
        return asyncio.run(operate(world, made, on_event))


def design(source: str, settings: Settings, *, folder: Path | None = None, wiring: Path | None = None) -> Design:
    """Turn the intent called `source` (a bundled name or a file) into a design on disk.

    With `wiring` given, that file replaces the design's own wiring.
    """
    wanted = intent.read(apps.find(source))
    intent.require_complete(wanted)
    name = wanted.hash.removeprefix("sha256:")[:12] + (f"-{designs.wiring_digest(wiring)[:8]}" if wiring else "")
    made = designs.generate(wanted, folder or settings.system(wanted.system) / "design" / name)
    return designs.rewire(made, wiring) if wiring else made


def lint(made: Design) -> list[str]:
    """Return what the lints say about a design, a line a finding."""
    return [str(finding) for finding in designs.lint(made)]


def deploy(
    made: Design,
    settings: Settings,
    *,
    fresh: bool = False,
    on_step: Step = lambda text: None,
    simulated: bool = False,
    on_leash: Callable[[launch.Leash], None] | None = None,
) -> LocalWorld:
    """Start `made` as real processes with real stores, or as one simulated process at the same pace.

    It stays when this process ends, unless `on_leash` is given (see `launch.up`).
    """
    return launch.up(made, settings, fresh=fresh, on_step=on_step, simulated=simulated, on_leash=on_leash)


async def operate(
    world: AskedWorld,
    made: Design,
    on_event: OnEvent,
    stop: asyncio.Event | None = None,
    *,
    checks: Checks | None = None,
) -> list[Incident]:
    """Watch a world, and repair it under guard, until `stop` is set.

    Parameters
    ----------
    checks
        Asks as a user would, and tells what came, until it is cancelled; by default over the network.
    """
    told: deque[AnswerStep] = deque()
    asking = asyncio.create_task(_asking((checks or over_network(world, made))(told.append)), name="checks")
    try:
        return await operator.run(
            world,
            objectives=made.objectives,
            journal=world.state_folder / "journal",
            clock=world.clock,
            on_event=on_event,
            stop=stop or asyncio.Event(),
            answers=lambda: _taken(told),
            bad_errors=bad_errors_in(made.folder),
        )
    finally:
        asking.cancel()
        with suppress(asyncio.CancelledError):
            await asking


def over_network(world: AskedWorld, made: Design, turn: int = 0) -> Checks:
    """Return what asks at the entry of a world over the network, as a user would."""
    from telic.worlds.load import checks  # nobody else needs users

    return lambda tell: checks.live(made, str(world.about()["url"]), world.clock, tell, turn)


async def _asking(work: Coroutine[Any, Any, None]) -> None:
    """Let checks run; that they cannot is no reason not to watch."""
    try:
        await work
    except (TelicError, OSError) as error:
        _log.warning("answers are not checked: %s", error)


def _taken(told: deque[AnswerStep]) -> list[AnswerStep]:
    steps = list(told)
    told.clear()
    return steps


def attach(name: str, settings: Settings) -> LocalWorld:
    """Return the running system called `name`."""
    return LocalWorld.attach(settings.system(name))


def running(source: str, settings: Settings) -> str:
    """Return the name of the running system that `source` (a name, an intent file or nothing) means."""
    up = [each.parent.name for each in sorted(settings.home.glob("*/system.json")) if launch.alive(each.parent)]
    if source.endswith((".yaml", ".yml")):
        source = intent.read(Path(source)).system
    if not source and len(up) == 1:
        return up[0]
    if not source:
        raise UsageError(
            f"{len(up)} systems are running",
            hint=f"name one of {', '.join(up)}" if up else "start one with `telic up hotel`",
        )
    if source not in up:
        hint = f"start it with `telic up {source}`" + (f"; {near_names(source, up)}" if up else "")
        raise UsageError(f"no running system {source!r}", hint=hint)
    return source


def main() -> None:
    """Operate a running world as a process of its own; events go to a file as JSON lines."""
    parser = argparse.ArgumentParser(prog="telic.loop", description=main.__doc__)
    parser.add_argument("--state", type=Path, required=True, help="state folder of the system")
    parser.add_argument("--events", type=Path, required=True, help="file that gets one JSON line an event")
    chosen = parser.parse_args()
    asyncio.run(_operate_until_told(chosen.state, chosen.events))


async def _operate_until_told(state: Path, events: Path) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    with LocalWorld.attach(state) as world, events.open("ab", buffering=0) as sink:
        made = designs.read(world.design_folder())
        await operate(world, made, lambda event: _append(sink, event), stop)


def _append(sink: object, event: Event) -> None:
    sink.write(dump(event) + b"\n")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
