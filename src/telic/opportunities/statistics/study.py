"""An outcome under test: what is counted, which way harms, and the strata it is compared in."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Codes, Exclusion, Floats, Outcome
from telic.opportunities.statistics.codes import sums
from telic.opportunities.statistics.design import Design
from telic.opportunities.statistics.prognosis import effects, prognosis, score_bins


@dataclass(frozen=True)
class Strata:
    """Strata of one variant: coarse ones by confounders, fine ones also by exposure.

    Parameters
    ----------
    codes : shape (G,)
        Fine stratum, coarse stratum times `width` plus bin of exposure; -1 where the outcome is undefined.
    n, y, calm, spread : shape (S,)
        Groups, sum of values, calm groups and variance of values by fine stratum; the last three over coarse ones.
    """

    codes: Codes
    width: int
    n: Floats
    y: Floats
    calm: Floats
    spread: Floats
    n_coarse: Floats
    y_coarse: Floats
    spread_coarse: Floats


@dataclass
class Study:
    """An outcome to be tested.

    Parameters
    ----------
    values : shape (G,)
        What is counted: of a binary KPI the rarer side as 0 and 1, of a numeric one the values without the ends of
        their tails; 0 where undefined.
    toward
        +1 where more of `values` is harm, -1 where less is.
    ratio
        Mean of members over mean of others on the edge of the null; `shift` is added to it where values have signs.
    calm : shape (G,)
        Groups that were not harmed, as 0 and 1: among them exposure is not a result.
    itself
        Which confounders are the outcome in other words.
    room
        What experts make once for all cases of the study.
    """

    outcome: Outcome
    design: Design
    defined: npt.NDArray[np.bool_]
    values: Floats
    toward: int
    ratio: float
    shift: float
    calm: npt.NDArray[np.uint8]
    itself: frozenset[int]
    exclusions: tuple[Exclusion, ...]
    room: dict[object, Any] = field(default_factory=dict)
    _variants: dict[frozenset[int], Strata] = field(default_factory=dict)

    @property
    def all_defined(self) -> bool:
        """Whether every group has the KPI."""
        return bool(self.defined.all())

    @cached_property
    def count(self) -> int:
        """Groups with the KPI."""
        return int(self.defined.sum())

    @cached_property
    def mean(self) -> float:
        """Mean of what is counted."""
        return float(self.values.sum() / max(self.count, 1))

    @cached_property
    def variance(self) -> float:
        """Variance of what is counted."""
        return float((self.values**2).sum() / max(self.count, 1) - self.mean**2)

    def strata(self, without: frozenset[int] = frozenset()) -> Strata:
        """Return the strata over all confounders but those numbered in `without`; made once."""
        if without not in self._variants:
            self._variants[without] = self._make(without)
        return self._variants[without]

    @cached_property
    def effects(self) -> list[Floats]:
        """Effects of the levels of confounders and exposure, as of `prognosis.effects`."""
        design = self.design
        size = sums(design.cells, self.defined, len(design.of_cell))
        total = sums(design.cells, self.values, len(design.of_cell))
        spread = self.variance / self.mean if self.mean > 0 else self.variance**0.5
        return effects(design.of_cell, size, total, spread, self._kept(frozenset()))

    def score(self, without: frozenset[int] = frozenset()) -> Floats:
        """Return the prognosis of each cell without some confounders."""
        return prognosis(self.design.of_cell, self.effects, self._kept(without))

    def _kept(self, without: frozenset[int]) -> list[int]:
        left_out = without | self.itself
        return [at for at in range(len(self.design.confounders)) if at not in left_out]

    def _make(self, without: frozenset[int]) -> Strata:
        design = self.design
        size = sums(design.cells, self.defined, len(design.of_cell))
        events = self.values.sum() if self.outcome.binary else self.count / 4
        coarse = score_bins(self.score(without), size, int(np.clip(events / 60, 1, 12)))
        codes = coarse[design.cells].astype(np.int32) * len(design.score) + design.exposure
        if not self.all_defined:
            codes = np.where(self.defined, codes, np.int32(-1)).astype(np.int32)
        return counted(codes, len(design.score), int(coarse.max(initial=0)) + 1, self)

    @cached_property
    def expected(self) -> tuple[Floats, Floats]:
        """Mean of its stratum for every group, over fine and over coarse strata; 0 where undefined."""
        strata = self.strata()
        inside = np.maximum(strata.codes, 0)
        fine = (strata.y / np.maximum(strata.n, 1))[inside]
        coarse = (strata.y_coarse / np.maximum(strata.n_coarse, 1))[inside // strata.width]
        if not self.all_defined:
            return np.where(self.defined, fine, 0.0), np.where(self.defined, coarse, 0.0)
        return fine, coarse

    @cached_property
    def clustering(self) -> float:
        """How much more a sum of values varies because users have several groups [1]; at least 1."""
        rest = np.where(self.defined, self.values - self.expected[1], 0.0)
        of_users = sums(self.design.users, rest, self.design.user_count)
        return max(float((of_users**2).sum() / max((rest**2).sum(), 1e-300)), 1.0)


def counted(codes: Codes, width: int, coarse: int, study: Study) -> Strata:
    """Return strata with what is in them; `codes` below 0 are left out."""
    inside = codes >= 0
    everything = bool(inside.all())
    at = codes if everything else codes[inside]
    values = study.values if everything else study.values[inside]
    calm = study.calm if everything else study.calm[inside]
    n = np.bincount(at, minlength=coarse * width).astype(np.float64)
    y = sums(at, values, coarse * width)
    if study.outcome.binary:
        spread, spread_coarse = np.zeros(len(n)), np.zeros(coarse)
    else:
        squares = sums(at, values * values, coarse * width)
        spread = _variance(n, y, squares, study.variance)
        spread_coarse = _variance(_sum(n, width), _sum(y, width), _sum(squares, width), study.variance)
    return Strata(
        codes=codes,
        width=width,
        n=n,
        y=y,
        calm=sums(at, calm, coarse * width),
        spread=spread,
        n_coarse=_sum(n, width),
        y_coarse=_sum(y, width),
        spread_coarse=spread_coarse,
    )


def _sum(values: Floats, width: int) -> Floats:
    return np.asarray(values.reshape(-1, width).sum(axis=1))


def _variance(n: Floats, y: Floats, squares: Floats, overall: float) -> Floats:
    """Return the variance within each stratum; small strata are pulled to the overall one."""
    within = squares - y * y / np.maximum(n, 1)
    return np.asarray((np.maximum(within, 0) + 10 * overall) / (np.maximum(n - 1, 0) + 10))
