"""Four metastable types: does the baseline stay down without help, and does the operator get it out?"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
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


def baseline_collapses(
    world: WorldName, seeds: Sequence[int] = SEEDS, types: Iterable[str] = TYPES
) -> tuple[Runs, ...]:
    """Return every type without an operator."""
    return tuple(_runs(name, world, seeds, operate=False) for name in types)


def escape(world: WorldName, seeds: Sequence[int] = SEEDS, types: Iterable[str] = TYPES) -> tuple[Runs, ...]:
    """Return every type with an operator at work."""
    return tuple(_runs(name, world, seeds, operate=True) for name in types)


def once(name: str, world: WorldName, seed: int, *, operate: bool) -> Evidence:
    """Run one type once."""
    wiring, trial, rate = TYPES[name]
    with home() as settings:
        return run(
            plan("hotel", trial, rate=rate),
            settings,
            quiet,
            system="hotel",
            world=world,
            wiring=apps.find_wiring("hotel", wiring),
            seed=seed,
            operate=operate,
        )


def _runs(name: str, world: WorldName, seeds: Sequence[int], *, operate: bool) -> Runs:
    found = []
    for seed in seeds:
        try:
            found.append(once(name, world, seed, operate=operate))
        except TelicError as error:
            sys.stderr.write(f"{name} {world} seed {seed}: {type(error).__name__}: {error}\n")
            continue
        verdict = found[-1].verdict
        took = "never" if verdict.recovery is None else f"{verdict.recovery:.1f} s"
        print(
            f"{name:14} {world:9} seed {seed} {'operated' if operate else 'alone':8} {verdict.outcome}: {took}, "
            f"tail {verdict.tail:.2f}, {found[-1].amplification:.1f} calls a request  {'; '.join(found[-1].actions)}",
            flush=True,
        )
    return Runs(name, tuple(found))
