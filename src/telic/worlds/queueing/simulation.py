"""A run from an empty system to its end: users send a load, triggers hurt it, every request is decided."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from telic.errors import UsageError
from telic.worlds.queueing.plan import Plan
from telic.worlds.queueing.result import Result
from telic.worlds.queueing.run import MEMORY, Run
from telic.worlds.queueing.trigger import Trigger


def simulate(
    plan: Plan,
    *,
    seconds: float,
    rate: float | None = None,
    seed: int = 1,
    triggers: Sequence[Trigger] = (),
    sampled: float = 0.0,
    spans: int = 200_000,
    memory: int = MEMORY,
) -> Result:
    """Run a plan from an empty system, and on until every request is decided.

    Parameters
    ----------
    plan
        What `compile` returned.
    seconds
        That users send requests for [s].
    rate
        Mean [requests/s]; by default the workload's.
    seed
        Of every stream of chance.
    triggers
        What hurts it, each for its time.
    sampled
        Share of requests whose spans are kept [1].
    spans
        That are kept at most [1].
    memory
        That the run may use [bytes].

    Raises
    ------
    ModelTooLarge
        A queue outgrew the memory.
    """
    wanted = plan.rate if rate is None else rate
    if not seconds > 0 or wanted < 0:
        raise UsageError(f"{wanted:g} requests/s for {seconds:g} s is no load", hint="give numbers above 0")
    this = Run(plan, math.ceil(seconds), seed=seed, spans=spans if sampled > 0 else 0, sampled=sampled, memory=memory)
    this.load(wanted)
    for time, change in _changes(this, triggers, wanted):
        if time >= seconds:
            break
        this.until(time)
        change()
    this.until(seconds)
    this.load(0.0)
    this.until(seconds + plan.costs.patience + 0.01)
    return this.result()


class _Change:
    """Something to be done to a run at a time."""

    def __init__(self, this: Run, trigger: Trigger, rate: float, *, begins: bool) -> None:
        self._this, self._trigger, self._rate, self._begins = this, trigger, rate, begins

    def __call__(self) -> None:
        this, trigger, begins = self._this, self._trigger, self._begins
        match trigger.kind:
            case "load":
                this.load(self._rate * (trigger.value if begins else 1.0))
            case "capacity":
                this.capacity(trigger.service, trigger.value if begins else 1.0)
            case "error":
                this.errors(trigger.service, trigger.value if begins else 0.0)
            case "delay":
                this.delay(trigger.service, trigger.value if begins else 0.0)
            case "flush":
                this.flush()
            case "pause":
                this.stop(trigger.service, (1.0 - trigger.value) * trigger.every)


def _changes(this: Run, triggers: Sequence[Trigger], rate: float) -> Iterator[tuple[float, _Change]]:
    found = []
    for each in triggers:
        begin = _Change(this, each, rate, begins=True)
        if each.kind == "flush":
            found.append((each.at, begin))
        elif each.kind == "pause":
            times = np.arange(each.at, each.end - 1e-9, each.every)
            found += [(float(time), begin) for time in times]
        else:
            found += [(each.at, begin), (each.end, _Change(this, each, rate, begins=False))]
    yield from sorted(found, key=lambda pair: pair[0])
