"""Notices that a replica falls behind its primary: what users made or changed is not found where services read there.

No request fails and none is slow, so that nothing else tells. The last readings in a row, two seconds of them, have to
show a lag of at least 3 s, and of four times what it ever was while all was well, and the last no less than the first.
A replica that catches up is none of this, however far it is behind.

Lag that grows by a second each second, rather than a bound alone: B. Schwartz et al., "High Performance MySQL",
O'Reilly 2012, chapter 10 ("Measuring replication lag").
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import pairwise

from telic.model import Symptom
from telic.telemetry.queries import ReplicaStep

BEHIND = 3.0  # [s]
RATIO = 4.0  # of the lag that is usual [1]
READINGS = 4  # in a row [1]
APART = 2.0  # at most, between two readings in a row [s]
STALE = 4.0  # older readings say nothing of now [s]
KEPT = 240  # readings of well times [1]
RECENT = 30.0  # newer ones are not part of what is normal yet [s]


class ReplicaMonitor:
    """Compares how far each replica is behind with how far it was while all was well."""

    def __init__(self) -> None:
        self._steps: dict[str, deque[ReplicaStep]] = {}
        self._usual: dict[str, deque[float]] = {}

    def step(self, steps: Sequence[ReplicaStep], now: float, *, frozen: bool) -> list[Symptom]:
        """Take the readings of the last seconds; return a symptom for each replica that falls behind.

        Parameters
        ----------
        steps
            By replica and time; what was taken before may come again.
        now
            [s since the Unix epoch]
        frozen
            Whether an incident is open: what is seen now is not what is normal.
        """
        for each in steps:
            known = self._steps.setdefault(each.replica, deque())
            if not known or each.time > known[-1].time:
                known.append(each)
        found = [symptom for name in sorted(self._steps) if (symptom := self._judge(name, now)) is not None]
        for name, known in self._steps.items():
            while known and known[0].time < now - RECENT:
                old = known.popleft()
                if not found and not frozen:
                    self._usual.setdefault(name, deque(maxlen=KEPT)).append(old.lag)
        return found

    def well(self, replica: str, now: float) -> bool:
        """Whether a replica is no further behind than usual, and there is a reading that says so."""
        known = self._steps.get(replica)
        return bool(known) and now - known[-1].time < STALE and known[-1].lag < self._bound(replica)  # type: ignore[index]

    def _bound(self, replica: str) -> float:
        return max(BEHIND, RATIO * max(self._usual.get(replica, ()), default=0.0))

    def _judge(self, name: str, now: float) -> Symptom | None:
        row = list(self._steps[name])[-READINGS:]
        if len(row) < READINGS or now - row[-1].time >= STALE:
            return None
        if any(b.time - a.time > APART for a, b in pairwise(row)) or row[-1].lag < row[0].lag:
            return None
        bound = self._bound(name)
        if any(each.lag < bound for each in row):
            return None
        last, behind = row[-1], round(row[-1].lag)
        return Symptom("replica", name, "", "replica", last.time - last.lag, now, last.lag / bound, behind, behind)
