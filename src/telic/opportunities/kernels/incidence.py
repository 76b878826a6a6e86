"""Lists of the groups of each hypothesis."""

from __future__ import annotations

import numpy as np

from telic.opportunities.kernels.compiled import THREADS, Array, compiled, ranges, side_by_side
from telic.opportunities.model import Floats, Incidence, Ints


def totals(incidence: Incidence, values: Floats, threads: int = THREADS) -> Floats:
    """Return the sum of `values` over the groups of each row."""
    found, given = np.empty(len(incidence), np.float64), np.ascontiguousarray(values, np.float64)
    side_by_side(
        lambda run: _sum(incidence.indptr, incidence.groups, given, *run, found),
        ranges(incidence.indptr, threads),
        threads,
    )
    return found


def rows(incidence: Incidence, wanted: Ints) -> Incidence:
    """Return some rows, in the order of `wanted`."""
    sizes = incidence.indptr[1:][wanted] - incidence.indptr[:-1][wanted]
    indptr = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    groups = np.empty(int(indptr[-1]), np.int32)
    _copy(incidence.indptr, incidence.groups, np.asarray(wanted, np.int64), indptr, groups)
    return Incidence(indptr, groups)


@compiled
def _sum(indptr: Array, groups: Array, values: Array, first: int, last: int, out: Array) -> None:
    for row in range(first, last):
        total = 0.0
        for index in range(indptr[row], indptr[row + 1]):
            total += values[groups[index]]
        out[row] = total


@compiled
def _copy(indptr: Array, groups: Array, wanted: Array, to: Array, out: Array) -> None:
    for row in range(len(wanted)):
        at = to[row]
        for index in range(indptr[wanted[row]], indptr[wanted[row] + 1]):
            out[at] = groups[index]
            at += 1
