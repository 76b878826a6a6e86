"""Makes scenarios: every fault at several places, and as many situations in which nothing has to be done."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from telic.errors import TelicError, UsageError
from telic.lab.fault import Params, Scene, Selective, grows
from telic.lab.faults import fault
from telic.lab.scenario.scenario import TASKS, Load, Noise, Placed, Scenario, Task
from telic.lab.scenario.usual import PHASES, RATE
from telic.lab.scenario.writing import write as as_text
from telic.model import Scalar

TRIES = 24  # seeds that are tried for another place of the same fault [1]
OPEN = ("seed", "version", "before", "port")  # parameters that the episode chooses: chance, and what is there then
BOUND = ("port", "_file")  # endings of settings whose values are another world's tomorrow
AFTER = Noise("decoy", before=-0.5)  # what was changed last is not what is wrong
NOISES: Sequence[tuple[Noise, ...]] = (
    (AFTER,),
    (Noise("decoy", before=6.0), AFTER),
    (AFTER, Noise("red-herring", before=4.0)),
)
CALM: Sequence[tuple[str, Sequence[Noise]]] = (
    ("calm", ()),
    ("change", (Noise("decoy", before=1.0),)),
    ("red-herring", (Noise("red-herring", before=1.0),)),
    ("busy-day", (Noise("decoy", before=4.0), Noise("red-herring", before=2.0), Noise("decoy", before=-4.0))),
)
LEVELS = (0.8, 1.0, 1.2)  # of the rate [1]
SHAPES = ("constant", "swing:0.3@20", "swing:0.2@12")
GROWING = (6.0, 24.0)  # how long a fault grows that does [s]
SLOW = 20.0  # from so long on it can be foreseen [s]
PASSING = (5.0, 8.0, 11.0)  # how long a fault lasts that goes away by itself [s]


@dataclass(frozen=True)
class Place:
    """A fault with all that it takes to put it at the same place again."""

    kind: str
    params: Params


def generate(
    app: str,
    scene: Scene,
    *,
    seed: int = 1,
    each: int = 2,
    kinds: Sequence[str] = (),
    rate: float = RATE,
    noisy: bool = True,
) -> list[Scenario]:
    """Return scenarios of an app: those with a fault that stays, and as many without.

    Parameters
    ----------
    scene
        The app as it runs, for choosing places; nothing is done to it.
    seed
        Chooses places, sizes, noise and times.
    each
        Places of each fault at most [1].
    kinds
        Faults; all that are registered without any.
    rate
        Of users [requests/s].
    noisy
        Whether harmless things happen as well, where the app has what they need.
    """
    for kind in kinds:
        fault.factory(kind)
    places = [place for kind in kinds or fault for place in _places(kind, scene, seed, each)]
    if not places:
        raise UsageError(f"no fault fits {app}", hint="see `telic lab list`")
    sick = [_sick(app, place, number, seed, rate) for number, place in enumerate(places)]
    well = [_well(app, number, places[number % len(places)], seed, rate, noisy) for number in range(len(places))]
    return [*(sick if noisy else [replace(one, noise=()) for one in sick]), *well]


def write(scenarios: Sequence[Scenario], folder: Path) -> list[Path]:
    """Write one file a scenario; files of the same name are replaced."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{each.name}.toml" for each in scenarios]
    for path, each in zip(paths, scenarios, strict=True):
        path.write_text(as_text(each), encoding="utf-8")
    return paths


def _places(kind: str, scene: Scene, seed: int, most: int) -> Iterator[Place]:
    """Yield places at which the fault certainly hurts, each another one; none where the app has none."""
    seen: set[tuple[tuple[str, Scalar], ...]] = set()
    for attempt in range(TRIES):
        if len(seen) == most:
            return
        try:
            if isinstance(scene.harm, Selective):
                scene.harm.require(kind)
            params = fault.factory(kind).plan(scene, seed * 1000 + attempt, {})  # type: ignore[attr-defined]
        except TelicError:
            return
        left_open = _open(params)
        kept = {name: value for name, value in params.items() if name not in left_open}
        texts = tuple(sorted((name, value) for name, value in kept.items() if isinstance(value, str)))
        if texts not in seen:
            seen.add(texts)
            yield Place(kind, kept)


def tasks_of(kind: str) -> tuple[Task, ...]:
    """Return what a fault asks: all tasks, but no mitigation where no tool of an operator reaches what is wrong."""
    beyond = getattr(fault.factory(kind), "beyond", False)
    return tuple(each for each in TASKS if each != "mitigate" or not beyond)


def _open(params: Params) -> frozenset[str]:
    """Return which parameters a scenario leaves open, so that it is the same one in every world."""
    bound = str(params.get("key", "")).endswith(BOUND)
    return frozenset((*OPEN, "value") if bound else OPEN)


def _sick(app: str, place: Place, number: int, seed: int, rate: float) -> Scenario:
    rng = random.Random(f"sick/{app}/{place.kind}/{number}/{seed}")
    ramps = grows(place.kind) and rng.random() < 0.5
    over = rng.choice(GROWING) if ramps else 0.0
    placed = Placed(place.kind, place.params, shape="ramp", over=over) if ramps else Placed(place.kind, place.params)
    foreseen: tuple[Task, ...] = ("predict",) if over >= SLOW else ()
    return Scenario(
        name=f"{_stem(app)}-{place.kind}-{number:03d}",
        app=app,
        workload=Load(rate=rate),
        faults=(placed,),
        tasks=(*tasks_of(place.kind), *foreseen),
        noise=rng.choice(NOISES),
        phases=replace(PHASES, hold=PHASES.hold + over),
        difficulty="grows" if ramps else "",
    )


def _well(app: str, number: int, place: Place, seed: int, rate: float, noisy: bool) -> Scenario:
    """Return a scenario in which nothing has to be done: every third time because a fault goes by itself."""
    rng = random.Random(f"well/{app}/{number}/{seed}")
    if number % 3 == 2:
        passing = Placed(place.kind, place.params, lasts=rng.choice(PASSING))
        name = f"passing-{place.kind}"
        return Scenario(
            f"{_stem(app)}-{name}-{number:03d}", app, workload=Load(rate=rate), faults=(passing,),
            phases=PHASES, difficulty="goes by itself",
        )  # fmt: skip
    name, quiet = CALM[number % len(CALM) if noisy else 0]
    return Scenario(
        f"{_stem(app)}-{name}-{number:03d}",
        app,
        workload=Load(rate=rate * rng.choice(LEVELS), shape=rng.choice(SHAPES)),
        noise=tuple(quiet),
        phases=PHASES,
        difficulty="nothing is wrong",
    )


def _stem(app: str) -> str:
    return Path(app).stem
