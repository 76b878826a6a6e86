"""The injector, a process of its own: ``python -m telic.lab.injector --state DIR --fault NAME --seed N --out FILE``.

It plans by seed, makes a harmless change elsewhere first if asked, waits, injects, says what is now wrong in a file
that only its owner reads, and lives on while the harm needs it. ``--heal`` takes back whatever is in force.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import psutil

from telic.clock import Clock, SystemClock
from telic.errors import TelicError, WorldError
from telic.lab import faults
from telic.lab.decoys import decoy
from telic.lab.fault import Fault, Scalable, Scene, Selective, fault, make, params_from_text
from telic.lab.injection import Injection, attach, heal, write
from telic.lab.ledger import Entry, Ledger
from telic.model import Change, Scalar
from telic.worlds.local import proc

_TICK = 0.2  # how often a waiting injector looks whether it should end [s]
_ALIVE = 2.0  # how often a staying injector looks whether its world is there [s]


@dataclass(frozen=True)
class Wanted:
    """What to inject, and when."""

    fault: str
    seed: int
    params: Mapping[str, Scalar] = field(default_factory=dict)
    after: float = 0.0  # from the start of the injector to the fault [s]
    decoy_before: float | None = None  # how long before the fault a harmless change happens [s]; None: never


class Injector:
    """One injection, from its plan to its record.

    Parameters
    ----------
    scene
        The world to hurt and its design.
    ledger
        Gets a line before anything happens.
    clock
        Where waiting takes place.
    """

    def __init__(self, scene: Scene, ledger: Ledger, clock: Clock) -> None:
        self.scene, self.ledger, self.clock = scene, ledger, clock
        self.stop = asyncio.Event()
        self.entry: Entry | None = None  # of the last injection
        self.share = 1.0  # of the fault's size that the next injection has [1]

    async def run(self, wanted: Wanted) -> Injection | None:
        """Do what is `wanted`; None when `stop` was set before the fault."""
        start = self.clock.monotonic()
        culprit, _ = await asyncio.to_thread(self.plan, wanted)
        change: Change | None = None
        if wanted.decoy_before is not None:
            if not await self.until(start + wanted.after - wanted.decoy_before):
                return None
            change = await asyncio.to_thread(decoy, self.scene, wanted.seed, hurt=(culprit,))
        if not await self.until(start + wanted.after):
            return None
        return await asyncio.to_thread(self._inject, wanted, change)

    async def stay(self) -> None:
        """Live on until told to stop or until the world is gone."""
        looked = self.clock.monotonic()
        while not self.stop.is_set():
            await self.clock.sleep(_TICK)
            if self.clock.monotonic() - looked >= _ALIVE:
                looked = self.clock.monotonic()
                try:
                    await asyncio.to_thread(self.scene.harm.state)
                except (WorldError, OSError):
                    return

    def plan(self, wanted: Wanted) -> tuple[Fault, Mapping[str, Scalar]]:
        """Return the fault that is wanted, as the world is now, and its parameters."""
        if isinstance(self.scene.harm, Selective):
            self.scene.harm.require(wanted.fault)
        plan = fault.factory(wanted.fault).plan  # type: ignore[attr-defined]
        params = plan(self.scene, wanted.seed, wanted.params)
        return make(wanted.fault, params), params

    def _inject(self, wanted: Wanted, change: Change | None) -> Injection:
        culprit, params = self.plan(wanted)  # again: versions may have moved on since
        if self.share < 1.0 and isinstance(culprit, Scalable):
            culprit = culprit.scaled(self.share)
        process = psutil.Process()
        entry = self.ledger.begin(
            wanted.fault, params, time=self.clock.time(), pid=process.pid, born=process.create_time()
        )
        if isinstance(self.scene.harm, Selective):
            self.scene.harm.prepare(culprit)
        began = self.clock.time()
        truth = replace(culprit.inject(self.scene.harm), injected=began)
        self.entry = self.ledger.injected(entry, truth, time=self.clock.time())
        return Injection(truth, wanted.seed, params, change)

    async def until(self, moment: float) -> bool:
        """Wait until a moment of the clock's monotonic time [s]; False where `stop` was set before."""
        while not self.stop.is_set():
            rest = moment - self.clock.monotonic()
            if rest <= 0:
                return True
            await self.clock.sleep(min(_TICK, rest))
        return False


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(prog="telic.lab.injector", description="Hurt a running system on purpose.")
    made.add_argument("--state", type=Path, required=True, help="state folder of the running system")
    made.add_argument("--fault", choices=list(fault), help="what to inject")
    made.add_argument("--seed", type=int, default=1, help="seed of place, size and words")
    made.add_argument("--param", action="append", default=[], help="key=value, instead of what the seed chooses")
    made.add_argument("--at", type=float, default=0.0, metavar="SECONDS", help="when, from the start of this process")
    made.add_argument("--decoy", action="store_true", help="make a harmless change on another service 5 s before")
    made.add_argument("--decoy-before", type=float, metavar="SECONDS", help="the same, so long before")
    made.add_argument("--out", type=Path, help="file that gets the truth (0600)")
    made.add_argument("--stay", action="store_true", help="live on after the injection until SIGTERM")
    made.add_argument("--heal", action="store_true", help="take back everything that is in force")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the injector; return its exit code."""
    made = parser()
    chosen = made.parse_args(arguments)
    if not chosen.heal and not (chosen.fault and chosen.out):
        made.error("give --fault and --out, or --heal")
    try:
        if chosen.heal:
            sys.stdout.write("".join(f"{name}\n" for name in heal(chosen.state)))
            return 0
        return asyncio.run(_inject(chosen))
    except TelicError as error:
        sys.stderr.write(f"{type(error).__name__}: {error}\n  -> {error.hint}\n")
        return error.exit_code


async def _inject(chosen: argparse.Namespace) -> int:
    before = chosen.decoy_before if chosen.decoy_before is not None else 5.0 if chosen.decoy else None
    params = params_from_text(chosen.fault, chosen.param)
    started = proc.age(os.getpid())  # takes seconds on a busy machine; `--at` includes it
    wanted = Wanted(chosen.fault, chosen.seed, params, max(0.0, chosen.at - started), before)
    with attach(chosen.state) as scene:
        injector = Injector(scene, Ledger(chosen.state / "harm"), SystemClock())
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, injector.stop.set)
        injection = await injector.run(wanted)
        if injection is None:
            return 0
        write(chosen.out, injection)
        if chosen.stay or wanted.fault in faults.LASTING:
            await injector.stay()
    return 0


if __name__ == "__main__":
    os.umask(0o077)
    sys.exit(main())
