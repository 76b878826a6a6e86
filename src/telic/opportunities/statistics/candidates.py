"""Hypotheses of all families that may matter for one outcome, with what was counted of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Exclusion, Family, Floats, Hypothesis, Incidence, Ints, Outcome, Prepared
from telic.opportunities.statistics import association, tallying
from telic.opportunities.statistics.containing import containing
from telic.opportunities.statistics.screen import promising
from telic.opportunities.statistics.study import Study
from telic.opportunities.statistics.tallying import Tallies

AT_ONCE = 8_000_000  # members that are held at the same time: 32 MB
TIMED = "durations"  # the template whose hypotheses are about how long something takes
Place = tuple[int, int]
"""Family and row."""


@dataclass(frozen=True)
class Candidates:
    """Candidates of one outcome.

    Parameters
    ----------
    p : shape (H,)
        p-values against the minimum-effect null.
    weights : shape (H,)
        Of tests, by template: a p-value is held against the level times its weight.
    fences
        For each family the means beyond which a hypothesis is an outlier (Tukey's fences).
    """

    study: Study
    places: tuple[Place, ...]
    tallies: Tallies
    p: Floats
    weights: Floats
    fences: tuple[tuple[float, float], ...]

    def __len__(self) -> int:
        return len(self.places)

    @property
    def level(self) -> Floats:
        """p-values over their weights, at most 1."""
        return np.minimum(self.p / self.weights, 1.0)

    def take(self, rows: npt.NDArray[np.intp]) -> Candidates:
        """Return some of them."""
        places = tuple(self.places[row] for row in rows)
        return replace(self, places=places, tallies=self.tallies.take(rows), p=self.p[rows], weights=self.weights[rows])

    def words(self, families: Sequence[Family], rows: Sequence[int]) -> tuple[str, ...]:
        """Return whom some are about."""
        return tuple(families[self.places[row][0]].hypothesis(self.places[row][1]).words for row in rows)

    def without_itself(
        self, prepared: Prepared, families: Sequence[Family], cutoff: float
    ) -> tuple[Candidates, list[Exclusion]]:
        """Leave out what is the KPI in other words: its own events, times they are part of, and columns that are it."""
        outcome, itself = self.study.outcome, self.study.itself
        rows, lengthened = [], containing(prepared, outcome.touches)
        for row in np.flatnonzero(self.level <= cutoff):
            family, at = self.places[row]
            some = outcome.touches or outcome.attributes or outcome.timed
            asked = families[family].hypothesis(at) if some else None
            told = said(asked) if asked else set()
            if (
                _lasts(asked, outcome)
                or self.tallies.without[row] & itself
                or told & outcome.touches
                or told & outcome.attributes
                or (asked and lengthened(asked))
            ):
                rows.append(int(row))
        if not rows:
            return self, []
        why = f"made of what {self.study.outcome.name} is made of: no news"
        p = self.p.copy()
        p[rows] = 1.0  # still counted as tests
        note = Exclusion("hypotheses", len(rows), why, self.words(families, rows[:3]))
        return replace(self, p=p), [note]

    def turned_by_length(self, families: Sequence[Family]) -> tuple[Candidates, list[Exclusion]]:
        """Leave out what does harm only once groups of equal length are compared, and none or the opposite before."""
        harm = self.study.outcome.harm
        plain = [association.effect(self.study, self.tallies, row, "coarse").difference for row in range(len(self))]
        against = np.array([not each * harm > 0 for each in plain], dtype=np.bool_)
        if not against.any():
            return self, []
        why = f"harm {self.study.outcome.name} only where groups of equal length are compared, and not as they are"
        words = self.words(families, np.flatnonzero(against)[:3].tolist())
        return self.take(np.flatnonzero(~against)), [Exclusion("hypotheses", int(against.sum()), why, words)]

    def hidden_by_length(self, families: Sequence[Family], cutoff: float) -> list[Exclusion]:
        """Say how many are no discovery only because groups of equal length were compared."""
        other = self.tallies.table.copy()
        other[:, tallying.PLACE["fine"]] = 0.0
        alone = association.p_values(self.study, Tallies(other, self.tallies.without)) / self.weights
        made = {row for row in range(len(self)) if self.tallies.without[row] & self.study.itself}
        rows = [int(row) for row in np.flatnonzero((alone <= cutoff) & (self.level > cutoff)) if row not in made]
        if not rows:
            return []
        rows.sort(key=lambda row: (alone[row], row))
        why = (
            f"differ in {self.study.outcome.name} only until groups of equal length are compared: they are longer or "
            "shorter than others, or they end groups early"
        )
        return [Exclusion("hypotheses", len(rows), why, self.words(families, rows[:3]))]


def _lasts(asked: Hypothesis | None, outcome: Outcome) -> bool:
    """Return whether a hypothesis is about a time that the KPI is, or that its own event lengthens."""
    if asked is None:
        return False
    whole = asked.params.get("events") == ()  # from the first event of a group to its last
    return (outcome.timed and asked.template == TIMED) or (bool(outcome.touches) and whole)


def said(hypothesis: Hypothesis) -> set[str]:
    """Return every text that a hypothesis is made of: names of events and of attributes are among them."""
    values = hypothesis.params.values()
    texts = {each for each in values if isinstance(each, str)}
    return texts.union(hypothesis.params, *(each for each in values if isinstance(each, tuple)))


def candidates(
    study: Study,
    families: Sequence[Family],
    support: Sequence[Ints],
    asked: Sequence[npt.NDArray[np.intp]],
    weights: Mapping[str, float],
    threads: int,
    least_users: int,
) -> Candidates:
    """Screen all families by totals, and count the members of those that pass by stratum.

    Parameters
    ----------
    support, asked
        Groups of each hypothesis, and which of them are asked about, by family.
    weights
        Of tests, by template.
    least_users
        Hypotheses of fewer users have ``p = 1``.
    """
    places: list[Place] = []
    tables: list[Floats] = []
    without: list[frozenset[int]] = []
    fences: list[tuple[float, float]] = []
    for number, (family, sizes, rows) in enumerate(zip(families, support, asked, strict=True)):
        passed, fence = promising(study, family, sizes, rows)
        fences.append(fence)
        for part in chunks(passed, sizes):
            members = family.members(part.astype(np.int64))
            tallies = tallying.tallied(study, members, tallying.made_of(study, members), threads)
            tables.append(tallies.table)
            without += tallies.without
            places += [(number, int(row)) for row in part]
    table = np.concatenate([np.zeros((0, len(tallying.PLACE))), *tables])
    tallies = Tallies(table, tuple(without))
    p = association.p_values(study, tallies) if len(table) else np.empty(0)
    p = np.where(tallies.of("users") < least_users, 1.0, p)
    weight = np.array([weights[families[family].template] for family, _ in places])
    return Candidates(study, tuple(places), tallies, p, weight, tuple(fences))


def chunks(rows: npt.NDArray[np.intp], sizes: Ints) -> list[npt.NDArray[np.intp]]:
    """Cut rows into runs with about `AT_ONCE` members at most."""
    if len(rows) == 0:
        return []
    number = (np.cumsum(sizes[rows]) - 1) // AT_ONCE
    return np.split(rows, np.flatnonzero(np.diff(number)) + 1)


def gathered(places: Sequence[Place], families: Sequence[Family]) -> Incidence:
    """Return the members of hypotheses of several families, in the order of `places`; these are in order of family."""
    parts = []
    for number in dict.fromkeys(family for family, _ in places):
        rows = np.array([row for family, row in places if family == number], dtype=np.int64)
        parts.append(families[number].members(rows))
    sizes = np.concatenate([np.zeros(0, dtype=np.int64), *(np.diff(part.indptr) for part in parts)])
    groups = np.concatenate([np.zeros(0, dtype=np.int32), *(np.asarray(part.groups) for part in parts)])
    return Incidence(np.r_[0, np.cumsum(sizes)].astype(np.int64), groups.astype(np.int32))
