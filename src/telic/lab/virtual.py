"""A journey on virtual time: the same course, operator, injector and faults, on one event loop and in one process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from telic import loop
from telic.lab.course import FOREVER, Episode, Hurt, Observe, Tell, Told
from telic.lab.looped import LoopedCourse
from telic.lab.timing import timed
from telic.model import AnswerStep, Design, Harm
from telic.model.intent import EntityType
from telic.settings import Settings
from telic.worlds.load import checks
from telic.worlds.load import simulated as load
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.order import Order
from telic.worlds.simulated import start as simulated
from telic.worlds.simulated.clock import START
from telic.worlds.simulated.harm import SimulatedHarm
from telic.worlds.simulated.world import SimulatedWorld

__all__ = ["START", "VirtualJourney", "run_episode", "start"]


class VirtualJourney(LoopedCourse):
    """A simulated world, its load, its operator and its injector as tasks of one loop; made by `start`."""

    world: SimulatedWorld

    def __init__(self, world: SimulatedWorld, design: Design, tell: Tell, observe: Observe) -> None:
        super().__init__(world, world.loop, design, tell, observe)
        self._harm = SimulatedHarm(world)

    @property
    def harm(self) -> Harm:
        """What hurts this world."""
        return self._harm

    def things(self, entity: EntityType) -> Sequence[object]:
        """Look into the memory of the service that owns the entity."""
        return self.world.system.stores.data.things(entity.owner, entity.name)

    def digest(self) -> str:
        """Return a hash of record, telemetry, changes and incidents; runs of one seed have the same."""
        state = self.world.state_folder
        files = [self.load_path, state / "changes.jsonl", *sorted((state / "journal" / "incidents").glob("*.json"))]
        whole = hashlib.sha256(self.world.system.telemetry.digest().encode())
        for each in files:
            whole.update(each.read_bytes() if each.exists() else b"")
        return whole.hexdigest()

    @property
    def asks(self) -> bool:
        """Simulated services are made of an intent."""
        return True

    async def checks(self, tell: Callable[[AnswerStep], None], turn: int = 0) -> None:
        """Ask at the entry."""
        known = _known(self.design.folder, self.design.hash)
        await checks.on_virtual_time(self.design, self.world.clock, self.world.system, known, tell, turn)

    def let_go(self) -> None:
        """End cycles of harm."""
        self._harm.close()


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
) -> Iterator[VirtualJourney]:
    """Design, start and load `system` on virtual time; its state folder stays.

    With `wiring` given, that file replaces the design's own wiring. A design that is there already is taken as it is.
    """
    timings: dict[str, float] = {}
    with timed(timings, "generate"):
        made = system if isinstance(system, Design) else loop.design(system, settings, wiring=wiring)
    with timed(timings, "ready"):
        world = simulated.up(made, settings.system(made.system), seed=seed)
    tell(Told(world.clock.time(), "step", f"designed {len(made.services)} services in {timings['generate']:.1f} s"))
    tell(Told(world.clock.time(), "step", f"everything is ready after {timings['ready']:.1f} s"))
    journey = VirtualJourney(world, made, tell, observe)
    journey.timings = timings
    try:
        order = Order(
            design=made.folder,
            url=str(world.about()["url"]),
            workload=workload,
            record=journey.load_path,
            rate=rate,
            shape=shape,
            seed=seed,
            seconds=FOREVER,
            quiet=True,
        )
        journey.run("load", load.run(order, world.clock, world.system, knowledge=_known(made.folder, made.hash)))
        journey.settle()
        if operate:
            journey.operate()
        yield journey
    finally:
        with timed(timings, "down"):
            journey.end()


@lru_cache(maxsize=8)
def _known(folder: Path, digest: str) -> Knowledge:
    """Return what users know of a design: read once for all episodes of a process, by folder and hash."""
    return Knowledge(folder)


def run_episode(
    fault: str, seed: int, *, operate: bool = True, system: str | Design = "hotel", hurt: Hurt | None = None
) -> Episode:
    """Run one fault from a fresh system to its score.

    Parameters
    ----------
    seed
        Of everything: the world, the traffic, the fault's place, moment and size.
    operate
        Whether anybody repairs.
    hurt
        How to hurt the system instead of by default.
    """
    with TemporaryDirectory(prefix="telic-episode-") as home:
        settings = replace(Settings.read({}), home=Path(home))
        with start(system, settings, lambda told: None, seed=seed, operate=operate) as journey:
            return journey.hurt(hurt or Hurt(fault, seed))
