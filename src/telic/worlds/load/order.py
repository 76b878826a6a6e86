"""What to run, and what is ready before the first request: knowledge, beliefs, the plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from telic.clock import Clock
from telic.errors import UsageError
from telic.model.intent import Workload
from telic.registry import near_names
from telic.worlds.brought.app import App
from telic.worlds.brought.designing import described, workload
from telic.worlds.load.beliefs import Beliefs
from telic.worlds.load.flows import Desk, open_desk
from telic.worlds.load.flows.plain import Plain
from telic.worlds.load.generator import Generator, Way
from telic.worlds.load.knowledge import Knowledge
from telic.worlds.load.pace import Timer
from telic.worlds.load.plan import Load, load_of
from telic.worlds.load.record import SecondLine

FOREVER = 7200.0  # longer than anybody looks [s]


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
    mix: str = ""  # instead of the workload's, such as F1=3,F5=1
    keys: int = 0  # instead of the workload's count [1]


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
    if (brought := described(order.design)) is not None:
        return _brought(brought.app, order, clock)
    knowledge = knowledge or Knowledge(order.design)
    load = _load(knowledge.design.workloads, order)
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


def _brought(app: App, order: Order, clock: Clock) -> Prepared:
    """Return the run of a system that somebody brought: its file says what users ask, and nothing of answers."""
    load = _load((workload(app),), order)
    about = About(app.name, "", load.workload.id, load.rate, order.shape, order.seed, order.seconds, order.url, "")
    flows = {each.name: Plain(each) for each in app.operations}
    if unknown := [each for each in load.workload.mix if each not in flows]:
        raise UsageError(f"{app.name} has no operation {unknown[0]!r}", hint=near_names(unknown[0], flows))
    return Prepared(about, load, Desk(flows), app.promise.latency, clock)


def _load(workloads: Sequence[Workload], order: Order) -> Load:
    found = next((each for each in workloads if order.workload in (each.id, each.name)), None)
    if found is None:
        names = [name for each in workloads for name in (each.id, each.name)]
        raise UsageError(f"no workload {order.workload!r}", hint=near_names(order.workload, names))
    if order.mix:
        found = replace(found, mix=read_mix(order.mix))
    if order.keys:
        found = replace(found, keys=replace(found.keys, count=order.keys))
    return load_of(found, rate=order.rate, shape=order.shape, seconds=order.seconds, seed=order.seed)


def extra(design: Path, url: str, workload: str, order: Mapping[str, str | float]) -> Order:
    """Return the order of a load besides the usual one, from what is wanted of it; it goes on until it is stopped.

    Raises
    ------
    UsageError
        Something that a load does not have, or no rate.
    """
    unknown = set(order) - {"rate", "shape", "mix", "keys", "seed"}
    if unknown or float(order.get("rate", 0.0)) <= 0:
        raise UsageError(f"no load: {dict(order)}", hint="give rate above 0; and shape, mix, keys, seed")
    return Order(
        design=design,
        url=url,
        workload=workload,
        record=Path(),
        rate=float(order["rate"]),
        shape=str(order.get("shape", "constant")),
        seed=int(order.get("seed", 1)),
        seconds=FOREVER,
        quiet=True,
        mix=str(order.get("mix", "")),
        keys=int(order.get("keys", 0)),
    )


def read_mix(text: str) -> dict[str, float]:
    """Return operations and their weights.

    Examples
    --------
    >>> read_mix("F1=3,F7.login=0.5")
    {'F1': 3.0, 'F7.login': 0.5}
    """
    mix: dict[str, float] = {}
    for each in text.split(","):
        name, _, weight = each.strip().partition("=")
        try:
            mix[name] = float(weight)
        except ValueError as error:
            raise UsageError(f"{each!r} is no part of a mix", hint="write F1=3,F5=1") from error
    return mix
