"""The family of a categorical column over groups: one hypothesis a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from telic.opportunities.model import Codes, Exclusion, Floats, Hypothesis, Incidence, Ints, Prepared
from telic.opportunities.template import Asking, apart


@dataclass(frozen=True)
class Cohorts:
    """Hypotheses whose members are marked by a code.

    Parameters
    ----------
    codes : shape (M,)
        Whose hypothesis each mark is; -1 marks nothing.
    groups : shape (M,)
        Which group each mark is on, ascending within a code, each at most once; None: mark ``g`` is on group ``g``.
    size
        Number of hypotheses.
    describe
        Says what a row is about.
    """

    template: str
    codes: Codes
    groups: Codes | None
    size: int
    describe: Callable[[int], Hypothesis]

    def __len__(self) -> int:
        return self.size

    def hypothesis(self, row: int) -> Hypothesis:
        """Return the hypothesis of a row."""
        return self.describe(row)

    def support(self) -> Ints:
        """Return the number of groups of each hypothesis, shape (H,)."""
        return np.bincount(self._shifted, minlength=self.size + 1)[1:]

    def totals(self, values: Floats) -> Floats:
        """Return the sum of `values` over the members of each hypothesis, shape (H,)."""
        weights = values if self.groups is None else values[self.groups]
        sums = np.bincount(self._shifted, weights=weights, minlength=self.size + 1)[1:]
        return sums.astype(np.float64, copy=False)

    def members(self, rows: Ints) -> Incidence:
        """Return the members of some rows, in the order of `rows`."""
        ends = np.cumsum(np.bincount(self._shifted, minlength=self.size + 1))
        found = [self._ordered[ends[row] : ends[row + 1]] for row in rows]
        indptr = np.concatenate([[0], np.cumsum([len(each) for each in found])]).astype(np.int64)
        return Incidence(indptr, np.concatenate(found).astype(np.int32) if found else np.zeros(0, dtype=np.int32))

    @cached_property
    def _shifted(self) -> Codes:
        return np.asarray(self.codes + 1, dtype=np.int32)

    @cached_property
    def _ordered(self) -> Codes:
        narrow = self._shifted.astype(np.uint16) if self.size < 2**16 - 1 else self._shifted  # a radix sort
        order = np.argsort(narrow, kind="stable").astype(np.int32)
        return order if self.groups is None else self.groups[order]


@apart
def cohorts(
    template: str,
    codes: Codes,
    size: int,
    describe: Callable[[int], Hypothesis],
    prepared: Prepared,
    asking: Asking,
    *,
    groups: Codes | None = None,
) -> Iterator[Cohorts]:
    """Yield the family of the values that enough groups have and not all; nothing where there are none.

    Of more than `asking.most` values those with most groups stay, and what is left out is told.
    """
    (support,) = asking.whole.added(np.bincount(codes[codes >= 0], minlength=size))
    keep = (support >= max(1, asking.least)) & (support < asking.whole.groups(prepared))
    if keep.sum() > asking.most:
        enough = np.flatnonzero(keep)
        dropped = enough[np.argsort(-support[enough], kind="stable")[asking.most :]]
        keep[dropped] = False
        why = f"more than {asking.most:,} hypotheses of {template}: those with fewest groups are not asked about"
        asking.leave_out(Exclusion("hypotheses", len(dropped), why, tuple(describe(int(r)).words for r in dropped[:3])))
    rows = np.flatnonzero(keep)
    if len(rows):
        place = np.full(size + 1, -1, dtype=np.int32)  # the last one stands for -1
        place[rows] = np.arange(len(rows))
        yield Cohorts(template, place[codes], groups, len(rows), lambda row: describe(int(rows[row])))
