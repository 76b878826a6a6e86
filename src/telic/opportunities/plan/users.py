"""The groups of each user in the order in which they began: what windows over users read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Ints, Prepared

Array = npt.NDArray[Any]
Truths = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Users:
    """Groups sorted by user, start and id.

    Parameters
    ----------
    order : shape (G,)
        Groups, in that order.
    first : shape (G,)
        By place in that order: the place of the first group of the same user.
    users : shape (G,)
        By place in that order: whose it is.
    starts : shape (G,)
        By place in that order: when it began [ns].
    """

    order: Ints
    first: Ints
    users: Ints
    starts: Ints

    @classmethod
    def of(cls, prepared: Prepared) -> Users:
        """Sort the groups of `prepared`; where two of a user began at once, the shorter or lesser id comes first."""
        starts = np.asarray(prepared.at[prepared.offsets[:-1]])
        users = np.asarray(prepared.users).astype(np.int64)
        order = np.argsort(starts, kind="stable")
        order = order[np.argsort(users[order], kind="stable")]
        sorted_users, sorted_starts = users[order], starts[order]
        new = np.ones(len(order), dtype=np.bool_)
        new[1:] = sorted_users[1:] != sorted_users[:-1]
        _settle_ties(order, new, sorted_starts, prepared)
        places = np.arange(len(order))
        return cls(order, np.maximum.accumulate(np.where(new, places, 0)), sorted_users, sorted_starts)

    def index(self) -> Ints:
        """Return the number of each group among its user's, from 1, shape (G,)."""
        return self._back(np.arange(len(self.order)) - self.first + 1)

    def sizes(self) -> Ints:
        """Return how many groups the user of each group has, shape (G,)."""
        _, place, count = np.unique(self.first, return_inverse=True, return_counts=True)
        return self._back(count[place])

    def previous(self, values: Array) -> tuple[Array, Truths]:
        """Return the value of the user's group before, and where there is one, each of shape (G,)."""
        found = np.empty_like(values)
        there = np.zeros(len(values), dtype=np.bool_)
        has = self.first < np.arange(len(self.order))
        moved = np.roll(values[self.order], 1)
        found[self.order], there[self.order] = np.where(has, moved, np.zeros(1, values.dtype)), has
        return found, there

    def highest(self, values: Array, known: Truths | None) -> tuple[Array, Truths]:
        """Return the highest value up to each group among its user's, and where there is one, each of shape (G,)."""
        floor = np.iinfo(values.dtype).min if values.dtype.kind == "i" else -np.inf
        given = values if known is None else np.where(known, values, floor)
        there = np.ones(len(values), dtype=np.bool_) if known is None else known
        best, seen = given[self.order].copy(), there[self.order].copy()
        step = 1
        reach = np.arange(len(best)) - self.first  # how many groups of the user stand before
        while len(reach) and step <= reach.max():  # doubling: after this step the best of the last 2 * step
            may = np.flatnonzero(reach >= step)
            best[may] = np.maximum(best[may], best[may - step])
            seen[may] |= seen[may - step]
            step *= 2
        return self._back(best), self._back(seen)

    def recent(self, width: int) -> Ints:
        """Return how many other groups of the user began within `width` [ns] before or together with it, shape (G,)."""
        places = np.arange(len(self.order))
        low, high = self.first.copy(), places.copy()
        bounds = self.starts - width
        open_ = np.flatnonzero(low < high)  # a binary search for all groups at once
        while len(open_):
            middle = (low[open_] + high[open_]) // 2
            before = self.starts[middle] < bounds[open_]
            low[open_] = np.where(before, middle + 1, low[open_])
            high[open_] = np.where(before, high[open_], middle)
            open_ = open_[low[open_] < high[open_]]
        return self._back(self._after_ties() - low - 1)

    def _after_ties(self) -> Ints:
        """Return by place: the first place after those of the same user that began at the same time."""
        size = len(self.order)
        last = np.ones(size, dtype=np.bool_)
        last[:-1] = (self.users[1:] != self.users[:-1]) | (self.starts[1:] != self.starts[:-1])
        ends = np.where(last, np.arange(1, size + 1), size)
        return np.minimum.accumulate(ends[::-1])[::-1]

    def _back(self, placed: Array) -> Array:
        found = np.empty_like(placed)
        found[self.order] = placed
        return found


def _by_id(text: str) -> tuple[int, bytes]:
    """Return by what ids are ordered: the shorter first, so that numbers rise."""
    plain = text.encode("utf-8", "surrogatepass")
    return len(plain), plain


def _settle_ties(order: Ints, new: Truths, starts: Ints, prepared: Prepared) -> None:
    tied = np.flatnonzero(~new[1:] & (starts[1:] == starts[:-1])) if len(order) > 1 else np.zeros(0, dtype=np.int64)
    for run in np.split(tied, np.flatnonzero(np.diff(tied) > 1) + 1):
        if len(run):
            place = slice(int(run[0]), int(run[-1]) + 2)
            order[place] = sorted(order[place].tolist(), key=lambda group: _by_id(prepared.groups[group]))
