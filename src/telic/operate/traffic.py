"""Notices that users get nothing at all: traffic at the entry falls away.

What fails silently leaves no bad request behind. Traffic counts as fallen away when the rate of *two* disjoint windows
of 1 s is below 35 % of the level before, or that of four is below 50 % (together below 45 %), each with a Poisson
probability below 1e-3 even if load were 30 % lower than the level: load that moves by 30 % alarms nobody. Only time of
which telemetry must be complete is looked at: up to 0.8 s before the newest metric of anything.
"""

from __future__ import annotations

from statistics import median

from telic.model import Symptom
from telic.operate.looks import CELL, Look
from telic.operate.statistics import poisson_at_most

CELLS = 2  # of a window [1]
SILENT, FALLEN, TOGETHER = 0.35, 0.5, 0.45  # of the level [1]
ORDINARY = 0.7  # of the level: load that is merely lower [1]
CHANCE = 1e-3  # of one window [1]
LEAST = 10.0  # requests a second below which silence says nothing [1/s]
LEVEL_FROM, LEVEL_TO = 24.0, 5.0  # which time before now makes the level [s]
LEVEL_LEAST = 8  # cells that make one [1]


class TrafficMonitor:
    """Compares the entry's rate with its own level.

    Parameters
    ----------
    entry
        Where users enter.
    """

    def __init__(self, entry: str) -> None:
        self._entry = entry
        self._totals: dict[int, int] = {}
        self._first = 0  # cells before are not known
        self.level = 0.0  # the rate while all was well [requests/s]; 0 until known

    def step(self, look: Look, *, frozen: bool) -> list[Symptom]:
        """Take one look; return a symptom when traffic has fallen away.

        Parameters
        ----------
        look
            The newest.
        frozen
            Whether an incident is open; the level before it counts.
        """
        until = int(look.until / CELL)
        if not look.heard:  # telemetry is late or away, which says nothing of users
            self._first = int(look.time / CELL) + 1
            return []
        seen: dict[int, int] = {}
        for (number, _), count in look.cells.items():
            seen[number] = seen.get(number, 0) + count.total
        self._totals.update(seen)
        self._totals = {number: each for number, each in self._totals.items() if number >= until - LEVEL_FROM / CELL}
        self._first = self._first or min(self._totals, default=0)
        if not frozen:
            self._learn(until)
        return self._judge(look, until)

    def _judge(self, look: Look, until: int) -> list[Symptom]:
        if self.level < LEAST or not self._first:
            return []
        windows = [
            sum(self._totals.get(number, 0) for number in range(end - CELLS, end))
            for end in range(until, until - 4 * CELLS, -CELLS)
            if end - CELLS >= self._first
        ]
        expected = self.level * CELL * CELLS
        silent = _fallen(windows[:2], SILENT, expected, 2)
        fallen = _fallen(windows, FALLEN, expected, 4) and sum(windows) < TOGETHER * expected * 4
        if not silent and not fallen:
            return []
        wanted = round(2 * expected)
        missing = wanted - sum(windows[:2])
        onset = next(
            (n + 1 for n in range(until - 1, self._first, -1) if self._totals.get(n, 0) >= expected / 4), until
        )
        return [
            Symptom("traffic", self._entry, "", "traffic", onset * CELL, look.time, missing / wanted, missing, wanted)
        ]

    def _learn(self, until: int) -> None:
        """Take the median of the cells between `LEVEL_FROM` and `LEVEL_TO` before now as the level."""
        first = max(self._first, until - int(LEVEL_FROM / CELL))
        counts = [self._totals.get(number, 0) for number in range(first, until - int(LEVEL_TO / CELL))]
        if self._first and len(counts) >= LEVEL_LEAST:
            self.level = median(counts) / CELL


def _fallen(counts: list[int], share: float, expected: float, windows: int) -> bool:
    return len(counts) == windows and all(
        count < share * expected and poisson_at_most(count, ORDINARY * expected) < CHANCE for count in counts
    )
