"""Live worlds one ahead: while one episode runs, the world of the next starts and that of the last goes down.

Every episode gets a fresh world: a folder, stores, ports, telemetry and secrets of its own, so that nothing of an
earlier one can be read. It starts beside the warm-up of the episode before, on half of the processors, so that it
costs nobody a measured second.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event

from telic.lab.timing import timed
from telic.model import Design
from telic.settings import Settings
from telic.worlds.load import LoadProcess
from telic.worlds.local import ending, gently, launch
from telic.worlds.local.layout import Layout
from telic.worlds.local.world import LocalWorld

PREFIX = "telic-lab-"  # of every folder that an episode leaves behind where it is killed
ACTORS = "telic-actor-"  # and an actor's program


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder that is gone afterwards; its name says whose it is, for who cleans up after a killed lab."""
    with _folder() as home:
        yield Path(home)


@dataclass(frozen=True)
class Waiting:
    """A live world that is up and that nobody has used, and what will load it."""

    design: Design
    world: LocalWorld
    users: LoadProcess
    home: TemporaryDirectory[str]
    timings: dict[str, float] = field(default_factory=dict)


class Standby:
    """Lends live worlds, each to one episode."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="standby")
        self._next: tuple[str, Future[Waiting]] | None = None
        self._ending: list[Future[None]] = []

    def prepare(self, design: Design) -> None:
        """Begin to start a world of `design` beside one that is used, unless one waits already."""
        if self._next is None:
            self._next = (design.hash, self._threads.submit(_up, design, beside=True))

    def begin(self, design: Design) -> None:
        """Do the same, and return when the rest of it happens in other processes, so that this one has time."""
        if self._next is None:
            begun = Event()
            self._next = (design.hash, self._threads.submit(_up, design, begun.set))
            self._next[1].add_done_callback(lambda _: begun.set())
            begun.wait()

    @contextmanager
    def lent(self, design: Design) -> Iterator[Waiting]:
        """Lend the world that waits, or start one now; it goes down in the background afterwards.

        Raises
        ------
        WorldError
            It did not get ready, also when it was tried once more.
        """
        waiting = self._take(design)
        try:
            yield waiting
        finally:
            self._ending.append(self._threads.submit(_down, waiting))

    def close(self) -> None:
        """Take down whatever is up; raise what went wrong with it, once."""
        if self._next is not None:
            _, started = self._next
            self._next = None
            if started.exception() is None:
                self._ending.append(self._threads.submit(_down, started.result()))
        self._threads.shutdown()
        ending, self._ending = self._ending, []
        for each in ending:
            each.result()

    def _take(self, design: Design) -> Waiting:
        if self._next is None:
            return _up(design)
        digest, started = self._next
        try:
            waiting = started.result()  # who interrupts us here leaves it to `close`
        except Exception:  # noqa: BLE001 - a disk that was full then: the next try says whether it still is
            self._next = None
            return _up(design)
        self._next = None
        if digest == design.hash:
            return waiting
        self._ending.append(self._threads.submit(_down, waiting))
        return _up(design)


def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-")


def _up(design: Design, begun: Callable[[], None] = lambda: None, *, beside: bool = False) -> Waiting:
    """Start a world and who will load it; `beside` one that is measured: without harm to that."""
    home = _folder()
    timings: dict[str, float] = {}
    settings = replace(Settings.read({}), home=Path(home.name), port=0, otlp_port=0)
    users = LoadProcess(design.folder, log=Path(home.name) / "load.log")
    try:
        with timed(timings, "ready"), gently.half() if beside else nullcontext():
            world = launch.up(design, settings, fresh=True, databases=_databases(), on_begun=begun)
    except BaseException:
        users.stop()
        home.cleanup()
        raise
    if beside and (supervisor := ending.first(Layout.of(world.state_folder))):
        gently.whole(supervisor)
    return Waiting(design, world, users, home, timings)


def _databases() -> Path:
    return Settings.read().home / "databases"


def _down(waiting: Waiting) -> None:
    from telic.worlds.local import database_shelf  # with PostgreSQL's client, for which no first world has to wait

    with waiting.home, timed(waiting.timings, "down"):
        waiting.users.stop()
        launch.down(waiting.world.state_folder)
        database_shelf.give_back(Layout.of(waiting.world.state_folder), waiting.design, _databases())
