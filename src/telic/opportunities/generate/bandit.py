"""Which regions to ask about when not everything can be: those that gave findings before, and some that nobody knows.

Regions are the arms of a bandit, drawn by Thompson sampling (Thompson 1933; Chapelle and Li 2011, An empirical
evaluation of Thompson sampling) of how many findings a test gives. What a region gave is taken from earlier runs
alone: the choice has not seen the data that is judged, so that the correction for multiplicity stays valid.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from telic.errors import UsageError
from telic.opportunities.generate.chosen import Chosen
from telic.opportunities.generate.regions import asked, regions
from telic.opportunities.model import Family
from telic.opportunities.record import Run

FADING = 0.8  # what a run counts against the run after it: systems change [1]
EXPLORE = 0.25  # share of the tests that goes to regions by how little is known of them [1]
PRIOR = (0.02, 2.0)  # findings and tests that a region is thought to have had [1]


@dataclass(frozen=True)
class Memory:
    """What earlier runs asked and found, by region: tests and findings, faded."""

    regions: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def fade(self) -> Memory:
        """Return what is left of it a run later."""
        return Memory({name: (FADING * tests, FADING * found) for name, (tests, found) in self.regions.items()})

    def learn(self, seen: Mapping[str, tuple[int, int]]) -> Memory:
        """Return the memory after a run that asked and found `seen`."""
        kept = dict(self.fade().regions)
        for name, (tests, found) in seen.items():
            before = kept.get(name, (0.0, 0.0))
            kept[name] = (before[0] + tests, before[1] + found)
        return Memory(kept)


def memory(runs: Iterable[Run]) -> Memory:
    """Return what `runs`, oldest first, have learned."""
    known = Memory()
    for run in runs:
        known = known.learn(run.regions)
    return known


def choose(known: Memory, sizes: Mapping[str, int], budget: int, *, seed: int = 0) -> list[str]:
    """Return the regions to ask about, within `budget` tests, best first.

    Parameters
    ----------
    known
        What earlier runs found.
    sizes
        Tests of each region that there is [1].
    budget
        Tests in all [1]; a region is asked about as a whole or not at all.
    seed
        Of the draws.

    Raises
    ------
    UsageError
        A budget that is not positive.
    """
    if budget < 1:
        raise UsageError(f"a budget of {budget} tests", hint="give a positive number of tests")
    names = sorted(sizes)
    if not names:
        return []
    draw = np.random.default_rng(seed)
    tests = np.array([known.regions.get(name, (0.0, 0.0))[0] for name in names])
    found = np.array([known.regions.get(name, (0.0, 0.0))[1] for name in names])
    rates = draw.beta(PRIOR[0] + found, PRIOR[1] + np.maximum(tests - found, 0.0))
    unknown = tests / np.array([sizes[name] for name in names]) + draw.random(len(names)) * 1e-6
    reserved = round(EXPLORE * budget) if np.any(found > 0) else budget
    chosen = _fill([names[each] for each in np.argsort(-rates, kind="stable")], sizes, budget - reserved, [])
    spent = sum(sizes[name] for name in chosen)
    return _fill([names[each] for each in np.argsort(unknown, kind="stable")], sizes, budget - spent, chosen)


def narrowed(families: Sequence[Family], names: Iterable[str], least: int) -> list[Chosen]:
    """Return the families with only the hypotheses of the regions `names` that have the least support."""
    wanted = set(names)
    kept = []
    for family in families:
        rows = asked(family, least)
        mask = np.fromiter((name in wanted for name in regions(family, rows)), dtype=bool, count=len(rows))
        if mask.any():
            kept.append(Chosen(family, rows[mask]))
    return kept


def _fill(names: Sequence[str], sizes: Mapping[str, int], budget: int, chosen: list[str]) -> list[str]:
    taken, left = dict.fromkeys(chosen), budget
    for name in names:
        if name not in taken and sizes[name] <= left:
            taken[name] = None
            left -= sizes[name]
    return list(taken)
