"""Small families for tests: explicit sets of groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from telic.opportunities.model import Column, Floats, Hypothesis, Incidence, Ints, Prepared


@dataclass(frozen=True)
class Sets:
    """Hypotheses given as lists of groups."""

    template: str
    sets: Mapping[str, Sequence[int]]

    def __len__(self) -> int:
        return len(self.sets)

    def hypothesis(self, row: int) -> Hypothesis:
        name = list(self.sets)[row]
        events = tuple(name.split(">"))
        return Hypothesis(f"{self.template}/{name}", self.template, {"events": events}, f"sessions with {name}")

    def support(self) -> Ints:
        return np.array([len(each) for each in self.sets.values()], dtype=np.int64)

    def totals(self, values: Floats) -> Floats:
        return np.array([values[list(each)].sum() for each in self.sets.values()])

    def members(self, rows: Ints) -> Incidence:
        found = [np.array(list(self.sets.values())[row], dtype=np.int32) for row in rows]
        ends = np.cumsum([0, *(len(each) for each in found)]).astype(np.int64)
        return Incidence(ends, np.concatenate(found) if found else np.zeros(0, np.int32))


def prepared(sessions: Sequence[Sequence[str]], *, step: int = 60, first: int = 1_700_000_000) -> Prepared:
    """Return sessions of event names, one after another, `step` seconds between events."""
    labels = sorted({name for each in sessions for name in each})
    codes = np.array([labels.index(name) for each in sessions for name in each], dtype=np.int32)
    offsets = np.cumsum([0, *(len(each) for each in sessions)]).astype(np.int64)
    at = (first + step * np.arange(len(codes), dtype=np.int64)) * 1_000_000_000
    users = np.arange(len(sessions), dtype=np.int32)
    return Prepared(Column("event", codes, labels), at, offsets, [f"s{n}" for n in range(len(sessions))], users)
