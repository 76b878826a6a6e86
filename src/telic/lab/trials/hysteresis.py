"""The test of metastability: one load is carried badly after a trigger, and well after less load for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from telic import __version__, apps
from telic.lab.course import Course, Tell, Told
from telic.lab.trials.measure import made_of
from telic.lab.trials.plan import GENTLE, Planned
from telic.lab.trials.run import DECIDED, opened
from telic.lab.trials.triggers import injected, kind_of, words
from telic.model import Design, Window
from telic.model.goodput import Goodput, goodput, share
from telic.model.trial import Hysteresis, HysteresisEvidence, WorldName
from telic.runtime.wiring import Wiring
from telic.settings import Settings

CUTS = (0.7, 0.5, 0.3, 0.1)  # load after the collapse, in turn [1]
STEP = 20.0  # each of them lasts so long: what waits drains hop by hop [s]
WATCH = 8.0  # the load as it was, after the trigger and again at the end [s]
TAKES = 4.0  # at the end of each stretch, what counts [s]


@dataclass(frozen=True)
class Steps:
    """When which load is offered [s since the first request]."""

    warm: float
    before: float
    trigger: float
    cuts: tuple[float, ...]

    @property
    def first_cut(self) -> float:
        """When the load is cut for the first time."""
        return self.before + self.trigger + WATCH

    @property
    def back(self) -> float:
        """When the load is what it was again."""
        return self.first_cut + STEP * len(self.cuts)

    @property
    def end(self) -> float:
        """When everything is over."""
        return self.back + WATCH

    def shape(self, spike: float = 1.0) -> str:
        """Return the load's shape; a trigger that is a load is its `spike` [1]."""
        parts = [f"{GENTLE:g}@0,1@{self.warm:g}"]
        parts += [f"{spike:g}@{self.before:g}", f"1@{self.before + self.trigger:g}"] if spike != 1.0 else []
        parts += [f"{cut:g}@{self.first_cut + STEP * index:g}" for index, cut in enumerate(self.cuts)]
        return "steps:" + ",".join([*parts, f"1@{self.back:g}"])


def run(
    planned: Planned,
    settings: Settings,
    tell: Tell,
    *,
    system: str,
    world: WorldName = "simulated",
    wiring: Path | None = None,
    seed: int = 1,
    cuts: Sequence[float] = CUTS,
) -> HysteresisEvidence:
    """Collapse a system with a trial's trigger, cut its load step by step, raise it again, and compare."""
    kind = kind_of(planned.trial.inject)
    steps = Steps(planned.timing.warm, planned.timing.before, planned.seconds, tuple(cuts))
    with opened(
        system,
        settings,
        tell,
        world=world,
        workload=planned.workload.id,
        rate=planned.workload.rate,
        shape=steps.shape(float(str(planned.trial.inject[kind])) if kind == "load" else 1.0),
        seed=seed,
        operate=False,
        wiring=wiring,
    ) as course:
        first = float(course.record().seconds[0].second)
        _through(course, planned, steps, first)
        seconds = goodput(course.record().tallies())
        return HysteresisEvidence(
            trial=planned.trial.id,
            inject=planned.trial.inject,
            system=course.design.system,
            source=apps.reference(apps.find(system)),
            world=world,
            wiring="" if wiring is None else apps.reference(wiring),
            workload=planned.workload.id,
            rate=planned.workload.rate,
            seed=seed,
            telic=__version__,
            hashes=made_of(course.design),
            seconds=tuple(seconds),
            found=judged(seconds, steps, first),
        )


def modelled(
    design: Design, planned: Planned, wiring: Wiring, *, seed: int = 1, cuts: Sequence[float] = CUTS
) -> Hysteresis:
    """Do the same by the queueing model, in an instant."""
    from telic.worlds import queueing

    steps = Steps(planned.timing.warm, planned.timing.before, planned.seconds, tuple(cuts))
    made = queueing.compile(
        design, wiring, planned.workload, costs=queueing.Costs(statements=queueing.statement_costs(design.folder))
    )
    triggers = [queueing.trigger_of(planned.trial.inject, at=steps.before)]
    triggers += [
        queueing.Trigger("load", steps.first_cut + STEP * index, STEP - 1e-6, cut)
        for index, cut in enumerate(steps.cuts)
    ]
    result = queueing.simulate(made, seconds=steps.end, rate=planned.workload.rate, seed=seed, triggers=triggers)
    return judged(goodput(result.tallies()), steps, 0.0)


def judged(seconds: Sequence[Goodput], steps: Steps, first: float) -> Hysteresis:
    """Judge a record whose first second is `first` [s since the Unix epoch]."""

    def last(until: float) -> float:
        return share(seconds, Window(first + until - TAKES, first + until))

    levels = tuple((cut, last(steps.first_cut + STEP * (index + 1))) for index, cut in enumerate(steps.cuts))
    return Hysteresis(last(steps.before), last(steps.first_cut), last(steps.end), levels)


def _through(course: Course, planned: Planned, steps: Steps, first: float) -> None:
    course.pause(first + steps.before - course.now())
    course.tell(Told(course.now(), "lab", words(planned.trial.inject)))
    with injected(course.harm, planned.trial.inject):
        course.pause(planned.seconds)
    for index, cut in enumerate(steps.cuts):
        course.pause(first + steps.first_cut + STEP * index - course.now())
        course.tell(Told(course.now(), "lab", f"{cut:.0%} of the load"))
    course.pause(first + steps.back - course.now())
    course.tell(Told(course.now(), "lab", "the whole load again"))
    course.pause(first + steps.end + 1.0 + DECIDED - course.now())
