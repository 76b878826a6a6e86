"""Passes over all groups with a kernel of `sequence`: counts, sums and members, without keeping what was found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from telic.opportunities.kernels import sequence, sequence_gaps, sequence_pairs
from telic.opportunities.kernels.compiled import ranges, side_by_side
from telic.opportunities.model import Codes, Floats, Incidence, Ints, Prepared

ROOM = 1 << 20  # marks that a kernel may write before they are used [1]
Flags = npt.NDArray[np.bool_]
_NO_LADDER: Ints = np.zeros(0, np.int64)
_NO_PAIRS: Flags = np.zeros(0, np.bool_)

A = TypeVar("A", Ints, Floats)
Marks = tuple[Codes, Codes, int]
"""Codes and groups, of which the first so many count."""


@dataclass(frozen=True)
class Scan:
    """A question to every group, by token or by pair of tokens.

    Parameters
    ----------
    shape
        ``"singles"``, ``"pairs"``, ``"adjacent"`` or ``"triples"``: which kernel.
    mode
        What the kernel asks.
    table : shape (V,)
        Token of each event name; -1 and -2 as in `sequence`.
    size
        Number of tokens.
    ladder
        Steps; a code is told apart by step.
    limit
        Of time [ns]; negative for none.
    frequent : shape (size * size,)
        Of triples: the pairs that enough groups have.
    """

    prepared: Prepared
    shape: str
    mode: int
    table: Codes
    size: int
    ladder: Ints = field(default_factory=lambda: _NO_LADDER)
    limit: int = -1
    threads: int = 1
    frequent: Flags = field(default_factory=lambda: _NO_PAIRS)

    @property
    def width(self) -> int:
        """Number of codes."""
        keys = {"singles": self.size, "triples": self.size**3}.get(self.shape, self.size**2)
        return keys * (len(self.ladder) + 1)

    def counts(self) -> Ints:
        """Return in how many groups each code is, shape (width,)."""

        def add(run: tuple[int, int]) -> Ints:
            found = np.zeros(self.width, np.int64)
            for codes, _, used in self._marks(*run):
                sequence.count(codes, used, found)
            return found

        return self._sum(add, np.zeros(self.width, np.int64))

    def sums(self, values: Floats, rows: Codes, size: int) -> Floats:
        """Return the sum of `values` over the groups of each row.

        Parameters
        ----------
        values : shape (G,)
        rows : shape (slots, width)
            The rows that a code belongs to; negative for none.
        """
        given = np.ascontiguousarray(values, np.float64)

        def add(run: tuple[int, int]) -> Floats:
            found = np.zeros(size, np.float64)
            for codes, groups, used in self._marks(*run):
                sequence.tally(codes, groups, used, rows, given, found)
            return found

        return self._sum(add, np.zeros(size, np.float64))

    def members(self, rows: Codes, supports: Ints) -> Incidence:
        """Return the groups of each row, ascending; `supports` says how many each has."""
        indptr = np.concatenate([[0], np.cumsum(supports)]).astype(np.int64)
        found = np.empty(int(indptr[-1]), np.int32)
        cursor = indptr[:-1].copy()
        for codes, groups, used in self._marks(0, self.prepared.size):
            sequence.gather(codes, groups, used, rows, cursor, found)
        return Incidence(indptr, found)

    def _sum(self, add: Callable[[tuple[int, int]], A], zero: A) -> A:
        offsets = np.asarray(self.prepared.offsets)
        for each in side_by_side(add, ranges(offsets, max(1, self.threads)), self.threads):
            zero += each
        return zero

    def _marks(self, first: int, last: int) -> Iterator[Marks]:
        """Yield marks of groups, as many at a time as there is room for."""
        kernel = self._kernel(first, last)
        room = ROOM
        while first < last:
            codes, groups = np.empty(room, np.int32), np.empty(room, np.int32)
            following = first
            while following == first:  # no room for a single group: more of it
                following, used = kernel(first, last, codes, groups)
                if following == first:
                    room *= 4
                    codes, groups = np.empty(room, np.int32), np.empty(room, np.int32)
            first = following
            yield codes, groups, used

    def _kernel(self, first: int, last: int) -> Callable[[int, int, Codes, Codes], tuple[int, int]]:
        """Return the kernel with room to work in."""
        data = self.prepared
        names, at, offsets = np.asarray(data.names.codes), np.asarray(data.at), np.asarray(data.offsets)
        one, two, three = (np.zeros(self.size, np.int64) for _ in range(3))
        if self.shape == "singles":
            return lambda here, end, codes, groups: sequence.singles(
                self.mode, self.table, names, at, offsets, here, end, self.ladder, one, two, three, codes, groups
            )
        if self.shape == "adjacent":
            stamp = np.zeros(self.size**2, np.int32)
            return lambda here, end, codes, groups: sequence.adjacent(
                self.mode, self.table, names, offsets, here, end, self.size, stamp, codes, groups
            )
        longest = int(np.max(np.diff(offsets[first : last + 1]), initial=0))
        places, local = np.zeros(longest, np.int64), np.full(self.size, -1, np.int64)
        if self.shape == "triples":
            since = np.zeros(longest, np.int64)
            return lambda here, end, codes, groups: sequence_gaps.triples(
                self.limit, self.frequent, self.table, names, at, offsets, here, end, self.size,
                local, one, two, three, places, since, codes, groups,
            )  # fmt: skip
        return lambda here, end, codes, groups: sequence_pairs.pairs(
            self.mode, self.limit, self.table, names, at, offsets, here, end, self.size, self.ladder,
            local, one, two, three, places, codes, groups,
        )  # fmt: skip
