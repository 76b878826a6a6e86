"""Baselines of many series at once: one sample of each in, its surprise in nats out."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from telic.context.metrics.configuration import FROZEN, Configuration
from telic.context.metrics.contexts import Contexts
from telic.context.metrics.levels import Levels
from telic.context.metrics.recent import Recent
from telic.context.metrics.seasons import Seasons
from telic.context.metrics.tails import Tails
from telic.errors import UsageError

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LARGEST = 1e150  # a value beyond this is taken for this: its square must exist

# the views of a sample, in this order in the arrays
_LEVEL, _SHORT_MEAN, _LONG_MEAN, _STEP, _SEASON = range(5)
_VIEWS = 5

_RELATIVE = 1e-9  # of a value: differences below it are the arithmetic's


class Bank:
    """Robust baselines with seasonality of many series, fed one sample of each at a time.

    A sample is looked at in several ways: its distance from the level, the distance of the means over the last
    samples from theirs, the size of the step from the sample before, the distance from the range the season allows,
    and how often the like was seen after the like. Each way speaks in nats, minus the logarithm of how probable that
    is for this very series; the largest is the surprise, so on pure noise 7 nats are reached in 2 to 6 samples of a
    thousand, not in one. What the season explains is no surprise.

    A series takes about 36 kB and a step costs the same, however long it has run; each time there are a quarter more
    samples, a search for its period costs about 0.1 ms.

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
    >>> bool(max(quiet[100:]) < 5), bank.step([90.0, 5.0]).round().tolist()
    (True, [40.0, 0.0])
    """

    def __init__(self, series: int, configuration: Configuration = FROZEN) -> None:
        if series < 1:
            raise UsageError(f"a bank of {series} series", hint="at least one series")
        self.configuration = configuration
        self.series = series
        self.steps = 0
        self._levels = Levels((_VIEWS, series), configuration.memory, configuration.clip)
        self._tails = Tails((_VIEWS, series), configuration)
        self._contexts = Contexts(series, configuration)
        self._seasons = Seasons(series, configuration)
        self._recent = Recent(series, configuration.windows)
        self._seen = np.zeros(series, dtype=np.int64)
        self._last = np.zeros(series)

    @property
    def period(self) -> Floats:
        """The period of each series in the unit of the times, 0 where none was found."""
        return np.array(self._seasons.period)

    @property
    def level(self) -> Floats:
        """The level of each series, in its own unit."""
        return np.array(self._levels.level[_LEVEL])

    @property
    def scale(self) -> Floats:
        """The mean absolute deviation from it."""
        return np.array(self._levels.scale[_LEVEL])

    def recent(self, row: int) -> tuple[Floats, Floats]:
        """Return times and values of one series in the last steps, as many as the longer window, oldest first."""
        return self._recent.of(row)

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
            raise UsageError(
                f"{given.shape} values for {self.series} series", hint="one value a series; NaN where there is none"
            )
        valid = np.isfinite(given)
        sample = np.clip(np.where(valid, given, 0.0), -_LARGEST, _LARGEST)
        when = np.broadcast_to(np.asarray(float(self.steps) if times is None else times, dtype=np.float64), given.shape)
        self.steps += 1
        views, there = self._views(sample, when, valid)
        deviation = self._levels.step(views, there, _RELATIVE * np.abs(sample))
        surprise = self._tails.step(deviation, there)
        context = self._contexts.step(sample, valid)
        total = self._join(surprise, context, there[_SEASON] & self._seasons.ready(when))
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
        views, there = np.empty((_VIEWS, self.series)), np.empty((_VIEWS, self.series), dtype=bool)
        there[:] = valid
        views[_LEVEL] = sample
        views[_SHORT_MEAN], views[_LONG_MEAN] = self._recent.step(when, sample, valid)
        np.abs(sample - self._last, out=views[_STEP])
        there[_STEP] &= self._seen > 0
        np.copyto(self._last, sample, where=valid)
        views[_SEASON], there[_SEASON] = self._seasons.step(when, sample, valid)
        return views, there

    def _join(self, surprise: Floats, context: Floats, seasonal: Bools) -> Floats:
        plain = np.maximum(surprise[:_SEASON].max(axis=0), context)
        explained = np.minimum(plain, surprise[_SEASON] + self.configuration.season_cap)
        seasonal = seasonal & self._tails.warm[_SEASON]
        return np.asarray(np.where(seasonal, np.maximum(explained, surprise[_SEASON]), plain))
