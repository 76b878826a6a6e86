"""The compiled queueing model: how fast it is, and how far it agrees with the handlers' world.

``python -m benchmarks.worlds.model`` prints both; ``--quick`` compares three wirings only.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.loop.healthy import home, quiet
from benchmarks.worlds.agreement import DESIGNS, TRIGGERS
from telic import apps
from telic import design as designs
from telic import intent as intents
from telic.lab.trials.plan import GENTLE, Planned, plan
from telic.lab.trials.run import opened, through
from telic.model import Design
from telic.model.goodput import Phases, Verdict, judge
from telic.model.topology import Window
from telic.runtime.wiring import Wiring
from telic.settings import Settings
from telic.worlds.queueing import Costs, Result, Trigger, compile, simulate, statement_costs, topology, trigger_of

SERVICES, RATE = 1_000, 100_000.0
QUICK = ("baseline", "no-retries", "combination")


@dataclass(frozen=True)
class Speed:
    """One run of a large made-up system."""

    ratio: float  # simulated seconds per second of wall clock on one core [1]
    note: str


@dataclass(frozen=True)
class Seen:
    """What one world showed of a trial."""

    verdict: Verdict
    p99: float  # before the trigger [s]

    @property
    def comes_back(self) -> bool:
        """Whether users were well again while watched."""
        return self.verdict.recovery is not None


@dataclass(frozen=True)
class Pair:
    """One trial with one wiring in the handlers' world and in the model."""

    wiring: str
    trial: str
    handlers: Seen
    model: Seen

    @property
    def same(self) -> bool:
        """Whether both say the same."""
        return self.handlers.comes_back == self.model.comes_back


def speed(seconds: float, *, services: int = SERVICES, rate: float = RATE) -> Speed:
    """Run a made-up system for `seconds` [s] after compiling."""
    begun = time.perf_counter()
    made = topology(services, seed=1, rate=rate)
    plan_ = compile(made.design, made.wiring, made.workload, costs=made.costs)
    simulate(plan_, seconds=0.1, rate=1000.0)
    first = time.perf_counter() - begun
    begun, cpu = time.perf_counter(), time.process_time()
    found = simulate(plan_, seconds=seconds, seed=3, memory=1 << 32)
    wall, cpu = time.perf_counter() - begun, time.process_time() - cpu
    calls = int(found.of_edge[:, :, 0].sum())
    note = (
        f"{services} services, {len(plan_.edge_names)} edges, {rate:g} requests/s, "
        f"{calls / found.sent.sum():.1f} calls a request; "
        f"{found.events / wall / 1e6:.1f} M events/s, {calls / wall / 1e6:.2f} M calls/s, "
        f"{seconds / cpu:.2f} s per CPU second; good {found.goodput(0, seconds):.4f}; first call {first:.1f} s"
    )
    return Speed(seconds / wall, note)


def agreement(
    wirings: Sequence[str] = DESIGNS, trials: Sequence[str] = TRIGGERS, *, seed: int = 1
) -> tuple[float, list[Pair]]:
    """Run trials on both and print a table; return the share of the same verdicts [1] and the pairs."""
    folder, pairs = apps.find("hotel").parent / "wirings", []
    print(
        f"{'wiring':16} {'trial':5} {'same':5} {'recovery [s]':>15} {'good during':>13} {'tail':>13} {'p99 [ms]':>13}"
    )
    with home() as settings:
        made = designs.generate(intents.read(apps.find("hotel")), settings.home / "design")
        for trial in trials:
            planned = plan("hotel", trial)
            for name in wirings:
                path = folder / f"{name}.yaml"
                handlers = in_handlers(planned, settings, path, seed)
                pairs.append(Pair(name, trial, handlers, in_model(planned, made, designs.read_wiring(path), seed)))
                print(_row(pairs[-1]), flush=True)
    share = sum(each.same for each in pairs) / len(pairs)
    print(f"same verdict: {share:.0%} of {len(pairs)}; {differences(pairs)}")
    return share, pairs


def differences(pairs: Sequence[Pair]) -> Mapping[str, float]:
    """Return median differences of goodput [1] and of p99 (the larger over the smaller) [1]."""
    during = [abs(each.handlers.verdict.during - each.model.verdict.during) for each in pairs]
    tail = [abs(each.handlers.verdict.tail - each.model.verdict.tail) for each in pairs]
    p99 = [max(each.handlers.p99, each.model.p99) / min(each.handlers.p99, each.model.p99) for each in pairs]
    found = {"during": during, "tail": tail, "p99_ratio": p99}
    return {name: round(statistics.median(values), 3) for name, values in found.items()}


def in_handlers(planned: Planned, settings: Settings, wiring: Path, seed: int) -> Seen:
    """Run a trial in the simulated world."""
    with opened(
        "hotel",
        settings,
        quiet,
        world="simulated",
        workload=planned.workload.id,
        rate=planned.workload.rate,
        shape=planned.shape,
        seed=seed,
        operate=False,
        wiring=wiring,
    ) as course:
        phases = through(course, planned)
        record = course.record().since(phases.before.start, phases.after.end)
        verdict = judge(record.tallies(), phases, planned.recoveries, planned.objectives)
        (p99,) = record.since(phases.before.start, phases.before.end - 1.0).percentiles(0.99)  # whole seconds
    return Seen(verdict, p99)


def in_model(planned: Planned, made: Design, wiring: Wiring, seed: int) -> Seen:
    """Run a trial in the queueing model."""
    timing = planned.timing
    begin, end = timing.before, timing.before + planned.seconds
    triggers = [Trigger("load", 0.0, timing.warm, GENTLE), trigger_of(planned.trial.inject, begin)]
    costs = Costs(statements=statement_costs(made.folder))
    ready = compile(made, wiring, planned.workload, costs=costs)
    found: Result = simulate(ready, seconds=end + timing.recovery, seed=seed, triggers=triggers)
    phases = Phases(Window(timing.warm, begin), Window(begin, end), Window(end, end + timing.recovery))
    verdict = judge(found.tallies(), phases, planned.recoveries, planned.objectives)
    return Seen(verdict, found.quantile(0.99, timing.warm, begin))


def _row(pair: Pair) -> str:
    one, other = pair.handlers, pair.model
    took = [f"{each.verdict.recovery:.0f}" if each.verdict.recovery is not None else "never" for each in (one, other)]
    numbers = [f"{getattr(one.verdict, name):.2f} / {getattr(other.verdict, name):.2f}" for name in ("during", "tail")]
    tail = f"{one.p99 * 1e3:.1f} / {other.p99 * 1e3:.1f}"
    return (
        f"{pair.wiring:16} {pair.trial:5} {'yes' if pair.same else 'NO':5} {' / '.join(took):>15} "
        f"{numbers[0]:>13} {numbers[1]:>13} {tail:>13}"
    )


if __name__ == "__main__":
    measured = speed(10.0)
    print(f"model_speed {measured.ratio:.2f} s/s: {measured.note}")
    agreement(QUICK if "--quick" in sys.argv else DESIGNS)
