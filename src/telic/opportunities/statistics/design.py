"""What groups are compared by, before any outcome is looked at: confounders, calendar time, lifecycle, exposure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from telic.errors import UsageError
from telic.opportunities.kernels.gathered import count_marked
from telic.opportunities.model import Codes, Exclusion, Floats, Ints, Prepared
from telic.opportunities.statistics.codes import cells_of, dense, nth, quantile_bins, repeated
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
    users, user_count = dense(np.asarray(prepared.users))
    found, exclusions = _attributes(prepared, wanted)
    size = prepared.size
    bins = int(np.clip(size // 1000, 1, 8))
    found.append(confounder(TIME, quantile_bins(start.astype(np.float64), bins)))
    if user_count < size:
        found.append(confounder(NTH, np.searchsorted(LIFE, nth(users, start), side="right").astype(np.int32)))
    kept, _ = cells_of([each.codes for each in found])
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
    cells, parts = cells_of([given.kept, exposure])
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
        codes, present = repeated(column)
        if present < 2:
            why = "has one value" if (column.codes >= 0).any() else "is missing everywhere"
            exclusions.append(Exclusion("column", 1, f"{why}: nothing to adjust for", (name,)))
        elif len(column.labels) > max(prepared.size // 10, LEVELS):
            exclusions.append(Exclusion("column", 1, "has too many values to adjust for: like an id", (name,)))
        else:
            found.append(confounder(name, codes))
    return found, exclusions


def _score(exposure: Codes, lengths: Ints) -> Floats:
    """Return the mean log exposure of each bin, standardised over groups."""
    logs = np.log(np.maximum(lengths, 0) + 1.0)
    counts = np.bincount(exposure)
    means = np.bincount(exposure, logs) / np.maximum(counts, 1)
    center = float((means * counts).sum() / counts.sum())
    spread = float(np.sqrt(((means - center) ** 2 * counts).sum() / counts.sum()))
    return np.asarray((means - center) / spread) if spread > 0 else np.zeros(len(means))
