"""Overload on purpose: the rate rises in steps until something is full, and telemetry says what it was."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import psutil

from benchmarks import result
from benchmarks.loop.healthy import SETTLE, cpu_seconds, home, quiet
from benchmarks.result import Metric
from telic.lab import journey, virtual
from telic.lab.course import Course
from telic.model import Window
from telic.model.trial import WorldName
from telic.telemetry import queries

HIGH = 300.0  # rate of the high workload, W2 [requests/s]
FACTORS = (0.5, 1.0, 1.2, 1.35, 1.5, 1.75, 2.0)  # of it
HOLD, LEAD = 15.0, 4.0  # how long a step lasts, and how much of its beginning is not counted [s]
LATE = 3.0  # until everything of a step is decided and exported [s]


@dataclass(frozen=True)
class Step:
    """One rate and what it did."""

    factor: float  # of the high workload
    rate: float  # as sent [requests/s]
    good: float  # [1]
    p99: float  # [s]
    cpu: float  # of the machine, for the system's processes and the generator; 0 in the simulated world [1]
    machine: float  # the same for everything that ran on it [1]
    full: tuple[str, ...]  # services full for half of it or longer that waited for no other full one
    utilisation: dict[str, float]  # of the slots of each service [1]
    queued: dict[str, float]  # most that waited in each service [1]


def overload(
    factors: Sequence[float] = FACTORS, *, world: WorldName = "local", hold: float = HOLD, seed: int = 1
) -> list[Step]:
    """Raise the rate of the hotel step by step, each `hold` [s] long; nobody operates."""
    start = journey.start if world == "local" else virtual.start
    ends = [SETTLE + hold * index for index in range(len(factors))]
    shape = f"steps:{factors[0]:g}@0," + ",".join(f"{each:g}@{at:g}" for each, at in zip(factors, ends, strict=True))
    with (
        home() as settings,
        start("hotel", settings, quiet, rate=HIGH, shape=shape, seed=seed, operate=False) as running,
    ):
        tree = []
        if world == "local":
            tree = [psutil.Process(int(str(running.world.about()["pid"]))), psutil.Process(os.getpid())]
        begun = float(running.record().seconds[0].second)
        return [_step(running, factor, begun + end, hold, tree) for factor, end in zip(factors, ends, strict=True)]


def full_at(steps: Sequence[Step]) -> Step | None:
    """Return the first step in which something was full."""
    return next((each for each in steps if each.full), None)


def main() -> int:
    """Measure, write, and return 0; an unmet goal is a result, not a failure."""
    parser = result.arguments("At which rate which resource is full, and how busy the machine is then.")
    parser.add_argument("--world", choices=("local", "simulated"), default="local")
    chosen = parser.parse_args()
    steps = overload((1.0, 1.5), world=chosen.world, hold=10.0) if chosen.quick else overload(world=chosen.world)
    for each in steps:
        print(_line(each))
    found = full_at(steps)
    note = "nothing was full" if found is None else f"{', '.join(found.full)} at {found.rate:.0f} requests/s"
    metrics = {
        "full_at": Metric(found.factor if found else None, "x W2", 1.5, note=note),
    }
    if chosen.world == "local":
        note = "of the machine, system and generator"
        metrics["full_cpu"] = Metric(found.cpu if found else None, "1", 0.6, note=note)
    result.write(chosen.json, "overload", metrics, {"steps": [asdict(each) for each in steps]})
    return 0


def _line(step: Step) -> str:
    busy = f"CPU {step.cpu:4.0%} of the machine ({step.machine:.0%} with all others), " if step.cpu else ""
    taken = ", ".join(f"{name} {share:.0%}" for name, share in step.utilisation.items() if share >= 0.1)
    return (
        f"{step.factor:4g} x W2: {step.rate:4.0f}/s, {step.good:6.1%} good, p99 {step.p99 * 1000:5.0f} ms, "
        f"{busy}full: {', '.join(step.full) or '-'}; {taken}"
    )


def _step(running: Course, factor: float, start: float, hold: float, tree: list[psutil.Process]) -> Step:
    window = Window(math.ceil(start + LEAD), math.floor(start + hold))
    running.pause(max(0.0, window.start - running.now()))
    psutil.cpu_percent()
    before, began = cpu_seconds(tree), running.now()
    running.pause(max(0.0, window.end - running.now()))
    spent, took, machine = cpu_seconds(tree) - before, running.now() - began, psutil.cpu_percent() / 100
    running.pause(LATE)
    record = running.record().since(window.start, window.end)
    found = queries.peaks(queries.saturation(running.world.store(), window))
    full = queries.full_services(found, window.seconds / 2)
    (p99,) = record.percentiles(0.99)
    return Step(
        factor,
        record.total() / window.seconds,
        record.good(),
        p99,
        spent / took / (os.cpu_count() or 1),
        machine,
        tuple(queries.bottlenecks(full, running.world.topology())),
        {each.service: each.mean for each in found},
        {each.service: each.queued for each in found},
    )


if __name__ == "__main__":
    sys.exit(main())
