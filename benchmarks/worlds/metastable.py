"""Four metastable types: does the baseline stay down without help, and does the operator get it out?"""

from __future__ import annotations

import math
import sys
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks.loop.healthy import home, quiet
from telic import apps
from telic.errors import TelicError
from telic.lab.trials import plan, run
from telic.model.trial import Evidence, WorldName

TYPES: Mapping[str, tuple[str, str, float | None]] = {
    "load spike": ("baseline", "T2", None),
    "capacity drop": ("baseline", "T1", None),
    "cache flush": ("cold-cache", "T3", 300.0),
    "pauses": ("baseline", "T4", None),
}
"""Each type of the OSDI 2022 study: the wiring that it collapses, the trial that does it, and at which rate [1/s]."""
SEEDS = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Play:
    """One run of one type."""

    type: str
    world: WorldName
    seed: int
    operate: bool


@dataclass(frozen=True)
class Runs:
    """All runs of one type on one world."""

    type: str
    found: tuple[Evidence, ...]

    @property
    def collapsed(self) -> float:
        """Share of runs that never were well again [1]."""
        return sum(each.verdict.outcome == "not recovered" for each in self.found) / max(len(self.found), 1)

    @property
    def recovery(self) -> float:
        """The recovery that four of five runs reach [s]; infinite where fewer recover."""
        times = sorted(math.inf if each.verdict.recovery is None else each.verdict.recovery for each in self.found)
        return times[max(0, math.ceil(0.8 * len(times)) - 1)] if times else math.inf


def both(
    world: WorldName, seeds: Sequence[int] = SEEDS, types: Collection[str] = TYPES
) -> tuple[tuple[Runs, ...], tuple[Runs, ...]]:
    """Return every type alone, and with an operator at work; the simulated world plays two runs at a time."""
    plays = [Play(name, world, seed, operate) for operate in (False, True) for name in types for seed in seeds]
    if world == "simulated":
        with ProcessPoolExecutor(2) as processes:
            found = list(processes.map(_told, plays))
    else:
        found = [_told(each) for each in plays]
    told = [(play, each) for play, each in zip(plays, found, strict=True) if each is not None]

    def runs(operate: bool) -> tuple[Runs, ...]:
        chosen = [(play.type, each) for play, each in told if play.operate == operate]
        return tuple(Runs(name, tuple(each for type_, each in chosen if type_ == name)) for name in types)

    return runs(operate=False), runs(operate=True)


def once(play: Play) -> Evidence:
    """Run one type once."""
    wiring, trial, rate = TYPES[play.type]
    with home() as settings:
        return run(
            plan("hotel", trial, rate=rate),
            settings,
            quiet,
            system="hotel",
            world=play.world,
            wiring=apps.find_wiring("hotel", wiring),
            seed=play.seed,
            operate=play.operate,
        )


def _told(play: Play) -> Evidence | None:
    """Run one type once and print what came of it; a run that fails says why and counts for nothing."""
    try:
        found = once(play)
    except TelicError as error:
        sys.stderr.write(f"{play.type} {play.world} seed {play.seed}: {type(error).__name__}: {error}\n")
        return None
    verdict = found.verdict
    took = "never" if verdict.recovery is None else f"{verdict.recovery:.1f} s"
    print(
        f"{play.type:14} {play.world:9} seed {play.seed} {'operated' if play.operate else 'alone':8} "
        f"{verdict.outcome}: {took}, tail {verdict.tail:.2f}, {found.amplification:.1f} calls a request  "
        f"{'; '.join(found.actions)}",
        flush=True,
    )
    return found
