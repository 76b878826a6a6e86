"""Baselines of many series at once: one sample of each in, its surprise in nats out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from telic.context.metrics.configuration import FROZEN, Configuration
from telic.context.metrics.contexts import Contexts
from telic.context.metrics.levels import Levels
from telic.context.metrics.seasons import Seasons
from telic.context.metrics.tails import Tails
from telic.errors import UsageError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LARGEST = 1e150  # a value beyond this is taken for this: its square must exist

# the views of a sample, in this order in the arrays
_FAST, _SLOW, _SHORT_MEAN, _LONG_MEAN, _STEP, _SEASON, _SEASON_MEAN = range(7)


class Bank:
    """Robust baselines with seasonality of many series, fed one sample of each at a time.

    A sample is looked at in several ways: its distance from a fast and a slow level, the distance of short means
    from theirs, the size of the step from the sample before, the distance from the range the season allows, and how
    often the like was seen after the like. Each way speaks in nats, minus the logarithm of how probable as much or
    more is for this very series; the largest is the surprise. What the season explains is no surprise.

    The state of a series is about 35 kB and a step costs the same, however long it has run; every quarter more
    samples a search for the period costs about 50 us a series.

    Parameters
    ----------
    series
        How many.
    configuration
        The constants; leave them.

    Examples
    --------
    >>> bank = Bank(2)
    >>> quiet = [bank.step([float(n % 7), 5.0]).max() for n in range(500)]
    >>> max(quiet[100:]) < 3, bank.step([90.0, 5.0]).round().tolist()
    (True, [40.0, 0.0])
    """

    def __init__(self, series: int, configuration: Configuration = FROZEN) -> None:
        if series < 1:
            raise UsageError(f"a bank of {series} series", hint="at least one series")
        self.configuration = configuration
        self.series = series
        self.steps = 0
        ones = np.ones((7, 1))
        level = ones * [[configuration.fast], [configuration.slow], *[[configuration.drift_memory]] * 2, *[[configuration.slow]] * 3]
        scale = ones * [*[[configuration.slow]] * 2, *[[configuration.drift_memory]] * 2, [configuration.slow], *[[configuration.drift_memory]] * 2]
        self._levels = Levels((7, series), level, scale, configuration.clip)
        self._tails = Tails((7, series), configuration)
        self._contexts = Contexts(series, configuration)
        self._seasons = Seasons(series, configuration)
        self._recent = np.zeros((series, max(configuration.drift_windows)))
        self._sums = np.zeros((2, series))
        self._seen = np.zeros(series, dtype=np.int64)
        self._season_mean = np.zeros(series)
        self._last = np.zeros(series)

    @property
    def period(self) -> Floats:
        """The period of each series in the unit of the times, 0 where none was found."""
        return self._seasons.period.copy()

    @property
    def level(self) -> Floats:
        """The fast level of each series, in its own unit."""
        return self._levels.level[_FAST].copy()

    @property
    def scale(self) -> Floats:
        """The mean absolute deviation from it."""
        return self._levels.scale[_FAST].copy()

    def recent(self, row: int) -> Floats:
        """Return the last samples of one series, at most the longer drift window, oldest first."""
        length = self._recent.shape[1]
        count = int(min(self._seen[row], length))
        at = int(self._seen[row]) % length
        return np.roll(self._recent[row], -at)[length - count :]

    def step(self, values: ArrayLike, times: ArrayLike | None = None) -> Floats:
        """Take one sample of each series and return how surprising it is.

        Parameters
        ----------
        values : shape (S,)
            NaN or infinite where a series has no sample now: nothing is learned there.
        times : shape (S,) or one for all
            Rising, in any unit, of the samples; without them the samples count 0, 1, 2 ... Periods are in this unit.

        Returns
        -------
        shape (S,)
            Surprise [nats], from 0 to the cap; NaN where there was no sample.
        """
        given = np.asarray(values, dtype=np.float64)
        if given.shape != (self.series,):
            raise UsageError(f"{given.shape} values for {self.series} series", hint="one value a series; NaN where there is none")
        valid = np.isfinite(given)
        sample = np.clip(np.where(valid, given, 0.0), -_LARGEST, _LARGEST)
        when = np.broadcast_to(np.asarray(float(self.steps) if times is None else times, dtype=np.float64), given.shape)
        self.steps += 1
        views, there = self._views(sample, when, valid)
        surprise = self._tails.step(self._levels.step(views, there), there)
        context = self._contexts.step(sample, valid)
        total = self._join(surprise, context, there, self._seasons.ready(when))
        self._seen += valid
        total = np.where(self._seen > self.configuration.warm_up, np.minimum(total, self.configuration.cap), 0.0)
        return np.where(valid, total, np.nan)

    def run(self, values: ArrayLike, times: ArrayLike | None = None) -> Floats:
        """Take many samples of each series in order and return the surprise of each.

        Parameters
        ----------
        values : shape (T, S)
            A row is what `step` takes.
        times : shape (T,) or (T, S)
            Likewise.
        """
        rows = np.asarray(values, dtype=np.float64)
        if rows.ndim != 2 or rows.shape[1] != self.series:
            raise UsageError(f"values of shape {rows.shape} for {self.series} series", hint="shape (samples, series)")
        clock = None if times is None else np.asarray(times, dtype=np.float64)
        if clock is not None and len(clock) != len(rows):
            raise UsageError(f"{len(clock)} times for {len(rows)} rows", hint="one time a row")
        result = np.empty_like(rows)
        for number, row in enumerate(rows):
            result[number] = self.step(row, None if clock is None else clock[number])
        return result

    def _views(self, sample: Floats, when: Floats, valid: Bools) -> tuple[Floats, Bools]:
        views, there = np.empty((7, self.series)), np.broadcast_to(valid, (7, self.series)).copy()
        views[_FAST] = views[_SLOW] = sample
        views[_SHORT_MEAN], views[_LONG_MEAN] = self._means(sample, valid)
        views[_STEP] = np.abs(sample - self._last)
        there[_STEP] &= self._seen > 0
        self._last = np.where(valid, sample, self._last)
        away, known = self._seasons.step(when, sample, valid)
        self._season_mean += np.where(known, (away - self._season_mean) / self.configuration.season_window, 0.0)
        views[_SEASON], views[_SEASON_MEAN] = away, self._season_mean
        there[_SEASON] = there[_SEASON_MEAN] = known
        return views, there

    def _means(self, sample: Floats, valid: Bools) -> Floats:
        """Return the means over the drift windows with this sample, of as many as there are, shape (2, S)."""
        length = self._recent.shape[1]
        rows = np.arange(self.series)
        if self.steps % length == 0:
            self._resum()
        counts = np.empty((2, self.series))
        for number, window in enumerate(self.configuration.drift_windows):
            leaving = np.where(self._seen >= window, self._recent[rows, (self._seen - window) % length], 0.0)
            self._sums[number] += np.where(valid, sample - leaving, 0.0)
            counts[number] = np.minimum(self._seen + 1, window)
        at = self._seen % length
        self._recent[rows, at] = np.where(valid, sample, self._recent[rows, at])
        return self._sums / counts

    def _resum(self) -> None:
        """Sum again what the windows hold: a sum that is only added to and taken from keeps every error."""
        length = self._recent.shape[1]
        age = (self._seen[:, None] - 1 - np.arange(length)) % length
        for number, window in enumerate(self.configuration.drift_windows):
            held = age < np.minimum(self._seen, window)[:, None]
            self._sums[number] = np.where(held, self._recent, 0.0).sum(axis=1)

    def _join(self, surprise: Floats, context: Floats, there: Bools, ready: Bools) -> Floats:
        settings = self.configuration
        plain = np.maximum(surprise[: _LONG_MEAN + 1].max(axis=0), context)
        plain = np.maximum(plain, surprise[_STEP] - settings.side_cost)
        seasonal = there[_SEASON] & ready
        explained = np.minimum(plain, surprise[_SEASON] + settings.season_cap)
        against = np.maximum(surprise[_SEASON], surprise[_SEASON_MEAN]) - settings.side_cost
        return np.where(seasonal, np.maximum(explained, against), plain)
