"""Notices that users get nothing at all: traffic at the entry falls away.

What fails silently leaves no bad request behind. Traffic counts as fallen away when the rate of *two* disjoint windows
of 1.25 s is below 35 % of the level before, or that of four is below 50 % (together below 45 %), each with a Poisson
probability below 1e-3 even if load were 30 % lower than the level: load that moves by 30 % alarms nobody.
"""

from __future__ import annotations

from collections import deque
from statistics import median

from telic.model import Symptom
from telic.operate.looks import Look
from telic.operate.statistics import poisson_at_most

WINDOW = 1.25  # [s]
SILENT, FALLEN, TOGETHER = 0.35, 0.5, 0.45  # of the level [1]
ORDINARY = 0.7  # of the level: load that is merely lower [1]
CHANCE = 1e-3  # of one window [1]
LEAST = 10.0  # requests a second below which silence says nothing [1/s]
LEVEL_FROM, LEVEL_TO = 24.0, 5.5  # which time before now makes the level [s]


class TrafficMonitor:
    """Compares the entry's rate with its own level.

    Parameters
    ----------
    entry
        Where users enter.
    """

    def __init__(self, entry: str) -> None:
        self._entry = entry
        self._looks: deque[tuple[float, int]] = deque(maxlen=80)
        self._level = 0.0

    @property
    def level(self) -> float:
        """The rate before [requests/s]; 0 until known."""
        return self._level

    def step(self, look: Look, *, frozen: bool) -> list[Symptom]:
        """Take one look; return a symptom when traffic has fallen away."""
        if not look.heard:  # telemetry is late or away, which says nothing of users
            self._looks.clear()
            return []
        self._looks.append((look.time, look.total))
        if not frozen:
            self._level = self._rate_before(look.time)
        if self._level < LEAST:
            return []
        counts = [self._count(look.time, index) for index in range(4)]
        known = [each for each in counts if each is not None]
        expected = self._level * WINDOW
        if not self._fallen(known[:2], SILENT, expected, 2) and not (
            self._fallen(known, FALLEN, expected, 4) and sum(known) < TOGETHER * expected * len(known)
        ):
            return []
        missing = round(expected * 2) - sum(known[:2])
        onset = look.time - 2 * WINDOW - 0.5
        return [
            Symptom(
                "traffic", self._entry, "", "traffic", onset, look.time, missing / max(1.0, expected * 2), missing,
                round(expected * 2),
            )
        ]  # fmt: skip

    def _fallen(self, counts: list[int], share: float, expected: float, windows: int) -> bool:
        return len(counts) == windows and all(
            count < share * expected and poisson_at_most(count, ORDINARY * expected) < CHANCE for count in counts
        )

    def _count(self, now: float, index: int) -> int | None:
        """Return requests told in the window `index` before now; None where looks do not reach so far back."""
        start, end = now - (index + 1) * WINDOW, now - index * WINDOW
        if not self._looks or self._looks[0][0] > start + 0.3:
            return None
        return sum(count for time, count in self._looks if start < time <= end)

    def _rate_before(self, now: float) -> float:
        """Median of the rates of the whole seconds between `LEVEL_FROM` and `LEVEL_TO` before now."""
        seconds: dict[int, int] = {}
        first = self._looks[0][0]
        for time, count in self._looks:
            age = now - time
            if LEVEL_TO <= age < LEVEL_FROM:
                seconds[int(age)] = seconds.get(int(age), 0) + count
        whole = [count for age, count in seconds.items() if first <= now - age - 1]
        return float(median(whole)) if len(whole) >= 4 else self._level
