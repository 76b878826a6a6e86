"""Metric points sorted into series: one entity, one name, one set of attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from telic.context.traces.spans import NANOSECONDS, Tables
from telic.model import Window

Floats = NDArray[np.float64]
_KEYS = ("entity", "name", "unit", "attributes")
_FEW = 8  # points that a baseline should have [1]


@dataclass(frozen=True)
class Series:
    """One series; points that are not numbers are left out, and times are in order."""

    entity: str
    name: str
    unit: str
    attributes: str  # JSON text, as recorded
    times: Floats  # [s since the Unix epoch], shape (N,)
    values: Floats  # shape (N,)
    counters: tuple[str, ...] = ()  # recorded cumulative counters that it comes from

    @property
    def instance(self) -> str:
        """The instance that its attributes name, or ``""``."""
        if "instance" not in self.attributes:
            return ""
        try:
            found = msgspec.json.decode(self.attributes)
        except msgspec.DecodeError:
            return ""
        return str(found.get("instance") or "") if isinstance(found, dict) else ""

    def inside(self, window: Window) -> tuple[Floats, Floats]:
        """Return times and values inside `window`."""
        chosen = (self.times >= window.start) & (self.times < window.end)
        return self.times[chosen], self.values[chosen]

    def split(self, window: Window, baseline: Window | None) -> tuple[Floats, Floats, Floats]:
        """Return baseline values, and times and values of `window`.

        A baseline of fewer than 8 points is filled up with whatever was recorded outside the window.
        """
        times, values = self.inside(window)
        before = self.inside(baseline)[1] if baseline else np.zeros(0)
        if len(before) < _FEW:
            outside = (self.times < window.start) | (self.times >= window.end)
            before = self.values[outside]
        return before, times, values


def read_series(tables: Tables, windows: Sequence[Window] = ()) -> list[Series]:
    """Read all series inside `windows`; no windows mean all."""
    codes, known, found = tables.keyed("metrics", _KEYS, ("time", "value"), windows)
    values = found["value"].astype(np.float64)
    times = found["time"].astype(np.float64) / NANOSECONDS
    usable = np.isfinite(values)
    codes, times, values = codes[usable], times[usable], values[usable]
    order = np.lexsort((times, codes))
    bounds = np.searchsorted(codes[order], np.arange(len(known) + 1))
    return list(_series(known, order, bounds, times, values))


def _series(
    keys: Sequence[tuple[str, ...]],
    order: NDArray[np.int64],
    bounds: NDArray[np.int64],
    times: Floats,
    values: Floats,
) -> Iterator[Series]:
    for number, (entity, name, unit, attributes) in enumerate(keys):
        rows = order[bounds[number] : bounds[number + 1]]
        if len(rows):
            yield Series(entity, name, unit, attributes, times[rows], values[rows])
