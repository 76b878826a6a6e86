"""Turns what a source sends of one series into samples in order, and counts what was wrong with them."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from telic.errors import UsageError

Floats = NDArray[np.float64]

_GAP = 3.0  # usual distances; a longer pause is a gap


@dataclass(frozen=True)
class Tally:
    """What was wrong with the samples of one series; nothing is dropped without being counted here."""

    kept: int = 0
    missing: int = 0  # no number, or an infinite one
    late: int = 0  # older than one that came before
    repeated: int = 0  # the same time again; the last one counts in a batch, the first one in a stream
    resets: int = 0  # a counter that fell: it began again at 0
    gaps: int = 0  # pauses longer than three usual distances


@dataclass(frozen=True)
class Cleaned:
    """Samples in rising order of time, and what was wrong with them."""

    times: Floats
    values: Floats
    tally: Tally


def clean(times: ArrayLike, values: ArrayLike, *, counter: bool = False) -> Cleaned:
    """Put the samples of one series in order.

    Parameters
    ----------
    times : shape (T,)
        [s], in any order.
    values : shape (T,)
        Of any unit; NaN and infinite ones are dropped.
    counter
        The values only rise, but for resets: the answer is their rate [1/s], one sample fewer.

    Returns
    -------
    Cleaned
        At most T samples.

    Raises
    ------
    UsageError
        The arrays are not two of the same length.
    """
    when, what = np.asarray(times, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if when.ndim != 1 or when.shape != what.shape:
        raise UsageError(
            f"times of shape {when.shape} for values of shape {what.shape}", hint="two lists of one length"
        )
    there = np.isfinite(when) & np.isfinite(what)
    when, what = when[there], what[there]
    late = int((when < np.maximum.accumulate(when)).sum()) if len(when) else 0
    order = np.argsort(when, kind="stable")
    when, what = when[order], what[order]
    last = np.append(when[1:] != when[:-1], True)[: len(when)]
    repeated = len(when) - int(last.sum())
    when, what = when[last], what[last]
    steps = np.diff(when)
    gaps = int((steps > _GAP * np.median(steps)).sum()) if len(steps) else 0
    resets = 0
    if counter:
        rise = np.diff(what)
        resets = int((rise < 0).sum())
        when, what = when[1:], np.where(rise < 0, what[1:], rise) / steps
    tally = Tally(len(when), int((~there).sum()), late, repeated, resets, gaps)
    return Cleaned(when, what, tally)


class Feed:
    """The same for one series on-line: a late sample cannot be put in order any more and is dropped, and counted.

    Parameters
    ----------
    counter
        As for `clean`.

    Examples
    --------
    >>> feed = Feed(counter=True)
    >>> [feed.take(time, value) for time, value in [(0, 10), (10, 30), (5, 7), (20, 5)]]
    [None, 2.0, None, 0.5]
    >>> feed.tally.late, feed.tally.resets
    (1, 1)
    """

    def __init__(self, *, counter: bool = False) -> None:
        self._counter = counter
        self._last: tuple[float, float] | None = None
        self._usual = math.nan
        self.tally = Tally()

    def take(self, time: float, value: float) -> float | None:
        """Return the sample to go on with, or None where this one gives none."""
        if not (math.isfinite(time) and math.isfinite(value)):
            self._count(missing=self.tally.missing + 1)
            return None
        if self._last is None:
            self._last = (time, value)
            return None if self._counter else self._keep(value)
        before, old = self._last
        if time <= before:
            late = time < before
            self._count(late=self.tally.late + late, repeated=self.tally.repeated + (not late))
            return None
        self._pause(time - before)
        self._last = (time, value)
        if not self._counter:
            return self._keep(value)
        if value < old:
            self._count(resets=self.tally.resets + 1)
        return self._keep((value if value < old else value - old) / (time - before))

    def _pause(self, length: float) -> None:
        if length > _GAP * self._usual:
            self._count(gaps=self.tally.gaps + 1)
            length = _GAP * self._usual
        self._usual = length if math.isnan(self._usual) else self._usual + 0.1 * (length - self._usual)

    def _keep(self, value: float) -> float:
        self._count(kept=self.tally.kept + 1)
        return value

    def _count(self, **more: int) -> None:
        self.tally = replace(self.tally, **more)
