"""The vulnerability map: at which rates, lengths of a trigger and numbers of retries a plan does not come back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from telic.errors import UsageError
from telic.model.goodput import TAIL, goodput, recovery
from telic.worlds.queueing.plan import Plan
from telic.worlds.queueing.result import Result
from telic.worlds.queueing.simulation import simulate
from telic.worlds.queueing.trigger import Trigger

BEFORE, SETTLED = 8.0, 2.0  # the trigger begins then; the time before counts from then on [s]
BOUND = 0.95  # of the goodput before that has to be reached again [1]


@dataclass(frozen=True)
class Storm:
    """What became of each point; axes: retries, rates, lengths."""

    rates: tuple[float, ...]  # [requests/s]
    lengths: tuple[float, ...]  # of the trigger [s]
    retries: tuple[int, ...]  # -1: as the wiring has them [1]
    before: Any  # goodput before the trigger [1]
    tail: Any  # goodput of the last 8 s [1]
    recovery: Any  # from the trigger's end [s]; nan: never


def with_retries(plan: Plan, retries: int) -> Plan:
    """Return the plan with so many retries [1] at every edge that has some; -1 leaves it as it is."""
    if retries < 0:
        return plan
    edges = plan.edges.copy()
    edges["retries"][edges["retries"] > 0] = retries
    return replace(plan, edges=edges)


def storm(
    plan: Plan,
    *,
    rates: Sequence[float],
    lengths: Sequence[float],
    trigger: Trigger,
    retries: Sequence[int] = (-1,),
    after: float = 25.0,
    seed: int = 1,
) -> Storm:
    """Run every point of a grid.

    Parameters
    ----------
    plan
        The design with the wiring that is looked at.
    rates
        Of the load [requests/s].
    lengths
        Of the trigger [s].
    trigger
        What happens; its own time and length do not matter.
    retries
        At every edge that has some; -1 is what the wiring says.
    after
        How long each point is watched after the trigger [s].
    seed
        Of every run.
    """
    if not rates or not lengths or not retries:
        raise UsageError("a map without a rate, a length or a number of retries", hint="give one of each at least")
    shape = (len(retries), len(rates), len(lengths))
    before, tail, took = np.zeros(shape), np.zeros(shape), np.full(shape, np.nan)
    for first, number in enumerate(retries):
        variant = with_retries(plan, number)
        for second, rate in enumerate(rates):
            for third, length in enumerate(lengths):
                at = (first, second, third)
                one = replace(trigger, at=BEFORE, seconds=length)
                end = one.end + after
                result = simulate(variant, seconds=end, rate=rate, seed=seed, triggers=[one])
                before[at] = result.goodput(SETTLED, BEFORE)
                tail[at] = result.goodput(max(one.end, end - TAIL), end)
                took[at] = _took(result, before[at], one.end)
    return Storm(tuple(rates), tuple(lengths), tuple(retries), before, tail, took)


def _took(result: Result, before: float, end: float) -> float:
    found = recovery(goodput(result.tallies()), bound=BOUND * before, since=end)
    return float("nan") if found is None else found
