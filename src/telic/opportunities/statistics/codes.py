"""Codes of groups: numbered without gaps, binned, combined to cells, summed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Codes, Column, Floats, Ints


def sums(codes: Codes, values: npt.NDArray[Any], size: int = 0) -> Floats:
    """Return the sum of `values` by code, for at least `size` codes."""
    return np.bincount(codes, values, size).astype(np.float64, copy=False)


def quantile_bins(values: Floats, bins: int) -> Codes:
    """Return about equally filled bins, from 0; equal values are in one bin.

    Examples
    --------
    >>> quantile_bins(np.array([1.0, 1, 1, 1, 2, 3, 9, 9]), 3).tolist()
    [0, 0, 0, 0, 1, 2, 2, 2]
    """
    if bins <= 1 or len(values) == 0:
        return np.zeros(len(values), dtype=np.int32)
    sample = values if len(values) <= 200_000 else values[:: len(values) // 100_000]
    edges = np.unique(np.quantile(sample, np.linspace(0, 1, bins + 1)[1:-1], method="lower"))
    return renumbered(np.searchsorted(edges, values, side="left"))


def nth(users: Codes, start: Ints) -> Codes:
    """Return the how many-eth group of its user each group is by start, from 1.

    Examples
    --------
    >>> nth(np.array([7, 7, 1, 7], dtype=np.int32), np.array([30, 10, 5, 20])).tolist()
    [3, 1, 1, 2]
    """
    by_start = np.argsort(start, kind="stable")
    order = by_start[np.argsort(users[by_start], kind="stable")]
    ordered = users[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    place = np.arange(len(users)) - np.repeat(first, np.diff(np.r_[first, len(users)])) + 1
    result = np.empty(len(users), dtype=np.int32)
    result[order] = place
    return result


def repeated(column: Column) -> tuple[Codes, int]:
    """Return codes from 0 with missing as the last level, and how many levels there are."""
    codes = np.asarray(column.codes)
    filled = np.where(codes < 0, len(column.labels), codes)
    counts = np.bincount(filled, minlength=len(column.labels) + 1)
    used = np.flatnonzero(counts)
    mapping = np.zeros(len(counts), dtype=np.int32)
    mapping[used] = np.arange(len(used))
    return mapping[filled], len(used)


def dense(users: Codes) -> tuple[Codes, int]:
    """Return users numbered from 0 without gaps."""
    if len(users) == 0 or users.min() < 0:
        users = np.unique(users, return_inverse=True)[1].astype(np.int32)
    there = np.bincount(users) > 0
    if there.all():
        return users.astype(np.int32), len(there)
    return (np.cumsum(there) - 1).astype(np.int32)[users], int(there.sum())


def renumbered(codes: npt.NDArray[np.integer[Any]]) -> Codes:
    """Return codes numbered from 0 without gaps, in their order."""
    occurs = np.bincount(codes) > 0
    return np.asarray((np.cumsum(occurs) - 1).astype(np.int32)[codes], np.int32)


def cells_of(columns: Sequence[Codes]) -> tuple[Codes, Codes]:
    """Number the combinations of columns that occur; return the cell of each group, and the levels of each cell."""
    key = np.zeros(len(columns[0]), dtype=np.int64)
    width = 1
    for codes in columns:
        levels = int(codes.max(initial=0)) + 1
        if width * levels > 1 << 22:  # renumber before the product grows out of a table
            there = np.unique(key, return_inverse=True)
            key, width = there[1].astype(np.int64), len(there[0])
        key = key * levels + codes
        width *= levels
    narrow = width <= 1 << 22
    cells = renumbered(key) if narrow else np.unique(key, return_inverse=True)[1].astype(np.int32)
    of_cell = np.empty((int(cells.max(initial=-1)) + 1, len(columns)), dtype=np.int32)
    for at, codes in enumerate(columns):
        of_cell[cells, at] = codes
    return cells, of_cell
