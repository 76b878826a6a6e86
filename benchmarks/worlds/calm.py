"""Hours of healthy running in the simulated world: deploys, more capacity, swinging load, store maintenance."""

from __future__ import annotations

import random
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from benchmarks.loop.healthy import home, quiet
from telic.lab import decoys, virtual
from telic.lab.fault import Scene
from telic.operate.statistics import poisson_at_most

RATE = 60.0  # [requests/s]; at 150 two cores need an hour for twelve of these
BETWEEN = (60.0, 240.0)  # from one harmless change to the next [s]
MAINTENANCE = 0.6  # of the database's CPU that is left to users meanwhile [1]
LONG = 30.0  # a maintenance takes [s]


@dataclass(frozen=True)
class Calm:
    """What an operator did while nothing was wrong."""

    hours: float
    alarms: int
    actions: int
    warnings: int

    @property
    def bound(self) -> float:
        """The upper end of a one-sided 95 % interval of the rate of alarms and actions (Poisson) [1/h]."""
        return _upper(self.alarms + self.actions) / self.hours


def calm(hours: float, *, parts: int = 2, seed: int = 1) -> Calm:
    """Run `hours` [h] in `parts` processes, each with a seed of its own."""
    with ProcessPoolExecutor(parts) as processes:
        done = list(processes.map(stretch, [hours * 3600 / parts] * parts, range(seed, seed + parts)))
    return Calm(hours, *(sum(counted) for counted in zip(*done, strict=True)))


def stretch(seconds: float, seed: int) -> tuple[int, int, int]:
    """Return alarms, actions and warnings of one stretch of `seconds` [s] of simulated time."""
    rng = random.Random(f"calm/{seed}")
    with (
        home() as settings,
        virtual.start("hotel", settings, quiet, rate=RATE, shape="swing:0.3@600", seed=seed) as journey,
    ):
        scene = Scene(journey.harm, journey.design, journey.world.changes)
        left = seconds
        while left > 0:
            step = min(left, rng.uniform(*BETWEEN))
            journey.pause(step)
            left -= step
            if left > LONG:
                left -= _change(journey, scene, rng)
        told = journey.incidents()
        warnings = journey.warnings(0.0)
        for each in warnings:
            print(f"seed {seed}: a warning of {each}", flush=True)
        return len(told), sum(len(each.actions) for each in told), len(warnings)


def _change(journey: virtual.VirtualJourney, scene: Scene, rng: random.Random) -> float:
    """Change something harmless; return the time it took [s]."""
    kind = rng.choice(("deploy", "deploy", "scale", "maintenance"))
    if kind == "scale":
        journey.harm.capacity(rng.choice(sorted(journey.harm.state().services)), rng.choice((1.0, 1.5, 2.0)))
        return 0.0
    if kind == "maintenance":
        journey.harm.throttle("postgres", MAINTENANCE)
        journey.pause(LONG)
        journey.harm.throttle("postgres", 1.0)
        return LONG
    decoys.decoy(scene, rng.randrange(10**6))
    return 0.0


def _upper(count: int) -> float:
    """Return the mean of which `count` or fewer would happen with probability 5 %."""
    low, high = 0.0, count + 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if poisson_at_most(count, middle) > 0.05 else (low, middle)
    return high
