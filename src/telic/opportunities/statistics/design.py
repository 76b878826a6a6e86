"""What groups are compared by, before any outcome is looked at: confounders, calendar time, lifecycle, exposure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.errors import UsageError
from telic.opportunities.kernels.gathered import count_marked
from telic.opportunities.model import Codes, Column, Exclusion, Floats, Ints, Prepared
from telic.opportunities.statistics.stages import is_stage
from telic.registry import near_names

TIME, NTH = "calendar time", "how many-eth of its user"
LEVELS = 40  # of a confounder; rarer values are one level together
LIFE = np.array([2, 3, 4, 7, 13])  # the how many-eth group of its user: 1st, 2nd, 3rd, 4-6, 7-12, later


@dataclass(frozen=True)
class Confounder:
    """A column in few levels; ``codes`` has shape (G,) and no -1: missing is a level of its own."""

    name: str
    codes: Codes
    counts: Ints

    @property
    def levels(self) -> int:
        """Number of levels."""
        return len(self.counts)


@dataclass(frozen=True)
class Design:
    """Groups by confounders.

    Parameters
    ----------
    cells : shape (G,)
        Number of the combination of all confounders and exposure that a group is in.
    of_cell : shape (cells, confounders + 1)
        Level of each confounder, and last the bin of exposure, of each cell.
    exposure : shape (G,)
        Bin of exposure: how many events a group has in which something can happen.
    score : shape (bins,)
        Mean exposure of each bin on the log scale, in standard deviations from the mean.
    kept : shape (G,)
        Number of the combination of confounders alone.
    start : shape (G,)
        Time of the first event [ns].
    users : shape (G,)
        Dense numbers of users.
    """

    confounders: tuple[Confounder, ...]
    cells: Codes
    of_cell: Codes
    exposure: Codes
    score: Floats
    kept: Codes
    start: Ints
    users: Codes
    user_count: int
    exclusions: tuple[Exclusion, ...]
    levels: Codes
    """Levels of all confounders, shape (confounders, G)."""
    stages: frozenset[int] = frozenset()
    """Confounders that say how long a user has been one: a hypothesis made of one is adjusted for none of them."""


def design(prepared: Prepared, wanted: Sequence[str] | None = None) -> Design:
    """Bin everything that groups are compared by.

    Parameters
    ----------
    wanted
        Attributes of groups to adjust for; all that repeat where None. Calendar time and lifecycle always are.
    """
    start = np.asarray(prepared.at)[prepared.offsets[:-1]]
    users, user_count = _dense(np.asarray(prepared.users))
    found, exclusions = _attributes(prepared, wanted)
    size = prepared.size
    bins = int(np.clip(size // 1000, 1, 8))
    found.append(confounder(TIME, quantile_bins(start.astype(np.float64), bins)))
    if user_count < size:
        found.append(confounder(NTH, np.searchsorted(LIFE, nth(users, start), side="right").astype(np.int32)))
    kept, _ = _cells([each.codes for each in found])
    none = np.zeros(0, dtype=np.int32)
    bare = Design(
        confounders=tuple(found),
        cells=none,
        of_cell=none,
        exposure=none,
        score=np.zeros(0),
        kept=kept,
        start=start,
        users=users,
        user_count=user_count,
        exclusions=tuple(exclusions),
        levels=np.stack([each.codes for each in found]),
        stages=_stages(found, prepared),
    )
    return exposed_apart(bare, prepared, frozenset())


def _stages(found: Sequence[Confounder], prepared: Prepared) -> frozenset[int]:
    """Return the numbers of the confounders that say how long a user has been one, where there are several."""
    names = {name for name, column in prepared.of_groups.items() if is_stage(name, column.labels)} | {NTH}
    numbers = frozenset(at for at, each in enumerate(found) if each.name in names)
    return numbers if len(numbers) > 1 else frozenset()


def exposed_apart(given: Design, prepared: Prepared, apart: Collection[str]) -> Design:
    """Return the design with exposure counted in other events: those called as one in `apart` are the KPI itself."""
    lengths = exposed(prepared, apart)
    exposure = quantile_bins(lengths.astype(np.float64), int(np.clip(prepared.size // 400, 1, 14)))
    cells, parts = _cells([given.kept, exposure])
    of_cell = np.empty((len(parts), len(given.confounders) + 1), dtype=np.int32)
    for at, each in enumerate((*(confounder.codes for confounder in given.confounders), exposure)):
        of_cell[cells, at] = each
    return replace(given, cells=cells, of_cell=of_cell, exposure=exposure, score=_score(exposure, lengths))


def exposed(prepared: Prepared, apart: Collection[str]) -> Ints:
    """Return how many events each group has, without those called as one in `apart`, shape (G,)."""
    lengths = np.diff(prepared.offsets).astype(np.int64)
    labels = [code for code, label in enumerate(prepared.names.labels) if label in apart] if apart else []
    if labels:
        is_apart = np.zeros(len(prepared.names.labels) + 1, dtype=np.int32)
        is_apart[labels] = 1
        count = np.empty(prepared.size, np.int64)
        count_marked(prepared.names.codes, prepared.offsets, is_apart, count)
        lengths -= count
    return lengths


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
    return _renumbered(np.searchsorted(edges, values, side="left"))


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


def confounder(name: str, codes: Codes) -> Confounder:
    """Return a confounder; levels beyond the `LEVELS` most frequent become one."""
    counts = np.bincount(codes)
    if len(counts) > LEVELS:
        keep = np.argsort(-counts, kind="stable")[: LEVELS - 1]
        mapping = np.full(len(counts), LEVELS - 1, dtype=np.int32)
        mapping[keep] = np.arange(LEVELS - 1)
        codes = mapping[codes]
        counts = np.bincount(codes, minlength=LEVELS)
    return Confounder(name, codes.astype(np.int32), counts.astype(np.int64))


def _attributes(prepared: Prepared, wanted: Sequence[str] | None) -> tuple[list[Confounder], list[Exclusion]]:
    for name in wanted or ():
        if name not in prepared.of_groups:
            raise UsageError(
                f"no attribute {name!r} of a {prepared.grouping} to adjust for",
                hint=near_names(name, prepared.of_groups),
            )
    found, exclusions = [], []
    for name, column in prepared.of_groups.items():
        if wanted is not None and name not in wanted:
            continue
        codes, present = _repeated(column)
        if present < 2:
            why = "has one value" if (column.codes >= 0).any() else "is missing everywhere"
            exclusions.append(Exclusion("column", 1, f"{why}: nothing to adjust for", (name,)))
        elif len(column.labels) > max(prepared.size // 10, LEVELS):
            exclusions.append(Exclusion("column", 1, "has too many values to adjust for: like an id", (name,)))
        else:
            found.append(confounder(name, codes))
    return found, exclusions


def _repeated(column: Column) -> tuple[Codes, int]:
    """Return codes from 0 with missing as the last level, and how many levels there are."""
    codes = np.asarray(column.codes)
    filled = np.where(codes < 0, len(column.labels), codes)
    counts = np.bincount(filled, minlength=len(column.labels) + 1)
    used = np.flatnonzero(counts)
    mapping = np.zeros(len(counts), dtype=np.int32)
    mapping[used] = np.arange(len(used))
    return mapping[filled], len(used)


def _dense(users: Codes) -> tuple[Codes, int]:
    """Return users numbered from 0 without gaps."""
    if len(users) == 0 or users.min() < 0:
        users = np.unique(users, return_inverse=True)[1].astype(np.int32)
    there = np.bincount(users) > 0
    if there.all():
        return users.astype(np.int32), len(there)
    return (np.cumsum(there) - 1).astype(np.int32)[users], int(there.sum())


def _renumbered(codes: npt.NDArray[np.integer[Any]]) -> Codes:
    """Return codes numbered from 0 without gaps, in their order."""
    occurs = np.bincount(codes) > 0
    return np.asarray((np.cumsum(occurs) - 1).astype(np.int32)[codes], np.int32)


def _cells(columns: Sequence[Codes]) -> tuple[Codes, Codes]:
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
    cells = _renumbered(key) if narrow else np.unique(key, return_inverse=True)[1].astype(np.int32)
    of_cell = np.empty((int(cells.max(initial=-1)) + 1, len(columns)), dtype=np.int32)
    for at, codes in enumerate(columns):
        of_cell[cells, at] = codes
    return cells, of_cell


def _score(exposure: Codes, lengths: Ints) -> Floats:
    """Return the mean log exposure of each bin, standardised over groups."""
    logs = np.log(np.maximum(lengths, 0) + 1.0)
    counts = np.bincount(exposure)
    means = np.bincount(exposure, logs) / np.maximum(counts, 1)
    center = float((means * counts).sum() / counts.sum())
    spread = float(np.sqrt(((means - center) ** 2 * counts).sum() / counts.sum()))
    return np.asarray((means - center) / spread) if spread > 0 else np.zeros(len(means))
