"""Runs a plan: time goes on in stretches between which the world may be changed; what happened is read off."""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np

from telic.errors import UsageError
from telic.worlds.load.shapes import Shape
from telic.worlds.queueing import state
from telic.worlds.queueing.kernel import run
from telic.worlds.queueing.layout import RUN_FULL, Arrays
from telic.worlds.queueing.plan import Plan
from telic.worlds.queueing.result import Gauges, Result

MEMORY = 1 << 30  # that a run may use [bytes]
HELD = 3600.0  # a station that is held serves nobody for so much longer than anybody waits [s]
PIECE = 0.05  # of a load whose rate changes: within it the rate stays [s]


class Run:
    """One run of a plan, stretch by stretch.

    Parameters
    ----------
    plan
        What `compile` returned.
    seconds
        How long it may run at most [s]; counts are kept for each.
    seed
        The same seed gives the same run.
    spans, sampled
        How many spans of sampled requests are kept [1], and which share of requests is sampled [1].
    memory
        That the run may use [bytes]; more is `ModelTooLarge`.
    """

    def __init__(
        self, plan: Plan, seconds: int, *, seed: int, spans: int = 0, sampled: float = 0.0, memory: int = MEMORY
    ) -> None:
        self.plan, self.seed, self._memory = plan, seed, memory
        self.seconds = seconds
        rows = seconds + math.ceil(plan.costs.patience) + 2
        self._arrays = state.begin(plan, rows, seed=seed, spans=spans)
        self._arrays.clock["sampled"] = sampled if spans else 0.0
        self._draws = np.random.default_rng([seed, 1])
        self._gauges = Gauges.of(rows, len(plan.services))
        self.silent: tuple[int, ...] = ()  # services, by number, whose processes tell nothing now
        self._due: list[tuple[float, int, Callable[[], None]]] = []  # a heap: when, in which order, what
        self._order, self._loads = itertools.count(), itertools.count(1)
        self._load = 0  # the number of the load that is sent

    @property
    def arrays(self) -> Arrays:
        """The state, for whoever changes what happens; another one when it had to grow."""
        return self._arrays

    @property
    def now(self) -> float:
        """How far it is [s]."""
        return float(self._arrays.clock["now"][0])

    def until(self, end: float) -> None:
        """Let it go on to `end` [s]."""
        while self.now < end:
            stop = min(float(end), math.floor(self.now + 1e-9) + 1.0)
            if self._due:
                stop = min(stop, max(self._due[0][0], self.now))
            while run(self._arrays, stop) == RUN_FULL:
                self._arrays = state.grown(self._arrays, self._memory)
            if stop == math.floor(stop):
                self._gauges.look(int(stop) - 1, self._arrays, self.silent)
            while self._due and self._due[0][0] <= self.now:
                heapq.heappop(self._due)[2]()

    def at(self, time: float, change: Callable[[], None]) -> None:
        """Let `change` be done when the run has come to `time` [s]; those of one time in the order of their asking."""
        heapq.heappush(self._due, (time, next(self._order), change))

    def load(self, rate: float, shape: Shape | None = None) -> None:
        """Let users send `rate` [requests/s] from now on, where a `shape` is given times its factor.

        A load that changes is a Poisson process whose rate stays for `PIECE`: the factor in the middle of it.
        """
        self._load = next(self._loads)
        if shape is None:
            self._send(rate)
        else:
            self._piece(self._load, rate, shape, self.now, 0)

    def _piece(self, load: int, rate: float, shape: Shape, began: float, piece: int) -> None:
        if load != self._load:
            return  # another load is sent by now
        self._send(rate * shape.factor((piece + 0.5) * PIECE))
        self.at(began + (piece + 1) * PIECE, lambda: self._piece(load, rate, shape, began, piece + 1))

    def _send(self, rate: float) -> None:
        clock = self._arrays.clock
        clock["rate"] = rate
        clock["next_arrival"] = self.now + self._draws.exponential(1.0 / rate) if rate > 0 else np.inf

    def capacity(self, service: str, share: float) -> None:
        """Leave a service a share [1] of the slots that it declares, one at least; 1 heals."""
        number = self.plan.node(service)
        declared, node = int(self.plan.nodes["slots"][number]), self._arrays.nodes[number]
        node["slots"] = max(1, round(declared * share))
        node["limit"] = node["slots"] if share >= 1.0 else min(float(node["limit"]), float(node["slots"]))

    def errors(self, service: str, share: float) -> None:
        """Let a share [1] of the calls to a service be reset; 0 heals."""
        self._arrays.edges["fails"][self._arrays.edges["callee"] == self.plan.node(service)] = share

    def delay(self, service: str, seconds: float) -> None:
        """Let each call to a service take `seconds` longer; 0 heals."""
        self._arrays.edges["delay"][self._arrays.edges["callee"] == self.plan.node(service)] = seconds

    def weather(self, edge: str, *, delay: float = 0.0, fail: float = 0.0) -> None:
        """Let each call over an edge take `delay` [s] longer and a share `fail` [1] of them be reset; nothing heals."""
        arrays = self._arrays.edges[self.plan.edge(edge)]
        arrays["delay"], arrays["fails"] = delay, fail

    def flush(self) -> None:
        """Empty every cache."""
        self._arrays.cached_until[:] = 0.0
        self._arrays.stale_until[:] = 0.0

    def stop(self, service: str, seconds: float) -> None:
        """Let the processors of a service stand still for `seconds`, as a collection of garbage does."""
        for station in self._processors(service):
            first = int(self.plan.stations["first"][station])
            servers = self._arrays.servers[first : first + int(self.plan.stations["servers"][station])]
            np.maximum(servers, self.now, out=servers)
            servers += seconds

    def renew(self, service: str) -> None:
        """Let the processors of a service forget the work that they have: another process has begun."""
        for station in self._processors(service):
            first = int(self.plan.stations["first"][station])
            self._arrays.servers[first : first + int(self.plan.stations["servers"][station])] = self.now

    def spans(self, first: int) -> Any:
        """Return the spans of sampled requests from number `first` on, in the order in which they were kept."""
        return self._arrays.spans[first : int(self._arrays.clock["spans"][0])].copy()

    def seconds_of(self, first: int, end: int) -> tuple[Gauges, Any, Any]:
        """Return gauges, counts of services and counts of edges of the seconds that are over, from `first` to `end`."""
        gauges = Gauges(*(getattr(self._gauges, each.name)[first:end] for each in fields(Gauges)))
        return gauges, self._arrays.of_node[first:end], self._arrays.of_edge[first:end]

    def result(self) -> Result:
        """Return what happened so far."""
        return Result.of(self.plan, self._arrays, self._gauges, math.ceil(self.now), self.seed)

    def stations(self, name: str) -> list[int]:
        """Return the numbers of the processors of a service, or of the database where `name` is none."""
        if name in self.plan.services:
            return self._processors(name)
        shared = {int(each["station"]) for each in self.plan.steps if each["pool"] >= 0 and each["station"] >= 0}
        return sorted(shared)

    def pool(self, service: str) -> list[int]:
        """Return the number of the station that is a service's connections; nothing where it has none."""
        operations = self.plan.operations[self.plan.operations["node"] == self.plan.node(service)]
        steps = [step for each in operations for step in self.plan.steps[each["first"] : each["end"]]]
        return sorted({int(each["pool"]) for each in steps if each["pool"] >= 0})

    def hold(self, station: int, *, held: bool) -> None:
        """Let nothing begin at a station from now on, or let go of it; what waited there meanwhile is given up."""
        row = self.plan.stations[station]
        servers = self._arrays.servers[int(row["first"]) : int(row["first"]) + int(row["servers"])]
        free = servers < self.now + HELD / 2
        if held:
            servers[free] = self.now + HELD
        else:
            servers[~free] = self.now

    def _processors(self, service: str) -> list[int]:
        node = self.plan.node(service)
        operations = self.plan.operations[self.plan.operations["node"] == node]
        steps = [self.plan.steps[each["first"]] for each in operations if each["end"] > each["first"]]
        found = sorted({int(step["station"]) for step in steps if step["pool"] < 0 and step["station"] >= 0})
        if not found:
            raise UsageError(f"{service} has no processors of its own in this plan", hint="give Costs(cores=1)")
        return found
