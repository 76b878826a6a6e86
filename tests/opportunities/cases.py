"""Small data for tests of the judge: groups with attributes, an outcome, and hypotheses as lists of members."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from telic.opportunities.model import Column, Floats, Hypothesis, Incidence, Ints, Outcome, Prepared

HOUR = 3_600_000_000_000


class Listed:
    """A family whose members are given."""

    template = "listed"

    def __init__(self, members: Mapping[str, npt.NDArray[np.bool_]], params: Mapping[str, str] | None = None) -> None:
        self.names = list(members)
        self.rows = [np.flatnonzero(flags).astype(np.int32) for flags in members.values()]
        self.params = params or {}

    def __len__(self) -> int:
        return len(self.rows)

    def hypothesis(self, row: int) -> Hypothesis:
        name = self.names[row]
        return Hypothesis(f"listed:{name}", "listed", {"name": self.params.get(name, name)}, f"sessions with {name}")

    def support(self) -> Ints:
        return np.array([len(row) for row in self.rows], dtype=np.int64)

    def totals(self, values: Floats) -> Floats:
        return np.array([values[row].sum() for row in self.rows])

    def members(self, rows: Ints) -> Incidence:
        chosen = [self.rows[int(row)] for row in rows]
        indptr = np.r_[0, np.cumsum([len(each) for each in chosen])].astype(np.int64)
        return Incidence(indptr, np.concatenate([np.zeros(0, np.int32), *chosen]).astype(np.int32))


def prepared(
    size: int,
    *,
    lengths: Ints | None = None,
    users: npt.NDArray[np.int32] | None = None,
    attributes: Mapping[str, npt.NDArray[Any]] | None = None,
) -> Prepared:
    """Return groups an hour apart, each of so many events a second apart."""
    counts = np.full(size, 3, dtype=np.int64) if lengths is None else np.asarray(lengths, dtype=np.int64)
    offsets = np.r_[0, np.cumsum(counts)].astype(np.int64)
    inside = np.arange(int(offsets[-1])) - np.repeat(offsets[:-1], counts)
    at = np.repeat(np.arange(size) * HOUR, counts) + inside * 1_000_000_000
    columns = {
        name: Column(name, np.asarray(codes, dtype=np.int32), [f"{name}_{i}" for i in range(int(codes.max()) + 1)])
        for name, codes in (attributes or {}).items()
    }
    return Prepared(
        names=Column("event", (inside % 3).astype(np.int32), ["a", "b", "paid"]),
        at=at.astype(np.int64),
        offsets=offsets,
        groups=[f"g{i}" for i in range(size)],
        users=np.arange(size, dtype=np.int32) if users is None else users,
        of_groups=columns,
    )


def binary(values: npt.NDArray[Any], harm: int = 1, touches: frozenset[str] = frozenset()) -> Outcome:
    """Return a KPI of 0 and 1."""
    return Outcome("error", np.asarray(values, dtype=np.float64), harm, True, "error", touches)


def numeric(values: Floats, harm: int = 1) -> Outcome:
    """Return a KPI in numbers."""
    return Outcome("amount", np.asarray(values, dtype=np.float64), harm, False, "amount")
