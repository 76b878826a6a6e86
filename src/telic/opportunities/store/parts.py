"""Prepared events with what it takes to keep and to extend them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow

from telic.opportunities.kernels.gathered import repeats
from telic.opportunities.model import Codes, Column, Exclusion, Floats, Ints, Prepared
from telic.opportunities.store.ids import Ids

pa: Any = pyarrow
_SECOND = 1_000_000_000  # [ns]


@dataclass(frozen=True)
class Parts:
    """Prepared events, their ids and those of users as Arrow arrays.

    Parameters
    ----------
    ids : shape (G,)
        Of groups, in their own type.
    users : shape (G,)
        Index into `people`; from ``len(people)`` on they are groups of nobody known.
    """

    names: Column
    at: Ints
    offsets: Ints
    ids: Any
    users: Codes
    people: Any
    of_groups: Mapping[str, Column]
    of_events: Mapping[str, Column]
    numbers: Mapping[str, Floats]
    exclusions: tuple[Exclusion, ...]
    grouping: str

    def prepared(self, folder: str = "") -> Prepared:
        """Return the events as everybody reads them."""
        ids = Ids(len(self.offsets) - 1, lambda: self.ids)
        return Prepared(
            self.names, self.at, self.offsets, ids, self.users, self.of_groups, self.of_events, self.numbers,
            self.exclusions, self.grouping, folder,
        )  # fmt: skip

    def pairs(self) -> npt.NDArray[np.int64]:
        """Return pairs of events of one group that are equal in all that is known of events, shape (P, 2)."""
        found = np.empty((1_024, 2), np.int64)
        count = int(repeats(self.names.codes, self.at, self.offsets, found))
        if count > len(found):
            found = np.empty((count, 2), np.int64)
            repeats(self.names.codes, self.at, self.offsets, found)
        found = found[:count]
        for column in self.of_events.values():
            found = found[column.codes[found[:, 0]] == column.codes[found[:, 1]]]
        for values in self.numbers.values():
            later, earlier = values[found[:, 0]], values[found[:, 1]]
            found = found[(later == earlier) | (np.isnan(later) & np.isnan(earlier))]
        return found

    def without(self, events: Ints) -> Parts:
        """Return everything but some events; at least one of each group has to stay."""
        stay = np.ones(len(self.at), np.bool_)
        stay[events] = False
        offsets = np.concatenate([[0], np.cumsum(stay)])[self.offsets].astype(np.int64)
        of_events = {name: Column(name, each.codes[stay], each.labels) for name, each in self.of_events.items()}
        names = Column(self.names.name, self.names.codes[stay], self.names.labels)
        numbers = {name: values[stay] for name, values in self.numbers.items()}
        return replace(self, names=names, at=self.at[stay], offsets=offsets, of_events=of_events, numbers=numbers)

    def in_seconds(self) -> bool:
        """Whether no time is finer than a second, so that equal events may well be two."""
        return len(self.at) > 0 and not bool((self.at % _SECOND).any())


def deduplicated(parts: Parts, pairs: npt.NDArray[np.int64]) -> Parts:
    """Leave out the later event of each pair; where times are whole seconds, leave them in and say so."""
    if not len(pairs):
        return parts
    if parts.in_seconds():
        why = f"{len(pairs):,} rows repeat another one; they were kept, for times are whole seconds"
        return replace(parts, exclusions=(*parts.exclusions, Exclusion("rows", 0, why)))
    said = Exclusion("rows", len(pairs), "the same as another row in every column")
    left = parts.without(pairs[:, 0])
    return replace(left, exclusions=(*parts.exclusions, said))
