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
