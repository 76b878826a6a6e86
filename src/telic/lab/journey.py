"""A journey: a system is designed, started, loaded, hurt (once or more), operated, and ended.

The demo, the live tests and the benchmark are journeys; see docs/decisions/0005-a-journey-is-processes.md.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from telic import loop
from telic.errors import WorldError
from telic.lab import episode, injection
from telic.lab.episode import Score
from telic.lab.injection import Injection
from telic.lab.tail import Tail
from telic.model import Design, Incident, Truth, Window, recovered, user_harm
from telic.operate import baselines
from telic.operate.incidents import Incidents
from telic.settings import Settings
from telic.worlds import load
from telic.worlds.child import Child
from telic.worlds.load.record import Record, read
from telic.worlds.local import launch
from telic.worlds.local.world import LocalWorld

WARM = 12.0  # healthy load before the earliest fault; the baseline that diagnosis compares with [s]
SPREAD = 6.0  # the fault's seeded moment falls into so many seconds after that [s]
DECOY = (3.0, 9.0)  # a harmless change happens so long before the fault [s]
SETTLE = 10.0  # at most, until the load has users and runs [s]
TICK = 0.25  # how often a journey looks [s]
FOREVER = 7200.0  # longer than any journey: load is stopped, it does not run out [s]


@dataclass(frozen=True)
class Hurt:
    """One fault of a journey; with the design's hash this is all it takes to repeat it."""

    fault: str
    seed: int
    params: tuple[str, ...] = ()  # key=value, instead of what the seed chooses
    decoy: bool = True  # a harmless change elsewhere shortly before
    patience: float = 35.0  # how long after the fault to wait for recovery [s]
    warm: float = WARM

    @property
    def after(self) -> float:
        """Seconds of load before the fault [s]."""
        return self.warm + random.Random(f"when/{self.fault}/{self.seed}").random() * SPREAD

    @property
    def decoy_before(self) -> float | None:
        """How long before the fault the harmless change happens [s], or None."""
        return random.Random(f"decoy/{self.fault}/{self.seed}").uniform(*DECOY) if self.decoy else None


@dataclass(frozen=True)
class Told:
    """Something to show while a journey runs."""

    time: float  # [s since the Unix epoch]
    who: str  # step | load | lab | operator
    text: str
    detail: Mapping[str, object] = field(default_factory=dict)


Tell = Callable[[Told], None]


@dataclass(frozen=True)
class Episode:
    """What became of one fault, from the start of its wait to its healing."""

    hurt: Hurt
    injection: Injection
    score: Score
    incidents: tuple[Incident, ...]
    window: Window


