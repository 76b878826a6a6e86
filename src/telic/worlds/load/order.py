"""What to run, and what is ready before the first request: knowledge, beliefs, the plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from telic.clock import Clock
from telic.errors import UsageError
from telic.registry import near_names
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.flows import Desk, open_desk
from telic.worlds.load.generator import Generator, Way
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.pace import Timer
from telic.worlds.load.plan import Load, load_of
from telic.worlds.load.record import SecondLine


@dataclass(frozen=True)
class Order:
    """What to run."""

    design: Path  # folder
    url: str
    workload: str  # id or name
    record: Path
    rate: float | None = None  # instead of the workload's [requests/s]
    shape: str = "constant"
    seed: int = 1
    seconds: float = 60.0
    quiet: bool = False  # no lines on stdout


@dataclass(frozen=True)
class About:
    """All it takes to repeat a run; kept beside its record."""

    system: str
    design: str  # hash
    workload: str
    rate: float  # [requests/s]
    shape: str
    seed: int
    seconds: float
    url: str
    run: str  # makes addresses and idempotency keys of this run unique


@dataclass(frozen=True)
class Prepared:
    """A run before its first request."""

    about: About
    load: Load
    desk: Desk
    bound: float  # a right answer that takes longer is not good [s]
    clock: Clock

    def generator(
        self, way: Way, host: str, *, timer: Callable[[Callable[[], None]], Timer], write: Callable[[SecondLine], None]
    ) -> Generator:
        """Return the generator of the run; it is to start at once."""
        return Generator(
            iter(self.load),
            self.desk,
            way,
            host=host,
            bound=self.bound,
            seconds=self.load.seconds,
            clock=self.clock,
            timer=timer,
            write=write,
        )


def prepare(order: Order, clock: Clock, knowledge: Knowledge | None = None) -> Prepared:
    """Read what the order names.

    Parameters
    ----------
    clock
        Real or virtual time.
    knowledge
        Of the order's design, where somebody has read it already.

    Raises
    ------
    UsageError
        A workload that the design does not have, or a shape that is none.
    """
    knowledge = knowledge or Knowledge(order.design)
    load = _load(knowledge, order)
    beliefs = Beliefs(knowledge, clock.time, f"{int(clock.time() * 1000):x}-{order.seed}")
    about = About(
        knowledge.design.system,
        knowledge.design.hash,
        load.workload.id,
        load.rate,
        order.shape,
        order.seed,
        order.seconds,
        order.url,
        beliefs.run,
    )
    desk = open_desk(beliefs, load.workload.mix)
    return Prepared(about, load, desk, knowledge.bound(load.workload.id), clock)


def _load(knowledge: Knowledge, order: Order) -> Load:
    workloads = knowledge.design.workloads
    found = next((each for each in workloads if order.workload in (each.id, each.name)), None)
    if found is None:
        names = [name for each in workloads for name in (each.id, each.name)]
        raise UsageError(f"no workload {order.workload!r}", hint=near_names(order.workload, names))
    return load_of(found, rate=order.rate, shape=order.shape, seconds=order.seconds, seed=order.seed)
