"""How long the lab takes for an episode on each kind of world."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from itertools import cycle

from benchmarks.lab.ready import CALM, LIKE_SUITES
from telic.lab.runs import folder as runs
from telic.lab.scenario import Placed, Scenario
from telic.lab.session import loading, many, playing, running, standby
from telic.lab.session.record import WorldKind

SICK = Scenario("sick", faults=(Placed("network", {"kind": "delay"}),), **LIKE_SUITES)


@dataclass(frozen=True)
class Pace:
    """Episodes one after the other in one process."""

    episodes: int
    cpu: float  # of the process and its children [s]
    wall: float  # [s]

    @property
    def by_cpu(self) -> float:
        """Episodes an hour that all cores of this machine make when nothing else runs on them [1/h]."""
        return 3600.0 * self.episodes / self.cpu * len(os.sched_getaffinity(0))

    @property
    def by_wall(self) -> float:
        """Episodes an hour of one process as it went [1/h]."""
        return 3600.0 * self.episodes / self.wall

    @property
    def note(self) -> str:
        """How it was measured."""
        return (
            f"{self.episodes} episodes at {self.cpu / self.episodes:.2f} s of CPU each, all cores taken; "
            f"one process on this machine as it was: {self.by_wall:,.0f}/h at load {os.getloadavg()[0]:.1f}"
        )


def pace(world: WorldKind, seconds: float, *, least: int = 2, actor: str = "telic") -> Pace:
    """Play sick and healthy episodes in turns for about `seconds` [s of wall clock]."""
    design = loading.prepared(SICK)
    play = playing.built_in(actor)
    running.run(CALM, play, actor=actor, seed=1, world=world, design=design)  # imports and caches are warm then
    begun, cpu = time.monotonic(), _cpu()
    for count, scenario in enumerate(cycle((SICK, CALM)), 1):
        running.run(scenario, play, actor=actor, seed=count + 1, world=world, design=design)
        if count >= least and time.monotonic() - begun >= seconds:
            return Pace(count, _cpu() - cpu, time.monotonic() - begun)
    raise AssertionError("the circle of scenarios does not end")


def live(episodes: int, *, jobs: int = 2, actor: str = "telic") -> float:
    """Return live episodes an hour, sick and healthy ones in turns, `jobs` at a time [1/h]."""
    with standby.folder() as home:
        seeds = range(1, episodes // 2 + 1)
        run = runs.create(home, runs.cells((SICK, CALM), (actor,), seeds, world="local"), now=time.time())
        begun = time.monotonic()
        done = many.run(run, (SICK, CALM), jobs=jobs)
        return 3600.0 * sum(not each.error for each in done) / (time.monotonic() - begun)


def _cpu() -> float:
    mine = os.times()
    return mine.user + mine.system + mine.children_user + mine.children_system