class Journey:
    """A loaded world with or without an operator; made by `start`.

    Parameters
    ----------
    tell
        Called with everything worth showing, in order.
    observe
        Called every `TICK` with the world, for a screen.
    """

    def __init__(self, world: LocalWorld, design: Design, tell: Tell, observe: Callable[[LocalWorld], None]) -> None:
        self.world, self.design = world, design
        self.folder = world.state_folder / "journey"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.load_path, self.events_path = self.folder / "load.jsonl", self.folder / "events.jsonl"
        self.timings: dict[str, float] = {}
        self.children: list[Child] = []
        self._tell, self._observe = tell, observe
        self._load, self._events = Tail(self.load_path), Tail(self.events_path)

    def operate(self) -> None:
        """Start the operator, a process of its own."""
        arguments = ["--state", str(self.world.state_folder), "--events", str(self.events_path)]
        self.children.append(Child("telic.loop", arguments, log=self.folder / "operator.log"))

    def settle(self) -> None:
        """Wait until users have signed up and the first second of measured load is over."""
        end = time.time() + SETTLE
        while time.time() < end and not self.record().seconds:
            self._look()

    def record(self) -> Record:
        """Return what users got so far."""
        return read(self.load_path)

    def pause(self, seconds: float) -> None:
        """Let the system run for `seconds` [s] and show what happens."""
        end = time.time() + seconds
        while time.time() < end:
            self._look()

    def hurt(self, hurt: Hurt) -> Episode:
        """Hurt the system once and wait until users are well again or patience ends; then heal."""
        started = time.time()
        out = self.folder / f"truth-{hurt.fault}-{hurt.seed}-{int(started)}.json"
        injector = injection.start(
            self.world.state_folder,
            hurt.fault,
            seed=hurt.seed,
            params=hurt.params,
            after=hurt.after,
            decoy_before=hurt.decoy_before,
            out=out,
        )
        try:
            done = self._until_injected(injector, out, started + hurt.after + 10)
            truth = done.truth
            self._tell(Told(truth.injected, "lab", f"{truth.fault}: {truth.entity} ({truth.mechanism})"))
            while not self._well_again(truth) and time.time() < truth.injected + hurt.patience:
                self._look()
            window = Window(started, time.time())
        finally:
            injector.stop()
            injection.heal(self.world.state_folder)
        self._look()
        return self._judge(hurt, done, window)

    def incidents(self) -> tuple[Incident, ...]:
        """Return every incident that the operator has written down, oldest first."""
        return tuple(Incidents(self.world.state_folder / "journal" / "incidents").read())

    def _judge(self, hurt: Hurt, done: Injection, window: Window) -> Episode:
        told = tuple(each for each in self.incidents() if window.start <= each.opened < window.end)
        trivial = episode.ask_baselines(self.world, told, baselines.BASELINES, since=done.truth.injected)
        tallies = self.record().tallies()
        judged = episode.score(done, tallies, told, since=window.start, until=window.end, baselines=trivial)
        return Episode(hurt, done, judged, told, window)

    def _until_injected(self, injector: Child, out: Path, deadline: float) -> Injection:
        while True:
            self._look()
            done = injection.read(out)
            if done is not None:
                return done
            if not injector.running() or time.time() > deadline:
                raise WorldError(f"the fault was not injected: {injector.tail()}", hint=f"see {injector.log}")

    def _well_again(self, truth: Truth) -> bool:
        tallies = self.record().tallies()
        harm = user_harm(tallies, since=truth.injected)
        return harm is not None and recovered(tallies, harm=harm, hold=episode.HOLD) is not None

    def _look(self) -> None:
        time.sleep(TICK)
        for child in self.children:
            if not child.running():
                raise WorldError(f"{child.module} ended early: {child.tail()}", hint=f"see {child.log}")
        for line in self._load.read():
            self._tell(Told(time.time(), "load", "", line))
        for line in self._events.read():
            self._tell(Told(float(str(line.get("time", 0.0))), "operator", str(line.get("text", "")), line))
        self._observe(self.world)


@contextmanager
def start(
    system: str,
    settings: Settings,
    tell: Tell,
    *,
    workload: str = "normal",
    rate: float | None = None,
    shape: str = "constant",
    seed: int = 1,
    operate: bool = True,
    observe: Callable[[LocalWorld], None] = lambda world: None,
) -> Iterator[Journey]:
    """Design, start and load `system`; at the end everything is down again, and its state folder stays."""
    timings: dict[str, float] = {}
    with _timed(timings, "generate"):
        made = loop.design(system, settings)
    tell(Told(time.time(), "step", f"designed {len(made.services)} services in {timings['generate']:.1f} s"))
    with _timed(timings, "ready"):
        world = loop.deploy(made, settings, fresh=True, on_step=lambda text: tell(Told(time.time(), "step", text)))
    tell(Told(time.time(), "step", f"everything is ready after {timings['ready']:.1f} s"))
    journey = Journey(world, made, tell, observe)
    journey.timings = timings
    url = str(world.about()["url"])
    try:
        with load.start(
            made.folder,
            url,
            record=journey.load_path,
            workload=workload,
            rate=rate,
            shape=shape,
            seed=seed,
            seconds=FOREVER,
        ):
            journey.settle()
            if operate:
                journey.operate()
            yield journey
    finally:
        for child in journey.children:
            child.stop()
        world.close()
        with _timed(timings, "down"):
            launch.down(settings.system(made.system))


@contextmanager
def _timed(timings: dict[str, float], name: str) -> Iterator[None]:
    begun = time.monotonic()
    yield
    timings[name] = time.monotonic() - begun
