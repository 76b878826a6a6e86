"""A journey: a system is designed, started, loaded, hurt (once or more), operated, and ended.

The demo, the live tests and the benchmark are journeys; see docs/decisions/0005-a-journey-is-processes.md.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from telic import loop
from telic.design.reading import INTENT
from telic.errors import WorldError
from telic.lab import injection, stored
from telic.lab.course import FOREVER, SETTLE, Course, Episode, Hurt, Observe, Tell, Told
from telic.lab.injection import Injection
from telic.lab.timing import timed
from telic.model import AnswerStep, Design
from telic.model.intent import EntityType
from telic.settings import Settings
from telic.worlds import load
from telic.worlds.child import Child
from telic.worlds.local import launch
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.layout import Layout
from telic.worlds.local.world import AskedWorld

T = TypeVar("T")
C = TypeVar("C", bound="Journey")
SETTLING = 0.02  # how often to look whether the load runs [s]

__all__ = ["Episode", "Hurt", "Journey", "Told", "loaded", "start"]


class Journey(Course):
    """A world whose parts, operator and injector included, are processes; made by `start`."""

    def __init__(self, world: AskedWorld, design: Design, tell: Tell, observe: Observe) -> None:
        super().__init__(world, design, tell, observe)
        self.children: list[Child] = []

    def operate(self) -> None:
        """Start the operator, a process of its own."""
        arguments = ["--state", str(self.world.state_folder), "--events", str(self.events_path)]
        self.children.append(Child("telic.loop", arguments, log=self.folder / "operator.log"))

    @property
    def asks(self) -> bool:
        """Whether there is an intent; of a system that was brought nobody knows what is right."""
        return (self.design.folder / INTENT).is_file()

    async def checks(self, tell: Callable[[AnswerStep], None], turn: int = 0) -> None:
        """Ask over the network."""
        await loop.over_network(self.world, self.design, turn)(tell)

    def dismiss(self) -> None:
        """End the operator's process."""
        for child in self.children:
            child.stop()
        self.children.clear()

    def end(self) -> None:
        """End what was started beside the world."""
        self.dismiss()
        if "harm" in vars(self):
            self.harm.close()

    @cached_property
    def harm(self) -> LocalHarm:
        """What hurts this world; cycles that it runs end with the journey."""
        return LocalHarm.attach(self.world.state_folder)

    @contextmanager
    def injecting(self, hurt: Hurt) -> Iterator[Callable[[], Injection | None]]:
        """Run an injector process."""
        state = self.world.state_folder
        out = self.folder / f"truth-{hurt.fault}-{hurt.seed}-{int(self.now())}.json"
        injector = injection.start(
            state,
            hurt.fault,
            seed=hurt.seed,
            params=hurt.params,
            after=hurt.after,
            decoy_before=hurt.decoy_before,
            out=out,
        )

        def injected() -> Injection | None:
            done = injection.read(out)
            if done is None and not injector.running():
                raise WorldError(f"the fault was not injected: {injector.tail()}", hint=f"see {injector.log}")
            return done

        try:
            yield injected
        finally:
            injector.stop()
            injection.heal(state)

    def settle(self) -> None:
        """Wait until the first second of measured load is over, and look closely: there is nothing to show yet."""
        end = self.now() + SETTLE
        while self.now() < end and not self.record().seconds:
            self.wait(SETTLING)

    def wait(self, seconds: float) -> None:
        """Sleep; raise when a process has ended."""
        time.sleep(seconds)
        for child in self.children:
            if not child.running():
                raise WorldError(f"{child.module} ended early: {child.tail()}", hint=f"see {child.log}")

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` on an event loop of its own; the world goes on anyhow."""
        return asyncio.run(work)

    def beside(self, name: str, work: Coroutine[Any, Any, object]) -> Callable[[], bool]:
        """Run `work` in a thread with an event loop of its own."""
        held: Future[object] = Future()

        def run() -> None:
            try:
                held.set_result(asyncio.run(work))
            except Exception as error:  # noqa: BLE001 - handed to whoever asks whether it is done
                held.set_exception(error)

        threading.Thread(target=run, name=name, daemon=True).start()

        def done() -> bool:
            if held.done():
                held.result()
            return held.done()

        return done

    def things(self, entity: EntityType) -> Sequence[object]:
        """Ask the database."""
        return asyncio.run(stored.things(Layout.of(self.world.state_folder), self.design, entity))


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
) -> Iterator[Journey]:
    """Design, start and load `system`; at the end everything is down again, and its state folder stays.

    With `wiring` given, that file replaces the design's own wiring. A design that is there already is taken as it is.
    """
    timings: dict[str, float] = {}
    with timed(timings, "generate"):
        made = system if isinstance(system, Design) else loop.design(system, settings, wiring=wiring)
    tell(Told(time.time(), "step", f"designed {len(made.services)} services in {timings['generate']:.1f} s"))
    leashes: list[launch.Leash] = []
    with timed(timings, "ready"):
        world = loop.deploy(
            made,
            settings,
            fresh=True,
            on_step=lambda text: tell(Told(time.time(), "step", text)),
            on_leash=leashes.append,
        )
    tell(Told(time.time(), "step", f"everything is ready after {timings['ready']:.1f} s"))
    with ExitStack() as ends:
        for each in leashes:  # until here: a world does not outlive the process that plays with it
            ends.callback(each.close)
        ends.callback(_down, settings, made.system, timings)
        journey = ends.enter_context(
            loaded(
                Journey,
                world,
                made,
                tell,
                workload=workload,
                rate=rate,
                shape=shape,
                seed=seed,
                operate=operate,
                observe=observe,
            )
        )
        journey.timings = timings
        yield journey


@contextmanager
def loaded(
    kind: type[C],
    world: AskedWorld,
    made: Design,
    tell: Tell,
    *,
    workload: str = "normal",
    rate: float | None = None,
    shape: str = "constant",
    seed: int = 1,
    operate: bool = True,
    observe: Observe = lambda world: None,
    users: load.LoadProcess | None = None,
) -> Iterator[C]:
    """Load a world that is up; at the end load and operator have ended, and the world is let go but runs on.

    What comes of it is a journey of this `kind`. With `users` given, they have waited for the world, and know its
    design.
    """
    with ExitStack() as ends:
        ends.callback(world.close)
        journey = kind(world, made, tell, observe)
        ends.callback(journey.end)
        if users is None or not users.running():
            users = load.LoadProcess(made.folder, log=journey.load_path.with_suffix(".log"))
        ends.enter_context(users)
        users.send(
            str(world.about()["url"]),
            record=journey.load_path,
            workload=workload,
            rate=rate,
            shape=shape,
            seed=seed,
            seconds=FOREVER,
        )
        journey.settle()
        if operate:
            journey.operate()
        yield journey


def _down(settings: Settings, system: str, timings: dict[str, float]) -> None:
    with timed(timings, "down"):
        launch.down(settings.system(system))
