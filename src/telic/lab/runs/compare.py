"""Two runs, or two actors, on the same scenarios and seeds: what differs, and whether that is chance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from telic.lab.runs.graded import Graded
from telic.lab.runs.paired import bootstrap, mcnemar
from telic.lab.runs.power import smallest_difference
from telic.lab.runs.summary import MEANS, MEDIANS, TASKS
from telic.model.estimate import Estimate

MEASURES = {**MEDIANS, **MEANS}


@dataclass(frozen=True)
class Paired:
    """One task on the episodes that both judged."""

    task: str
    both: int
    first_only: int
    second_only: int
    neither: int
    difference: Estimate | None  # share of passed, second minus first, over resampled scenarios
    chance: float  # of a difference as large between equals, McNemar's exact p [1]
    visible: float | None  # the smallest difference that so many pairs show four times in five [1]

    @property
    def pairs(self) -> int:
        """How many episodes both judged [1]."""
        return self.both + self.first_only + self.second_only + self.neither


@dataclass(frozen=True)
class Comparison:
    """Everything about two actors that can be set side by side.

    Attributes
    ----------
    numbers
        By name the mean difference, second minus first, with its interval.
    alone
        Episodes of which the other side has none [1].
    why
        Why there is no pair at all; "" where there is one.
    """

    first: str
    second: str
    tasks: tuple[Paired, ...]
    numbers: dict[str, Estimate]
    alone: int
    why: str = ""


def compare(
    first: Sequence[Graded], second: Sequence[Graded], *, names: tuple[str, str] = ("first", "second")
) -> Comparison:
    """Compare two lists of episodes pair by pair.

    Parameters
    ----------
    first, second
        Paired by scenario, seed, repeat and world, and by actor where a side has several. Void ones are left out with
        their pair.
    """
    pairs = matched(first, second)
    shared = [(one, two) for one, two in pairs if not one.grades.void and not two.grades.void]
    numbers = {}
    for name, measure in MEASURES.items():
        values: dict[str, list[float]] = {}
        for one, two in shared:
            before, after = measure(one), measure(two)
            if before is not None and after is not None:
                values.setdefault(one.scenario, []).append(after - before)
        if (found := bootstrap(values)) is not None:
            numbers[name] = found
    alone = len(first) + len(second) - 2 * len(pairs)
    why = "" if pairs else _apart(first, second)
    return Comparison(*names, tuple(_paired(task, shared) for task in TASKS), numbers, alone, why)


def matched(first: Iterable[Graded], second: Iterable[Graded]) -> list[tuple[Graded, Graded]]:
    """Return the episodes that both have; where a side has several actors, each is matched with itself."""
    one, two = list(first), list(second)
    several = any(len(_actors(side)) > 1 for side in (one, two))

    def key(each: Graded) -> tuple[object, ...]:
        return (*each.key, each.episode.actor if several else "")

    others = {key(each): each for each in two}
    return [(each, others[key(each)]) for each in one if key(each) in others]


def _apart(first: Sequence[Graded], second: Sequence[Graded]) -> str:
    """Return why two sides have no pair."""
    if not {each.key for each in first} & {each.key for each in second}:
        return "they have no scenario, seed, repeat and world in common"
    one, two = (", ".join(_actors(each)) for each in (first, second))
    return f"where a run has several actors each is compared with itself, and they have none in common: {one}; {two}"


def _actors(found: Iterable[Graded]) -> list[str]:
    return sorted({each.episode.actor for each in found})


def _paired(task: str, shared: Sequence[tuple[Graded, Graded]]) -> Paired:
    counts = {(one, two): 0 for one in (True, False) for two in (True, False)}
    values: dict[str, list[float]] = {}
    for one, two in shared:
        before, after = one.outcomes[task], two.outcomes[task]
        if before is not None and after is not None:
            counts[before, after] += 1
            values.setdefault(one.scenario, []).append(float(after) - float(before))
    first_only, second_only, pairs = counts[True, False], counts[False, True], sum(counts.values())
    apart = (first_only + second_only) / pairs if pairs else 0.0
    return Paired(
        task,
        counts[True, True],
        first_only,
        second_only,
        counts[False, False],
        bootstrap(values),
        mcnemar(first_only, second_only),
        smallest_difference(pairs, apart) if pairs else None,
    )
