"""Counts of members by stratum, for many hypotheses at once, and the confounders that a hypothesis is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.kernels import strata as kernels
from telic.opportunities.kernels.compiled import side_by_side
from telic.opportunities.model import Codes, Floats, Incidence
from telic.opportunities.statistics.study import Strata, Study

PLACE = {name: at for at, name in enumerate(kernels.COLUMNS)}
NEGLIGIBLE = 0.05  # a difference of exposure, in standard deviations, that asks for no adjustment [1]


@dataclass(frozen=True)
class Tallies:
    """Counts of hypotheses, shape (H, columns of `kernels.COLUMNS`), and which confounders each is adjusted without."""

    table: Floats
    without: tuple[frozenset[int], ...]

    def __len__(self) -> int:
        return len(self.table)

    def of(self, column: str) -> Floats:
        """Return one column; a name without a number is that of the strata that decide."""
        if column in PLACE:
            return np.asarray(self.table[:, PLACE[column]])
        fine = self.table[:, PLACE["fine"]] > 0
        return np.where(fine, self.table[:, PLACE[f"{column}0"]], self.table[:, PLACE[f"{column}1"]])

    def take(self, rows: npt.NDArray[np.intp]) -> Tallies:
        """Return some of them."""
        return Tallies(self.table[rows], tuple(self.without[row] for row in rows))


def tallied(study: Study, members: Incidence, without: tuple[frozenset[int], ...], threads: int = 1) -> Tallies:
    """Count members by stratum, each hypothesis in the strata without the confounders that it is made of."""
    table = np.zeros((len(members), len(kernels.COLUMNS)))
    for variant in dict.fromkeys(without):
        rows = np.flatnonzero([each == variant for each in without])
        part = members if len(rows) == len(members) else taken(members, rows)
        table[rows] = counts(study, study.strata(variant), part, threads)
    return Tallies(table, without)


def counts(study: Study, strata: Strata, members: Incidence, threads: int = 1) -> Floats:
    """Return the table of `Tallies` for hypotheses that are compared in the same strata."""
    out = np.zeros((len(members), len(kernels.COLUMNS)))
    design = study.design
    indptr, groups = np.asarray(members.indptr, dtype=np.int64), np.asarray(members.groups, dtype=np.int32)

    def run(part: tuple[int, int]) -> None:
        fine, coarse = len(strata.n), len(strata.n_coarse)
        kernels.tally(
            indptr, groups, *part, strata.codes, strata.width, strata.n, strata.y, strata.calm, strata.spread,
            strata.n_coarse, strata.y_coarse, strata.spread_coarse, design.score, study.values, study.calm,
            design.users, study.outcome.binary, study.ratio, study.shift, NEGLIGIBLE, np.zeros(fine), np.zeros(fine),
            np.zeros(fine), np.zeros(coarse), np.zeros(coarse), np.zeros(fine), np.zeros(fine),
            np.zeros(design.user_count), np.full(design.user_count, -1, dtype=np.int64), out,
        )  # fmt: skip

    side_by_side(run, parts(indptr, threads), threads)
    return out


def parts(indptr: Any, threads: int) -> list[tuple[int, int]]:
    """Cut hypotheses into runs with about as many members each."""
    total, size = int(indptr[-1]), len(indptr) - 1
    edges = np.searchsorted(indptr, np.linspace(0, total, threads + 1)[1:-1])
    cuts = [0, *(int(edge) for edge in np.minimum(edges, size)), size]
    return [(first, last) for first, last in pairwise(cuts) if first < last]


def taken(members: Incidence, rows: npt.NDArray[np.intp]) -> Incidence:
    """Return the members of some rows."""
    starts, ends = members.indptr[rows], members.indptr[rows + 1]
    sizes = ends - starts
    indptr = np.r_[0, np.cumsum(sizes)].astype(np.int64)
    at = np.arange(int(indptr[-1])) + np.repeat(starts - indptr[:-1], sizes)
    return Incidence(indptr, np.asarray(members.groups)[at])


def joined(members: Sequence[Codes]) -> Incidence:
    """Return the members of hypotheses, one after the other."""
    sizes = [len(each) for each in members]
    groups = np.concatenate([np.zeros(0, dtype=np.int32), *members]).astype(np.int32)
    return Incidence(np.r_[0, np.cumsum(sizes)].astype(np.int64), groups)


def stacked(tallies: Sequence[Tallies]) -> Tallies:
    """Return several tallies as one."""
    return Tallies(np.concatenate([each.table for each in tallies]), tuple(w for each in tallies for w in each.without))


def made_of(study: Study, members: Incidence) -> tuple[frozenset[int], ...]:
    """Return which confounders each hypothesis is made of: adjusted for these, nothing of it would be left."""
    confounders = study.design.confounders
    sizes = np.zeros((len(confounders), max(each.levels for each in confounders)), dtype=np.int64)
    for at, each in enumerate(confounders):
        sizes[at, : each.levels] = each.counts
    whole = np.zeros((len(members), len(confounders)))
    single = np.full((len(members), len(confounders)), -1, dtype=np.int64)
    indptr, groups = np.asarray(members.indptr, dtype=np.int64), np.asarray(members.groups, dtype=np.int32)
    kernels.made_of(indptr, groups, 0, len(members), study.design.levels, sizes, np.zeros_like(sizes), whole, single)
    counts = np.diff(indptr)
    in_cell = np.bincount(study.design.cells, minlength=len(study.design.of_cell))
    joint: dict[tuple[tuple[int, int], ...], int] = {}
    made = []
    for h in range(len(members)):
        of = {c for c in range(len(confounders)) if whole[h, c] >= 0.7}
        alone = tuple((c, int(single[h, c])) for c in range(len(confounders)) if single[h, c] >= 0)
        if not of and len(alone) > 1:
            if alone not in joint:
                same = np.logical_and.reduce([study.design.of_cell[:, c] == level for c, level in alone])
                joint[alone] = int(in_cell[same].sum())
            if counts[h] >= 0.95 * joint[alone]:
                of = {c for c, _ in alone}
        if of & study.design.stages:  # who is new, in other words
            of |= study.design.stages
        made.append(frozenset(of))
    return tuple(made)
