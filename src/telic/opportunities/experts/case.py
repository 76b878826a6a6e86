"""What an expert is given, and what an expert is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Codes, Floats, Hypothesis, Prepared, Value
from telic.opportunities.statistics.study import Study
from telic.opportunities.statistics.tallying import Tallies
from telic.registry import Registry

T = TypeVar("T")
DAY, WEEK = 86_400_000_000_000, 604_800_000_000_000


@dataclass(frozen=True)
class Case:
    """One association.

    Parameters
    ----------
    members : shape (n,)
        Groups of the hypothesis that have the KPI, ascending.
    tallies, row
        What was counted of it.
    fences
        Means of the KPI beyond which a hypothesis of this family is an outlier (Tukey's fences).
    place
        Rank of the case by strength, from 0; experts that cost much look at the first few.
    shared
        What cases of one study have in common, made once.
    """

    prepared: Prepared
    study: Study
    hypothesis: Hypothesis
    members: Codes
    tallies: Tallies
    row: int
    fences: tuple[float, float]
    place: int
    seed: int
    shared: dict[object, Any] = field(default_factory=dict)

    @property
    def without(self) -> frozenset[int]:
        """Which confounders it is made of."""
        return self.tallies.without[self.row]

    def once(self, key: object, make: Callable[[], T]) -> T:
        """Return what `make` returned when it was first called for `key`."""
        if key not in self.shared:
            self.shared[key] = make()
        made: T = self.shared[key]
        return made

    @cached_property
    def inside(self) -> npt.NDArray[np.bool_]:
        """Whether each group is a member, shape (G,)."""
        flags = np.zeros(self.prepared.size, dtype=np.bool_)
        flags[self.members] = True
        return flags

    @property
    def harm(self) -> Floats:
        """Of a binary KPI 1 where a group was harmed, of a numeric one the value; shape (G,), 0 where undefined."""
        study = self.study
        if not study.outcome.binary or study.toward > 0:
            return study.values
        return self.once("harm", lambda: np.where(study.defined, 1 - study.values, 0.0))

    @property
    def expected(self) -> Floats:
        """Expected `harm` by confounders and exposure, or by confounders alone where these decide; shape (G,)."""
        study, fine = self.study, bool(self.tallies.of("fine")[self.row])

        def make() -> Floats:
            mean = study.expected[0 if fine else 1]
            flipped = study.outcome.binary and study.toward < 0
            return np.where(study.defined, 1 - mean, 0.0) if flipped else mean

        return self.once(("expected", fine), make)


class Expert(Protocol):
    """Looks at a case; the names of what it says are its own."""

    def __call__(self, case: Case) -> Mapping[str, Value]:
        """Return figures or words by name; nothing where it has nothing to say."""
        ...


expert: Registry[Expert] = Registry("expert")
