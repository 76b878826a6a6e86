"""What a run showed, second by second: per operation, per service, per edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from telic.model.judgement import Tally
from telic.worlds.queueing.layout import (
    BIN_FIRST,
    BIN_RATIO,
    BINS,
    N_BUSY,
    OF_EDGE,
    OF_NODE,
    R_FAILED,
    R_GOOD,
    R_LATE,
    R_SENT,
    Arrays,
)
from telic.worlds.queueing.plan import Plan


@dataclass(frozen=True)
class Gauges:
    """What is seen at the end of each second."""

    queued: Any  # requests that wait [1]
    age: Any  # of the one that waits longest [s]
    limit: Any  # requests that may be served at once [1]
    active: Any  # slots that are taken [1]

    @classmethod
    def of(cls, seconds: int, services: int) -> Gauges:
        """Return gauges with nothing seen."""
        return cls(*(np.zeros((seconds, services)) for _ in range(4)))

    def look(self, second: int, w: Arrays, silent: Sequence[int] = ()) -> None:
        """See how things are now; of the services numbered `silent` nothing is seen: nan."""
        if second >= len(self.queued):
            return
        nodes, time = w.nodes, float(w.clock["now"][0])
        self.queued[second] = nodes["waiting"]
        waiting = nodes["head"] >= 0
        self.age[second][waiting] = time - w.frames["arrived"][nodes["head"][waiting]]
        self.limit[second] = np.where(nodes["aimd"] > 0, np.floor(nodes["limit"]), nodes["slots"])
        self.active[second] = nodes["over"] + nodes["hold_count"]
        for each in (self.queued, self.age, self.limit, self.active):
            each[second, list(silent)] = np.nan


@dataclass(frozen=True)
class Result:
    """Counts and latencies; rows are seconds since the start of the run, by when users meant to send."""

    plan: Plan
    seed: int
    seconds: int
    events: int  # that the model worked off [1]
    of_entry: Any  # second, entry, (sent, good, late, failed)
    of_node: Any  # second, service, layout.OF_NODE
    of_edge: Any  # second, edge, layout.OF_EDGE
    latencies: Any  # second, entry, bin
    gauges: Gauges
    queues: Any  # at the end, layout.QUEUE
    spans: Any  # of sampled requests, layout.SPAN
    spans_lost: int

    @classmethod
    def of(cls, plan: Plan, w: Arrays, gauges: Gauges, seconds: int, seed: int) -> Result:
        """Read a run off its arrays."""
        clock = w.clock[0]
        return cls(
            plan=plan,
            seed=seed,
            seconds=seconds,
            events=int(clock["events"]),
            of_entry=w.of_entry[:seconds].copy(),
            of_node=w.of_node[:seconds].copy(),
            of_edge=w.of_edge[:seconds].copy(),
            latencies=w.latencies[:seconds].copy(),
            gauges=Gauges(*(each[:seconds] for each in (gauges.queued, gauges.age, gauges.limit, gauges.active))),
            queues=w.queues.copy(),
            spans=w.spans[: int(clock["spans"])].copy(),
            spans_lost=int(clock["spans_lost"]),
        )

    @property
    def sent(self) -> Any:
        """Requests by second."""
        return self.of_entry[:, :, R_SENT].sum(axis=1)

    @property
    def good(self) -> Any:
        """Right answers in time, by second."""
        return self.of_entry[:, :, R_GOOD].sum(axis=1)

    def goodput(self, start: float, end: float) -> float:
        """Return the share [1] of good answers to requests of the whole seconds from `start` to `end` [s]."""
        rows = slice(int(np.ceil(start)), int(end))
        sent = int(self.sent[rows].sum())
        return float(self.good[rows].sum()) / sent if sent else 1.0

    def quantile(self, share: float, start: float, end: float, entry: str = "") -> float:
        """Return the latency below which `share` [1] of the right answers were [s]; nan without any."""
        chosen = [n for n, name in enumerate(self.plan.entries) if entry in ("", name)]
        counts = self.latencies[int(np.ceil(start)) : int(end), chosen].sum(axis=(0, 1))
        if not counts.sum():
            return float("nan")
        passed = np.cumsum(counts)
        wanted = share * passed[-1]
        bin_ = min(int(np.searchsorted(passed, wanted)), BINS - 1)
        low = BIN_FIRST * BIN_RATIO ** (bin_ - 1) if bin_ else 0.0
        high = BIN_FIRST * BIN_RATIO**bin_
        inside = (wanted - (passed[bin_] - counts[bin_])) / counts[bin_]
        return float(low + (high - low) * inside)

    def count_of(self, service: str, column: str) -> Any:
        """Return one column of a service's counts, by second."""
        return self.of_node[:, self.plan.node(service), OF_NODE.index(column)]

    def count_over(self, edge: str, column: str) -> Any:
        """Return one column of an edge's counts, by second."""
        return self.of_edge[:, self.plan.edge(edge), OF_EDGE.index(column)]

    def utilisation(self, service: str) -> Any:
        """Return the share of a service's declared slots that was busy, by second [1]."""
        number = self.plan.node(service)
        return self.of_node[:, number, N_BUSY] / float(self.plan.nodes["slots"][number])

    def mean_wait(self, service: str, start: int = 0) -> float:
        """Return the mean time that requests of a service waited for a slot from second `start` on [s]."""
        entered = self.count_of(service, "entered")[start:].sum()
        return float(self.count_of(service, "waited")[start:].sum() / entered) if entered else 0.0

    def tallies(self, *, epoch: int = 0) -> list[Tally]:
        """Return what the load generator's record would say, for the functions that judge a trial."""
        found = []
        for second, operation in zip(*np.nonzero(self.of_entry[:, :, R_SENT]), strict=True):
            row = self.of_entry[second, operation]
            sent, good, late = int(row[R_SENT]), int(row[R_GOOD]), int(row[R_LATE])
            found.append(Tally(epoch + int(second), self.plan.entries[operation], good, sent - good, late))
        return _merged(found)

    @property
    def failed(self) -> Any:
        """Requests that got no right answer, by second."""
        return self.of_entry[:, :, R_FAILED].sum(axis=1)


def _merged(tallies: Sequence[Tally]) -> list[Tally]:
    """Put the rows of one second and one id of the intent together."""
    sums: dict[tuple[int, str], list[int]] = {}
    for each in tallies:
        row = sums.setdefault((each.second, each.operation), [0, 0, 0])
        row[0], row[1], row[2] = row[0] + each.good, row[1] + each.bad, row[2] + each.late
    return [Tally(second, name, good, bad, late) for (second, name), (good, bad, late) in sums.items()]
