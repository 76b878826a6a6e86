"""Does the same actor on the same scenario and seed get the same grades each time?"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from telic.lab.runs.graded import Graded
from telic.lab.runs.intervals import upper_bound
from telic.model.estimate import Estimate


@dataclass(frozen=True)
class Repeated:
    """One scenario, seed, actor and world, run several times."""

    scenario: str
    seed: int
    actor: str
    world: str
    runs: int
    deviating: int  # runs whose grades differ from the most frequent ones [1]


def repeated(found: Iterable[Graded]) -> list[Repeated]:
    """Return everything that was run twice or more, the flakiest first; a void run is an outcome of its own."""
    cells: dict[tuple[str, str, int, str, str], list[tuple[tuple[str, bool | None], ...]]] = {}
    for each in found:
        one = each.episode
        key = (each.scenario, one.scenario_hash, one.seed, one.actor, one.world)
        cells.setdefault(key, []).append((("void", bool(each.grades.void)), *each.outcomes.items()))
    rows = [
        Repeated(name, seed, actor, world, len(seen), len(seen) - Counter(seen).most_common(1)[0][1])
        for (name, _, seed, actor, world), seen in cells.items()
        if len(seen) > 1
    ]
    return sorted(rows, key=lambda each: (-each.deviating / each.runs, each.scenario, each.seed, each.actor))


def flakiness(found: Iterable[Graded]) -> Estimate | None:
    """Return the share of cells whose runs do not all agree, from 0 to its exact upper 95 % bound; None without any."""
    rows = repeated(found)
    if not rows:
        return None
    flaky = sum(each.deviating > 0 for each in rows)
    return Estimate(flaky / len(rows), 0.0, upper_bound(flaky, len(rows)), flaky, len(rows))


@dataclass(frozen=True)
class Flaky:
    """How often runs of one scenario do not agree with the most frequent one, over its seeds."""

    scenario: str
    actor: str
    world: str
    rate: Estimate  # of deviating runs, from 0 to its exact upper 95 % bound


def by_scenario(found: Iterable[Graded]) -> list[Flaky]:
    """Return every scenario, actor and world that was run twice or more, the flakiest first.

    The first run of each seed has nothing to deviate from, so it is no trial: a fair coin would deviate in half of the
    others.
    """
    counted: dict[tuple[str, str, str], tuple[int, int]] = {}
    for each in repeated(found):
        key = each.scenario, each.actor, each.world
        deviating, runs = counted.get(key, (0, 0))
        counted[key] = deviating + each.deviating, runs + each.runs - 1
    rows = [
        Flaky(*key, Estimate(hits / trials, 0.0, upper_bound(hits, trials), hits, trials))
        for key, (hits, trials) in counted.items()
    ]
    return sorted(rows, key=lambda each: (-(each.rate.value or 0.0), each.scenario, each.actor, each.world))
