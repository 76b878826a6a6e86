"""One cell of a storm map: a trial at one rate and one length, on the simulated world or by the queueing model."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from telic.lab.course import Told
from telic.lab.trials.plan import Planned, Timing, plan
from telic.lab.trials.run import run
from telic.model import Design, Window
from telic.model.goodput import Phases, judge
from telic.runtime.wiring import Wiring
from telic.settings import Settings

QUICK = Timing(warm=3.0, baseline=5.0, recovery=15.0)


@dataclass(frozen=True)
class Cell:
    """One trial of the map."""

    rate: float  # [requests/s]
    seconds: float  # length of the trigger [s]
    outcome: str
    recovery: float | None  # [s]
    tail: float  # share of good answers at the end [1]


def simulated(system: str, settings: Settings, trial: str, seed: int, place: tuple[Path, float, float]) -> Cell:
    """Run a wiring file at a rate [requests/s] with a trigger of some length [s] on the simulated world."""
    wiring, rate, seconds = place
    planned = lasting(plan(system, trial, rate=rate, timing=QUICK), seconds)
    with tempfile.TemporaryDirectory(prefix="telic-cell-", dir=settings.home) as home:
        own = replace(settings, home=Path(home))
        found = run(planned, own, _quiet, system=system, wiring=wiring, seed=seed).verdict
    return Cell(rate, seconds, found.outcome, found.recovery, found.tail)


def modelled(design: Design, planned: Planned, wiring: Wiring, seed: int, rate: float, seconds: float) -> Cell:
    """Ask the queueing model about a wiring at a rate [requests/s] with a trigger of some length [s]."""
    from telic.worlds import queueing

    made = queueing.compile(
        design, wiring, planned.workload, costs=queueing.Costs(statements=queueing.statement_costs(design.folder))
    )
    timing, inject = planned.timing, {**planned.trial.inject, "for": seconds}
    start, over = timing.before, math.ceil(timing.before + seconds)
    end = over + timing.recovery
    result = queueing.simulate(
        made, seconds=end, rate=rate, seed=seed, triggers=[queueing.trigger_of(inject, at=start)]
    )
    phases = Phases(Window(timing.warm, start), Window(start, over), Window(over, end))
    found = judge(result.tallies(), phases, planned.recoveries, planned.objectives)
    return Cell(rate, seconds, found.outcome, found.recovery, found.tail)


def lasting(planned: Planned, seconds: float) -> Planned:
    """Return the same trial with a trigger of another length [s]."""
    trial = replace(planned.trial, inject={**planned.trial.inject, "for": seconds})
    return replace(planned, trial=trial)


def _quiet(told: Told) -> None:
    """Nobody watches a map cell by cell."""
