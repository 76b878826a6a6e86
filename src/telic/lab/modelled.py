"""A course on the queueing model: hundreds of services, no handlers, telemetry as they would have sent it.

Which kinds of faults mean something here, `telic.lab.meanings` says; what mends them, `telic.worlds.queueing.verbs`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import cast

from telic import loop
from telic.lab import meanings
from telic.lab.course import FOREVER, Observe, Tell, Told
from telic.lab.fault import Fault
from telic.lab.looped import LoopedCourse
from telic.lab.made_up import made_up, objectives
from telic.lab.timing import timed
from telic.model import Design, Harm
from telic.model.intent import EntityType, Workload
from telic.settings import Settings
from telic.worlds.load.record import LATE, Record, Row, SecondLine
from telic.worlds.load.shapes import read_shape
from telic.worlds.queueing import Costs, compile, statement_costs, topology
from telic.worlds.queueing.harm import ModelHarm
from telic.worlds.queueing.loads import USUAL
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.telemetry import START
from telic.worlds.queueing.topology import Synthetic
from telic.worlds.queueing.world import ModelWorld

LONGEST = 900  # a run may last [s]
SAMPLED = 20.0  # requests of which spans are kept, at most [1/s]
ROOM = 2_000_000  # spans of a run [1]
HOPS = 11.0  # calls behind one request [1]


class MeantHarm(ModelHarm):
    """A harm that knows which kinds of faults mean something on the model, and what."""

    def require(self, kind: str) -> None:
        """Refuse a kind that does not play here, with the reason."""
        meanings.require(kind)

    def prepare(self, culprit: Fault) -> None:
        """Be told which fault comes now."""
        self.expect(meanings.effect(culprit))


class ModelCourse(LoopedCourse):
    """A run of the model under load; made by `start`."""

    world: ModelWorld

    def __init__(self, world: ModelWorld, design: Design, tell: Tell, observe: Observe) -> None:
        super().__init__(world, world.loop, design, tell, observe)
        self._harm = MeantHarm(world)

    @property
    def harm(self) -> Harm:
        """What hurts this world: what the model does not know is refused."""
        return cast(Harm, self._harm)

    def record(self) -> Record:
        """Return what users got in the seconds that are decided."""
        self.world.catch_up()
        run = self.world.run
        lines: dict[int, dict[str, Row]] = {}
        for each in run.result().tallies(epoch=round(START)):
            if each.second + 1 + run.plan.costs.patience <= self.now():
                row = Row(each.good, each.bad, reasons={LATE: each.late} if each.late else {})
                lines.setdefault(each.second, {})[each.operation] = row
        return Record(tuple(SecondLine(second, rows) for second, rows in sorted(lines.items())))

    def things(self, entity: EntityType) -> Sequence[object]:
        """Return nothing: the model keeps no data."""
        return ()

    def let_go(self) -> None:
        """Leave the harm in force: nothing of it lives outside the run."""


@contextmanager
def start(
    system: str | Design,
    settings: Settings,
    tell: Tell,
    *,
    workload: str = "normal",
    rate: float | None = None,
    shape: str = "constant",
    seed: int = 1,
    operate: bool = True,
    observe: Observe = lambda world: None,
    wiring: Path | None = None,
) -> Iterator[ModelCourse]:
    """Compile and load `system`, the name of an app or of a made-up system; the arguments are those of other courses.

    Raises
    ------
    UsageError
        A shape that cannot be read, or a made-up system that cannot be.
    """
    changing = None if shape == "constant" else read_shape(shape, FOREVER)
    timings: dict[str, float] = {}
    with timed(timings, "generate"):
        made = _made(system, settings, workload, rate, seed, wiring)
    with timed(timings, "ready"):
        plan = compile(made.design, made.wiring, made.workload, costs=made.costs)
        sampled = min(1.0, SAMPLED / (made.workload.rate * (changing.peak if changing else 1.0)))
        run = Run(plan, LONGEST, seed=seed, spans=ROOM, sampled=sampled)
        folder = settings.system(made.design.system)
        folder.mkdir(parents=True, exist_ok=True)
        world = ModelWorld(run, made.design, folder)
        world.loads.begin(USUAL, made.workload.rate, changing)
    tell(Told(world.clock.time(), "step", f"compiled {len(made.design.services)} services in {timings['ready']:.1f} s"))
    course = ModelCourse(world, made.design, tell, observe)
    course.timings = timings
    try:
        if operate:
            course.operate()
        yield course
    finally:
        with timed(timings, "down"):
            course.end()


def _made(
    system: str | Design, settings: Settings, workload: str, rate: float | None, seed: int, wiring: Path | None
) -> Synthetic:
    if isinstance(system, str) and (services := made_up(system)):
        # what its services, calls and capacities are does not depend on the episode's seed
        found = topology(services, seed=services, rate=rate or 100.0, hops=min(HOPS, services / 2))
        design = replace(found.design, system=system, workloads=(found.workload,), objectives=objectives())
        return replace(found, design=design)
    design = system if isinstance(system, Design) else loop.design(system, settings, wiring=wiring)
    wanted = next(each for each in design.workloads if workload in (each.id, each.name))
    asked: Workload = replace(wanted, rate=rate or wanted.rate)
    return Synthetic(design, design.wiring, asked, _costs(design.folder, design.hash))


@lru_cache(maxsize=8)
def _costs(folder: Path, digest: str) -> Costs:
    """Return what a design's statements cost: read once for all episodes of a process, by folder and hash."""
    return Costs(statements=statement_costs(folder))
