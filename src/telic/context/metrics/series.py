"""Metric points sorted into series: one entity, one name, one set of attributes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import msgspec
import numpy as np
from numpy.typing import NDArray

from telic.context.traces.spans import NANOSECONDS, Tables
from telic.model import Window

Floats = NDArray[np.float64]
_KEYS = ("entity", "name", "unit", "attributes")
_RELEASED = frozenset(("service.version", "telic.config.revision"))  # of a resource: a change of it begins no series
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
        return self.before(window, baseline)[1], *self.inside(window)

    def before(self, window: Window, baseline: Window | None) -> tuple[Floats, Floats]:
        """Return times and values of the baseline, as `split` does."""
        times, values = self.inside(baseline) if baseline else (np.zeros(0), np.zeros(0))
        if len(values) < _FEW:
            outside = (self.times < window.start) | (self.times >= window.end)
            return self.times[outside], self.values[outside]
        return times, values


def read_series(tables: Tables, windows: Sequence[Window] = ()) -> list[Series]:
    """Read all series inside `windows`; no windows mean all.

    What a service's next version or configuration revision measures continues what was measured before: it is one
    series, with the attributes that were recorded last.
    """
    codes, known, found = tables.keyed("metrics", _KEYS, ("time", "value"), windows)
    values = found["value"].astype(np.float64)
    times = found["time"].astype(np.float64) / NANOSECONDS
    usable = np.isfinite(values)
    codes, times, values = codes[usable], times[usable], values[usable]
    codes, known = _continued(codes, known, times)
    order = np.lexsort((times, codes))
    bounds = np.searchsorted(codes[order], np.arange(len(known) + 1))
    return list(_series(known, order, bounds, times, values))


def _continued(
    codes: NDArray[np.int64], keys: Sequence[tuple[str, ...]], times: Floats
) -> tuple[NDArray[np.int64], Sequence[tuple[str, ...]]]:
    """Give groups that differ in a resource's release alone one number, and the attributes of the latest of them."""
    same: dict[tuple[str, ...], list[int]] = {}
    for number, key in enumerate(keys):
        same.setdefault((*key[:3], _unreleased(key[3] or "")), []).append(number)
    if len(same) == len(keys):
        return codes, keys
    last = np.full(len(keys), -np.inf)
    np.maximum.at(last, codes, times)
    renumbered = np.zeros(len(keys), dtype=np.int64)
    for number, group in enumerate(same.values()):
        renumbered[group] = number
    latest = [max(group, key=lambda each: last[each]) for group in same.values()]
    return renumbered[codes], [keys[each] for each in latest]


@lru_cache(maxsize=4096)
def _unreleased(attributes: str) -> str:
    """Return attributes without what a release of the resource changes."""
    if not any(name in attributes for name in _RELEASED):
        return attributes
    try:
        found = msgspec.json.decode(attributes)
    except msgspec.DecodeError:
        return attributes
    resource = found.get("resource") if isinstance(found, dict) else None
    if not isinstance(resource, dict):
        return attributes
    kept = {name: value for name, value in resource.items() if name not in _RELEASED}
    return msgspec.json.encode({**found, "resource": kept}, order="sorted").decode()


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
