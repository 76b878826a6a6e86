"""What the slots of a full service were held by: a store, a callee, the processor, or something of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from telic.model import Store, Window
from telic.telemetry.queries.rows import bounds, records
from telic.telemetry.queries.saturation import FULL, Saturation

BUSY = 0.8  # CPU seconds a second, of one interpreter, which runs on one processor at a time [1]
LATE = 0.08  # of an event loop: what is ready waits for a processor [s]


@dataclass(frozen=True)
class Waited:
    """What requests of one service waited for one peer, in calls that began in one step."""

    service: str
    peer: str  # a service or a store
    start: float  # of the step [s since the Unix epoch]
    seconds: float  # of all calls together [s]


@dataclass(frozen=True)
class Held:
    """What held the slots of one service while it was full.

    Attributes
    ----------
    peers
        Share of the slots' time that calls to a peer took [1], the largest first; together at most 1.
    cpu
        CPU seconds a second [1].
    lag
        How late its event loop was at worst [s].
    """

    peers: Mapping[str, float] = field(default_factory=dict)
    cpu: float = 0.0
    lag: float = 0.0

    @property
    def own(self) -> float:
        """Share that no call took [1]."""
        return max(0.0, 1.0 - sum(self.peers.values()))

    def __str__(self) -> str:
        shares = [f"{share:.0%} in calls to {name}" for name, share in self.peers.items() if share >= 0.05]
        if self.own >= 0.05:
            shares.append(f"{self.own:.0%} in {self._alone()}")
        return ", ".join(shares)

    def _alone(self) -> str:
        if self.cpu >= BUSY:
            return f"its own work, with its processor full ({self.cpu:.0%} of one)"
        if self.lag >= LATE:
            return f"its own work, which waited up to {self.lag:.2g} s for a processor"
        return f"its own time, at {self.cpu:.0%} of a processor (its service time, a lock, or a free connection)"


SQL = """
SELECT service, peer, (start_ns - ?) // ? AS step, sum(duration_ns) / 1e9 AS seconds
FROM spans WHERE start_ns >= ? AND start_ns < ? AND kind IN ('client', 'producer') AND peer <> ''
GROUP BY ALL ORDER BY ALL
"""


def waited(store: Store, window: Window, step: float = 1.0, *, limit: int = 200_000) -> list[Waited]:
    """Return what every service waited for every peer in every `step` [s] of `window`."""
    start, end = bounds(window)
    rows = [dict(each) for each in store.query(SQL, (start, round(step * 1e9), start, end), limit=limit)]
    for row in rows:
        row["start"] = window.start + float(str(row.pop("step"))) * step
    return records(Waited, rows)


def held(service: str, steps: Iterable[Saturation], waits: Iterable[Waited]) -> Held | None:
    """Return what held the slots of `service` in the steps in which it was full; None where it never was.

    Calls side by side of one request count for no more than the slot that it held.
    """
    full = [each for each in steps if each.service == service and each.utilisation >= FULL]
    taken = sum(each.used * each.seconds for each in full)
    if not taken:
        return None
    starts = {each.start for each in full}
    peers: dict[str, float] = {}
    for each in waits:
        if each.service == service and each.start in starts:
            peers[each.peer] = peers.get(each.peer, 0.0) + each.seconds
    whole = max(taken, sum(peers.values()))
    return Held(
        {name: peers[name] / whole for name in sorted(peers, key=lambda name: (-peers[name], name))},
        cpu=sum(each.cpu * each.seconds for each in full) / sum(each.seconds for each in full),
        lag=max(each.lag for each in full),
    )
