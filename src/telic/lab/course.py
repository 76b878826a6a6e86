"""The course of a journey, on whatever clock its world runs: load, hurt, wait, heal, judge."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from telic.errors import WorldError
from telic.lab import episode
from telic.lab.episode import Score
from telic.lab.injection import Injection
from telic.lab.tail import Tail
from telic.model import AnswerStep, Design, Harm, Incident, Truth, Window, recovered, user_harm
from telic.model.intent import EntityType
from telic.operate import baselines
from telic.operate.incidents import Incidents
from telic.worlds.load.record import Growing, Record
from telic.worlds.local.world import AskedWorld

WARM = 12.0  # healthy load before the earliest fault; the baseline that diagnosis compares with [s]
SPREAD = 6.0  # the fault's seeded moment falls into so many seconds after that [s]
DECOY = (3.0, 9.0)  # a harmless change happens so long before the fault [s]
CALM, PATIENT = 6.0, 60.0  # users were well for so long before a fault; waited for at most [s]
SETTLE = 10.0  # at most, until the load has users and runs [s]
T = TypeVar("T")

TICK = 0.25  # how often a journey looks [s]
FOREVER = 7 * 86400.0  # longer than any journey: load is stopped, it does not run out [s]


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
Observe = Callable[[AskedWorld], None]


@dataclass(frozen=True)
class Episode:
    """What became of one fault, from the start of its wait to its healing."""

    hurt: Hurt
    injection: Injection
    score: Score
    incidents: tuple[Incident, ...]
    window: Window


class Course(ABC):
    """A loaded world with or without an operator.

    Parameters
    ----------
    tell
        Called with everything worth showing, in order.
    observe
        Called every `TICK` with the world, for a screen.
    """

    def __init__(self, world: AskedWorld, design: Design, tell: Tell, observe: Observe) -> None:
        self.world, self.design = world, design
        self.folder = world.state_folder / "journey"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.load_path, self.events_path = self.folder / "load.jsonl", self.folder / "events.jsonl"
        self.timings: dict[str, float] = {}
        self.tell, self._observe = tell, observe
        self._load, self._events = Tail(self.load_path), Tail(self.events_path)
        self._record = Growing(self.load_path)

    @property
    @abstractmethod
    def harm(self) -> Harm:
        """What hurts this world."""

    @abstractmethod
    def operate(self) -> None:
        """Start the operator."""

    @abstractmethod
    def dismiss(self) -> None:
        """Let the operator finish what it has begun and end."""

    @abstractmethod
    def injecting(self, hurt: Hurt) -> AbstractContextManager[Callable[[], Injection | None]]:
        """Inject in due time; gives what tells the injection once it is made, and heals at the end."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Let `seconds` [s] pass; raise where something that has to run has ended."""

    @abstractmethod
    def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the world run until `work` is done; return its result."""

    @abstractmethod
    def beside(self, name: str, work: Coroutine[Any, Any, object]) -> Callable[[], bool]:
        """Run `work` beside everything else; gives what tells whether it is done, and raises what it raised."""

    @abstractmethod
    def things(self, entity: EntityType) -> Sequence[object]:
        """Return everything of one entity that the system keeps now, with the entity's fields as attributes."""

    @property
    def asks(self) -> bool:
        """Whether its entry can be asked, and somebody knows what is right."""
        return False

    @abstractmethod
    async def checks(self, tell: Callable[[AnswerStep], None], turn: int = 0) -> None:
        """Ask as a user would, and tell what came, until cancelled; each `turn` asks other questions."""

    def now(self) -> float:
        """Return the world's time [s since the Unix epoch]."""
        return self.world.clock.time()

    def settle(self) -> None:
        """Wait until users have signed up and the first second of measured load is over."""
        end = self.now() + SETTLE
        while self.now() < end and not self.record().seconds:
            self._look()

    def record(self) -> Record:
        """Return what users got so far."""
        return self._record.record()

    def pause(self, seconds: float) -> None:
        """Let the system run for `seconds` [s] and show what happens."""
        end = self.now() + seconds
        while self.now() < end:
            self._look()

    def until_calm(self, most: float = PATIENT) -> bool:
        """Wait until users were served well for `CALM` s and no incident is open; False where `most` [s] are too few.

        What a machine does that is busy for a while is none of the fault that comes next.
        """
        end = self.now() + most
        while not self._calm():
            if self.now() >= end:
                return False
            self._look()
        return True

    def hurt(self, hurt: Hurt) -> Episode:
        """Hurt the system once and wait until users are well again or patience ends; then heal."""
        started = self.now()
        with self.injecting(hurt) as injected:
            done = self._until_injected(injected, started + hurt.after + 10)
            truth = done.truth
            self.tell(Told(truth.injected, "lab", f"{truth.fault}: {truth.entity} ({truth.mechanism})"))
            while not self._well_again(truth) and self.now() < truth.injected + hurt.patience:
                self._look()
            window = Window(started, self.now())
        self._look()
        return self._judge(hurt, done, window)

    def incidents(self) -> tuple[Incident, ...]:
        """Return every incident that the operator has written down, oldest first."""
        return tuple(Incidents(self.world.state_folder / "journal" / "incidents").read())

    def warnings(self, since: float) -> Sequence[str]:
        """Return the places that the operator warned of since a time [s since the Unix epoch], oldest first."""
        told = (each for each in Tail(self.events_path).read() if each.get("kind") == "warning")
        return [str(each.get("blamed", "")) for each in told if float(str(each.get("time", 0.0))) >= since]

    def _until_injected(self, injected: Callable[[], Injection | None], deadline: float) -> Injection:
        while self.now() < deadline:
            self._look()
            done = injected()
            if done is not None:
                return done
        raise WorldError("the fault was not injected in time", hint=f"see {self.world.state_folder / 'harm'}")

    def _judge(self, hurt: Hurt, done: Injection, window: Window) -> Episode:
        told = tuple(
            each
            for each in self.incidents()
            if each.opened < window.end and (each.resolved or window.end) >= window.start
        )
        trivial = episode.ask_baselines(self.world, told, baselines.BASELINES, since=done.truth.injected)
        tallies = self.record().tallies()
        judged = episode.score(done, tallies, told, since=window.start, until=window.end, baselines=trivial)
        return Episode(hurt, done, judged, told, window)

    def _calm(self) -> bool:
        since, tallies = self.now() - CALM, self.record().tallies()
        well = bool(tallies) and tallies[-1].second + 1 > since and user_harm(tallies, since=since) is None
        return well and all(each.status == "resolved" for each in self.incidents())

    def _well_again(self, truth: Truth) -> bool:
        tallies = self.record().tallies()
        harm = user_harm(tallies, since=truth.injected)
        return harm is not None and recovered(tallies, harm=harm, hold=episode.HOLD) is not None

    def _look(self) -> None:
        self.wait(TICK)
        for line in self._load.read():
            self.tell(Told(self.now(), "load", "", line))
        for line in self._events.read():
            self.tell(Told(float(str(line.get("time", 0.0))), "operator", str(line.get("text", "")), line))
        self._observe(self.world)
