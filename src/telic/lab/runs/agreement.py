"""Do two kinds of worlds say the same of an actor in the same scenario under the same seed?"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

from telic.lab.runs.graded import Graded
from telic.lab.runs.intervals import rate
from telic.lab.scenario.scenario import EVERY
from telic.model.estimate import Estimate

TIMES = {"to detect": "to_detect", "to mitigate": "to_mitigate"}
LEAST = 1.0  # seconds are counted whole: shorter times are taken for so much [s]


@dataclass(frozen=True)
class Differing:
    """A task of one scenario, seed and actor that two worlds judge differently."""

    scenario: str
    seed: int
    actor: str
    task: str
    passed_in: str
    failed_in: str


@dataclass(frozen=True)
class Agreement:
    """Two kinds of worlds, over every scenario, seed and actor that were played in both.

    Attributes
    ----------
    tasks
        By task the share of cells that are judged alike, with its interval over scenarios [1]; where a world played a
        cell several times, its most frequent outcome counts, and of equally many the worse.
    all
        The same over all tasks together.
    times
        By name the median ratio of the times, the first world's to the second's, where both passed [1].
    differing
        What is judged differently.
    """

    worlds: tuple[str, str]
    cells: int
    tasks: dict[str, Estimate]
    all: Estimate
    times: dict[str, float]
    differing: tuple[Differing, ...]


def agreements(found: Iterable[Graded]) -> list[Agreement]:
    """Return every two kinds of worlds that have a cell in common; void episodes count for nothing."""
    cells: dict[tuple[str, str, int, str], dict[str, list[Graded]]] = {}
    for each in found:
        if not each.grades.void:
            key = each.scenario, each.episode.scenario_hash, each.episode.seed, each.episode.actor
            cells.setdefault(key, {}).setdefault(each.episode.world, []).append(each)
    worlds = sorted({world for by_world in cells.values() for world in by_world})
    made = []
    for one, two in combinations(worlds, 2):
        shared = [(by_world[one], by_world[two]) for by_world in cells.values() if one in by_world and two in by_world]
        if shared:
            made.append(_agreement((one, two), shared))
    return made


def _agreement(worlds: tuple[str, str], shared: Sequence[tuple[list[Graded], list[Graded]]]) -> Agreement:
    judged: dict[str, list[tuple[str, bool]]] = {name: [] for name in EVERY}
    differing = []
    for pair in shared:
        one = pair[0][0]
        for task in judged:
            passed = [_outcome(task, side) for side in pair]
            if passed[0] is None or passed[1] is None:
                continue
            judged[task].append((one.scenario, passed[0] == passed[1]))
            if passed[0] != passed[1]:
                where = worlds if passed[0] else (worlds[1], worlds[0])
                differing.append(Differing(one.scenario, one.episode.seed, one.episode.actor, task, *where))
    return Agreement(
        worlds,
        len(shared),
        {task: rate(seen) for task, seen in judged.items() if seen},
        rate(each for seen in judged.values() for each in seen),
        {name: ratio for name, field in TIMES.items() if (ratio := _ratio(field, shared)) is not None},
        tuple(sorted(differing, key=lambda each: (each.scenario, each.seed, each.actor, each.task))),
    )


def _outcome(task: str, runs: Iterable[Graded]) -> bool | None:
    counted = Counter(passed for each in runs if (passed := each.outcomes[task]) is not None)
    return counted[True] > counted[False] if counted else None


def _ratio(field: str, shared: Iterable[tuple[list[Graded], list[Graded]]]) -> float | None:
    ratios = []
    for pair in shared:
        took = [[at for each in side if (at := getattr(each.grades, field)) is not None] for side in pair]
        if took[0] and took[1]:
            one, two = (max(LEAST, statistics.median(each)) for each in took)
            ratios.append(one / two)
    return statistics.median(ratios) if ratios else None
