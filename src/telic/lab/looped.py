"""A course on one event loop whose time jumps: load, operator and injector are its tasks."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from telic import loop
from telic.errors import WorldError
from telic.lab.course import Course, Hurt, Observe, Tell
from telic.lab.fault import Scene, params_from_text
from telic.lab.injection import Injection, heal_all
from telic.lab.injector import Injector, Wanted
from telic.lab.ledger import Ledger
from telic.model import AnswerStep, Design, dump
from telic.operate.events import Event
from telic.worlds.local.world import AskedWorld
from telic.worlds.simulated.loop import VirtualLoop

T = TypeVar("T")


@dataclass(frozen=True)
class Job:
    """Something that has to run on for as long as the journey lasts."""

    name: str
    task: asyncio.Task[object]


class LoopedCourse(Course):
    """A world on a virtual loop, its load, its operator and its injector as tasks of it."""

    def __init__(self, world: AskedWorld, clock: VirtualLoop, design: Design, tell: Tell, observe: Observe) -> None:
        super().__init__(world, design, tell, observe)
        self._loop = clock
        self._jobs: list[Job] = []
        self._beside: list[asyncio.Task[object]] = []
        self._stop_operator = asyncio.Event()

    def operate(self) -> None:
        """Start the operator."""
        work = loop.operate(self.world, self.design, self._on_event, self._stop_operator, checks=self.checks)
        self.run("operator", work)

    def dismiss(self) -> None:
        """Tell the operator to stop, and leave it behind."""
        self._stop_operator.set()
        self._beside += [each.task for each in self._jobs if each.name == "operator"]
        self._jobs = [each for each in self._jobs if each.name != "operator"]

    def run(self, name: str, work: object) -> None:
        """Let a coroutine run on the loop; that it ends before the journey does is an error."""
        self._jobs.append(Job(name, self._loop.create_task(work, name=name)))  # type: ignore[arg-type]

    @contextmanager
    def injecting(self, hurt: Hurt) -> Iterator[Callable[[], Injection | None]]:
        """Run an injector on the loop."""
        scene = Scene(self.harm, self.design, self.world.changes)
        ledger = Ledger(self.world.state_folder / "harm")
        injector = Injector(scene, ledger, self.world.clock)
        wanted = Wanted(hurt.fault, hurt.seed, params_from_text(hurt.fault, hurt.params), hurt.after, hurt.decoy_before)
        task = self._loop.create_task(injector.run(wanted), name="injector")
        try:
            yield lambda: task.result() if task.done() else None
        finally:
            injector.stop.set()
            if not task.done():
                self._loop.run_until_complete(task)
            heal_all(scene, ledger, self.world.clock)

    def wait(self, seconds: float) -> None:
        """Let virtual time pass."""
        clock = self._loop
        clock.run_until(clock.time() + seconds)
        for job in self._jobs:
            if job.task.done():
                job.task.result()
                raise WorldError(f"the {job.name} ended early", hint="it has to run for as long as the journey lasts")

    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the loop until `work` is done."""
        return self._loop.ask(work)

    def beside(self, name: str, work: Coroutine[Any, Any, object]) -> Callable[[], bool]:
        """Run `work` as a task of the loop."""
        task = self._loop.create_task(work, name=name)
        self._beside.append(task)

        def done() -> bool:
            if task.done():
                task.result()
            return task.done()

        return done

    async def checks(self, tell: Callable[[AnswerStep], None], turn: int = 0) -> None:
        """Return at once: here nothing can be asked."""

    def end(self) -> None:
        """End load and operator, and let go of the world."""
        for task in (*self._beside, *(job.task for job in self._jobs)):
            if task.done():
                continue
            task.cancel()
            with suppress(asyncio.CancelledError):
                self._loop.run_until_complete(task)
        self.let_go()
        self.world.close()

    @abstractmethod
    def let_go(self) -> None:
        """End what hurts the world."""

    def _on_event(self, event: Event) -> None:
        with self.events_path.open("ab") as sink:
            sink.write(dump(event) + b"\n")
