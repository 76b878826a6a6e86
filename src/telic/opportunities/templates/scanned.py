"""Families whose totals and members are found by passing over the events, and kept where there is room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from telic.opportunities.model import Codes, Exclusion, Floats, Hypothesis, Incidence, Ints
from telic.opportunities.template import Asking, apart

if TYPE_CHECKING:
    from telic.opportunities.kernels.sequence_scan import Scan

KEPT = 50_000_000
"""Members that a family keeps at most, 200 MB; beyond it they are found again when they are asked for."""
Describe = Callable[[int], Hypothesis]


@dataclass(frozen=True)
class Scanned:
    """Hypotheses that are codes of a scan, or several steps of a ladder together.

    Parameters
    ----------
    rows : shape (slots, width)
        Rows that a code of the scan belongs to; negative for none.
    supports : shape (H,)
        Groups of each row.
    describe
        Says what a row is about.
    """

    template: str
    scan: Scan
    rows: Codes
    supports: Ints
    describe: Describe

    def __len__(self) -> int:
        return len(self.supports)

    def hypothesis(self, row: int) -> Hypothesis:
        """Return the hypothesis of a row."""
        return self.describe(row)

    def support(self) -> Ints:
        """Return the number of groups of each hypothesis, shape (H,)."""
        return self.supports

    def totals(self, values: Floats) -> Floats:
        """Return the sum of `values` over the members of each hypothesis, shape (H,)."""
        from telic.opportunities.kernels import incidence

        if self._kept is not None:
            return incidence.totals(self._kept, values)
        return self.scan.sums(values, self.rows, len(self))

    def members(self, rows: Ints) -> Incidence:
        """Return the members of some rows, in the order of `rows`."""
        from telic.opportunities.kernels import incidence

        if self._kept is not None:
            return incidence.rows(self._kept, rows)
        place = np.full(len(self) + 1, -1, dtype=np.int32)  # the last one stands for -1
        wanted = np.asarray(rows, dtype=np.int64)
        place[wanted] = np.arange(len(wanted), dtype=np.int32)
        found = self.scan.members(place[self.rows], self.supports[wanted])
        if len(np.unique(wanted)) == len(wanted):
            return found
        return _repeated(self, wanted)

    @cached_property
    def _kept(self) -> Incidence | None:
        """The members of all rows, once they are asked for; nothing where they are too many to keep."""
        return self.scan.members(self.rows, self.supports) if self.supports.sum() <= KEPT else None


def _repeated(family: Scanned, wanted: Ints) -> Incidence:
    """Return members where a row is asked for twice."""
    once, place = np.unique(wanted, return_inverse=True)
    found = family.members(once)
    parts = [found.groups[found.indptr[row] : found.indptr[row + 1]] for row in place]
    indptr = np.concatenate([[0], np.cumsum([len(each) for each in parts])]).astype(np.int64)
    return Incidence(indptr, np.concatenate(parts))


@apart
def codes(
    template: str, scan: Scan, counts: Ints, asking: Asking, describe: Callable[[int], Hypothesis]
) -> Iterator[Scanned]:
    """Yield the family of the codes that enough groups have, and not all; `describe` says what a code is about."""
    (whole,) = asking.whole.added(counts)
    kept = enough(template, whole, asking.whole.groups(scan.prepared), asking, describe)
    if len(kept):
        rows = np.full((1, scan.width), -1, dtype=np.int32)
        rows[0, kept] = np.arange(len(kept))
        yield Scanned(template, scan, rows, counts[kept], lambda row: describe(int(kept[row])))


@apart
def steps(
    template: str,
    scan: Scan,
    counts: Ints,
    asking: Asking,
    describe: Callable[[int, int], Hypothesis],
    *,
    shares: tuple[float, ...] | None = None,
) -> Iterator[Scanned]:
    """Yield the family of "above a step of the ladder", by token or pair; `describe` has it and the step, from 0.

    Parameters
    ----------
    shares
        Of all steps of a ladder only the cuts above which about such shares of its groups are; none: all steps.
    """
    reach = len(scan.ladder) + 1
    (whole,) = asking.whole.added(counts)
    by_key = whole.reshape(-1, reach)
    above = _above(by_key)
    wanted = np.ones_like(above, dtype=np.bool_) if shares is None else cuts(above, by_key.sum(axis=1), shares)
    wanted[:, 1:] &= (above[:, 1:] < above[:, :-1]) | ~wanted[:, :-1]  # two steps with the same groups are one
    flat = np.where(wanted, above, 0).reshape(-1)
    size = asking.whole.groups(scan.prepared)

    def described(place: int) -> Hypothesis:
        return describe(*divmod(place, reach - 1))

    kept = enough(template, flat, size, asking, described)
    if len(kept):
        keys, levels = np.divmod(kept, reach - 1)
        supports = _above(counts.reshape(-1, reach)).reshape(-1)[kept]
        rows = _slots(keys, levels, scan.width, reach)
        yield Scanned(template, scan, rows, supports, lambda row: described(int(kept[row])))


def _above(counts: Ints) -> Ints:
    """Return the groups above each step, shape (keys, L), of those at each, shape (keys, L + 1)."""
    found: Ints = np.cumsum(counts[:, ::-1], axis=1)[:, ::-1][:, 1:]
    return found


def _slots(keys: Ints, levels: Ints, width: int, reach: int) -> Codes:
    """Return the rows of each code: those of its key whose step lies below it."""
    _, first, many = np.unique(keys, return_index=True, return_counts=True)
    slot = np.arange(len(keys)) - np.repeat(first, many)
    rows = np.full((int(many.max()), width), -1, dtype=np.int32)
    for row, (key, level, place) in enumerate(zip(keys.tolist(), levels.tolist(), slot.tolist(), strict=True)):
        rows[place, key * reach + level + 1 : (key + 1) * reach] = row
    return rows


def cuts(above: Ints, whole: Ints, shares: tuple[float, ...]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return which steps of each ladder come nearest to the shares; only steps that cut something off."""
    part = above / np.maximum(whole, 1)[:, None]
    useful = (above > 0) & (above < whole[:, None])
    chosen = np.zeros_like(useful)
    for share in shares:
        distance = np.where(useful, np.abs(np.log(np.maximum(part, 1e-12) / share)), np.inf)
        best = distance.argmin(axis=1)
        some = np.isfinite(distance.min(axis=1))
        chosen[np.flatnonzero(some), best[some]] = True
    return chosen


def enough(template: str, counts: Ints, size: int, asking: Asking, describe: Callable[[int], Hypothesis]) -> Ints:
    """Return the places with enough groups and not all; of more than `asking.most` those with most groups."""
    kept = np.flatnonzero((counts >= max(1, asking.least)) & (counts < size))
    if len(kept) > asking.most:
        order = kept[np.argsort(-counts[kept], kind="stable")]
        kept, dropped = np.sort(order[: asking.most]), order[asking.most :]
        why = f"more than {asking.most:,} hypotheses of {template}: those with fewest groups are not asked about"
        asking.leave_out(Exclusion("hypotheses", len(dropped), why, tuple(describe(int(r)).words for r in dropped[:3])))
    return kept
