"""A journey on virtual time: the same course, operator, injector and faults, on one event loop and in one process."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from telic import loop
from telic.errors import WorldError
from telic.lab.course import FOREVER, Course, Episode, Hurt, Observe, Tell, Told, timed
from telic.lab.fault import Scene, params_from_text
from telic.lab.injection import Injection, heal_all
from telic.lab.injector import Injector, Wanted
from telic.lab.ledger import Ledger
from telic.model import Design, Harm, dump
from telic.model.intent import EntityType
from telic.operate.events import Event
from telic.settings import Settings
from telic.worlds.load import simulated as load
from telic.worlds.load.order import Order
from telic.worlds.simulated import start as simulated
from telic.worlds.simulated.clock import START
from telic.worlds.simulated.harm import SimulatedHarm
from telic.worlds.simulated.world import SimulatedWorld

T = TypeVar("T")

__all__ = ["START", "VirtualJourney", "run_episode", "start"]


@dataclass(frozen=True)
class Job:
    """Something that has to run on for as long as the journey lasts."""

    name: str
    task: asyncio.Task[object]


class VirtualJourney(Course):
    """A simulated world, its load, its operator and its injector as tasks of one loop; made by `start`."""

    world: SimulatedWorld

    def __init__(self, world: SimulatedWorld, design: Design, tell: Tell, observe: Observe) -> None:
        super().__init__(world, design, tell, observe)
        self._harm = SimulatedHarm(world)
        self._jobs: list[Job] = []
        self._beside: list[asyncio.Task[object]] = []
        self._stop_operator = asyncio.Event()

    @property
    def harm(self) -> Harm:
        """What hurts this world."""
        return self._harm

    def operate(self) -> None:
        """Start the operator."""
        self.run("operator", loop.operate(self.world, self.design, self._on_event, self._stop_operator))

    def dismiss(self) -> None:
        """Tell the operator to stop, and leave it behind."""
        self._stop_operator.set()
        self._beside += [each.task for each in self._jobs if each.name == "operator"]
        self._jobs = [each for each in self._jobs if each.name != "operator"]

    def run(self, name: str, work: object) -> None:
        """Let a coroutine run on the loop; that it ends before the journey does is an error."""
        self._jobs.append(Job(name, self.world.loop.create_task(work, name=name)))  # type: ignore[arg-type]

    @contextmanager
    def injecting(self, hurt: Hurt) -> Iterator[Callable[[], Injection | None]]:
        """Run an injector on the loop."""
        scene = Scene(self._harm, self.design, self.world.changes)
        ledger = Ledger(self.world.state_folder / "harm")
        injector = Injector(scene, ledger, self.world.clock)
        wanted = Wanted(hurt.fault, hurt.seed, params_from_text(hurt.fault, hurt.params), hurt.after, hurt.decoy_before)
        task = self.world.loop.create_task(injector.run(wanted), name="injector")
        try:
            yield lambda: task.result() if task.done() else None
        finally:
            injector.stop.set()
            if not task.done():
                self.world.loop.run_until_complete(task)
            heal_all(scene, ledger, self.world.clock)

    def wait(self, seconds: float) -> None:
        """Let virtual time pass."""
        clock = self.world.loop
        clock.run_until(clock.time() + seconds)
        for job in self._jobs:
            if job.task.done():
                job.task.result()
                raise WorldError(f"the {job.name} ended early", hint="it has to run for as long as the journey lasts")

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the loop until `work` is done."""
        return self.world.loop.ask(work)

    def beside(self, name: str, work: Coroutine[Any, Any, object]) -> Callable[[], bool]:
        """Run `work` as a task of the loop."""
        task = self.world.loop.create_task(work, name=name)
        self._beside.append(task)

        def done() -> bool:
            if task.done():
                task.result()
            return task.done()

        return done

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

    def end(self) -> None:
        """End load and operator, and let go of the world."""
        for task in (*self._beside, *(job.task for job in self._jobs)):
            if task.done():
                continue
            task.cancel()
            with suppress(asyncio.CancelledError):
                self.world.loop.run_until_complete(task)
        self._harm.close()
        self.world.close()

    def _on_event(self, event: Event) -> None:
        with self.events_path.open("ab") as sink:
            sink.write(dump(event) + b"\n")


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
        journey.run("load", load.run(order, world.clock, world.system))
        journey.settle()
        if operate:
            journey.operate()
        yield journey
    finally:
        with timed(timings, "down"):
            journey.end()


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
