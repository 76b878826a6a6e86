"""The range a series keeps at each part of its period, found and followed on-line."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from telic.context.metrics import periods
from telic.context.metrics.configuration import Configuration
from telic.context.metrics.history import History

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_BLOCK = 64  # series searched at once: what a processor's cache holds
_OTHER = 0.05  # [1] a period that differs by less is the one already believed in
_LEAST_CYCLES = 2  # with something seen at this part of the period, before its range says anything


class Seasons:
    """Period and seasonal range of many series.

    Every now and then, each time the series is a quarter longer, the period is looked for in a bounded and ever
    coarser memory of the series. Where there is one, the lowest and highest value of each of its parts in the last
    cycles, neighbours included, make a range; a sample's distance from it is what the season does not explain.

    Parameters
    ----------
    series
        How many.
    configuration
        The constants.
    """

    def __init__(self, series: int, configuration: Configuration) -> None:
        self._configuration = configuration
        self._history = History(series, configuration.history)
        self._next_search = configuration.first_search
        self._steps = 0
        self.period = np.zeros(series)  # in the unit of the times; 0: none
        self._ready_at = np.full(series, np.inf)
        self._pace = np.zeros(series)  # parts of the period in a unit of time
        self._place = np.zeros(series, dtype=np.int64)  # parts of the period since time 0
        self._here_low, self._here_high = np.zeros(series), np.zeros(series)  # the range of this part
        self._here_known = np.zeros(series, dtype=bool)
        self._now_low, self._now_high = np.full(series, np.inf), np.full(series, -np.inf)  # seen in it
        shape = (series, configuration.slots)
        self._low, self._high = np.full(shape, np.inf), np.full(shape, -np.inf)
        past = (series, configuration.cycles, configuration.slots)
        self._past_low, self._past_high = np.full(past, np.inf), np.full(past, -np.inf)
        self._range_low, self._range_high = np.full(shape, np.nan), np.full(shape, np.nan)

    def step(self, times: Floats, values: Floats, valid: Bools) -> tuple[Floats, Bools]:
        """Return each sample's distance from the seasonal range, and where there is such a range, and learn from it."""
        self._steps += 1
        self._history.add(times, values, valid)
        if self._steps >= self._next_search:
            self._next_search = int(np.ceil(self._next_search * self._configuration.search_growth))
            self._search(times)
        if not self.period.any():
            return np.zeros(len(values)), np.zeros(len(values), dtype=bool)
        return self._follow(times, values, valid)

    def ready(self, times: Floats) -> Bools:
        """Return where the distances have been watched for a cycle, so that one can be judged."""
        return np.asarray(times >= self._ready_at)

    def _follow(self, times: Floats, values: Floats, valid: Bools) -> tuple[Floats, Bools]:
        there = valid & (self.period > 0)
        place = np.floor(times * self._pace).astype(np.int64)
        moved = np.flatnonzero(there & (place != self._place))
        if len(moved):
            self._move(moved, place[moved])
        away = np.maximum(np.maximum(self._here_low - values, values - self._here_high), 0.0)
        known = there & self._here_known
        np.minimum(self._now_low, values, out=self._now_low, where=there)
        np.maximum(self._now_high, values, out=self._now_high, where=there)
        return np.where(known, away, 0.0), known

    def _move(self, rows: NDArray[np.int64], place: NDArray[np.int64]) -> None:
        """Some series come to another part of their period: what was seen in the last one is written down."""
        slots = self._configuration.slots
        last = self._place[rows] % slots
        self._low[rows, last] = np.minimum(self._low[rows, last], self._now_low[rows])
        self._high[rows, last] = np.maximum(self._high[rows, last], self._now_high[rows])
        turned = rows[place // slots != self._place[rows] // slots]
        if len(turned):
            self._turn(turned)
        self._enter(rows, place)

    def _enter(self, rows: NDArray[np.int64], place: NDArray[np.int64]) -> None:
        slot = place % self._configuration.slots
        low, high = self._range_low[rows, slot], self._range_high[rows, slot]
        self._place[rows] = place
        self._here_known[rows] = np.isfinite(low)
        self._here_low[rows], self._here_high[rows] = np.nan_to_num(low), np.nan_to_num(high)
        self._now_low[rows], self._now_high[rows] = np.inf, -np.inf

    def _turn(self, rows: NDArray[np.int64]) -> None:
        """A cycle ends: it joins the past ones, and the ranges are made anew."""
        for past, now, empty in ((self._past_low, self._low, np.inf), (self._past_high, self._high, -np.inf)):
            past[rows] = np.concatenate([now[rows][:, None], past[rows][:, :-1]], axis=1)
            now[rows] = empty
        self._make_range(rows)

    def _make_range(self, rows: NDArray[np.int64]) -> None:
        low, high = self._past_low[rows], self._past_high[rows]
        around_low = np.minimum(np.minimum(np.roll(low, 1, axis=2), np.roll(low, -1, axis=2)), low)
        around_high = np.maximum(np.maximum(np.roll(high, 1, axis=2), np.roll(high, -1, axis=2)), high)
        enough = np.isfinite(around_low).sum(axis=1) >= _LEAST_CYCLES
        self._range_low[rows] = np.where(enough, around_low.min(axis=1), np.nan)
        self._range_high[rows] = np.where(enough, around_high.max(axis=1), np.nan)

    def _search(self, times: Floats) -> None:
        for first in range(0, len(self.period), _BLOCK):
            self._search_in(slice(first, first + _BLOCK), times)

    def _search_in(self, block: slice, times: Floats) -> None:
        grid, width = self._history.even(block)
        settings, believed = self._configuration, self.period[block]
        correlation = periods.autocorrelation(grid, grid.shape[1] // settings.cycles + 2)
        found = periods.to_calendar(periods.find(correlation, settings.period_found) * width)
        lag = np.clip((believed / width).round().astype(np.int64), 0, correlation.shape[1] - 1)
        held = correlation[np.arange(len(lag)), lag] >= settings.period_kept
        believed[(found == 0) & ~held] = 0.0
        for row in np.flatnonzero((found > 0) & (np.abs(found - believed) > _OTHER * found)):
            believed[row] = found[row]
            self._ready_at[block.start + row] = times[block.start + row] + found[row]
            self._replay(block.start + int(row))

    def _replay(self, row: int) -> None:
        """Fill the past cycles of a series whose period has just been found from what is remembered."""
        for array, empty in (
            (self._low, np.inf),
            (self._high, -np.inf),
            (self._past_low, np.inf),
            (self._past_high, -np.inf),
        ):
            array[row] = empty
        slots = self._configuration.slots
        self._pace[row] = slots / self.period[row]
        times, values = self._history.of(row)
        place = np.floor(times * self._pace[row]).astype(np.int64)
        cycle, slot = place // slots, place % slots
        for back in range(self._configuration.cycles + 1):
            these = cycle == cycle[-1] - back
            low = self._low[row] if back == 0 else self._past_low[row, back - 1]
            high = self._high[row] if back == 0 else self._past_high[row, back - 1]
            np.minimum.at(low, slot[these], values[these])
            np.maximum.at(high, slot[these], values[these])
        rows = np.array([row])
        self._make_range(rows)
        self._enter(rows, place[-1:])
