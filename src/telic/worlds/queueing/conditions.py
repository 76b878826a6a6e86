"""What is wrong with a run now, written into its arrays as a whole: processes, links, versions, processors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from telic.errors import UsageError
from telic.model.weather import Weather
from telic.worlds.queueing.compiler import fill_edge
from telic.worlds.queueing.layout import FAILED, RAISED
from telic.worlds.queueing.run import Run

CUT = 3600.0  # a call over an edge that is cut takes so much longer than anybody waits [s]
STORE = "postgres"


@dataclass(frozen=True)
class Effect:
    """What a version or a setting of one service does, in the model's terms; by default nothing.

    Attributes
    ----------
    operation
        The one that it concerns; empty: all of the service.
    cpu
        That a request needs besides on the service's processor [s].
    statement, longer
        A statement of the service, and how much longer it keeps a connection and the database's processor [s].
    raises
        Share of requests that are answered 500 at once [1].
    life
        After which the process ends by itself [s]; 0: it lives.
    ready
        Whether its process ever serves.
    """

    operation: str = ""
    cpu: float = 0.0
    statement: str = ""
    longer: float = 0.0
    raises: float = 0.0
    life: float = 0.0
    ready: bool = True


@dataclass
class Conditions:
    """What holds for a run besides its plan; `write` puts all of it into force, whatever was in force before.

    Attributes
    ----------
    gone, still
        Services that no process serves, and whose process stands still.
    weather
        Of edges that are not fair.
    links
        Edges to the link that they take, where it is not ``a``; weather is on ``a``.
    refused
        Services whose statements the database refuses.
    starved
        Services that get no connection to the database, and the database itself where it stands still.
    effects
        Services to what their version and settings do.
    shares
        Services, or the database, to the share of their processors that they have [1].
    """

    run: Run
    gone: set[str] = field(default_factory=set)
    still: set[str] = field(default_factory=set)
    weather: dict[str, Weather] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    starved: set[str] = field(default_factory=set)
    effects: Mapping[str, Iterable[Effect]] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)

    def write(self) -> None:
        """Put everything into force."""
        arrays, plan = self.run.arrays, self.run.plan
        for number, name in enumerate(plan.edge_names):
            self._edge(arrays.edges[number], name)
        for number, name in enumerate(plan.services):
            arrays.nodes["fails"][number] = 1.0 if name in self.gone else 0.0
        self.run.silent = tuple(plan.node(name) for name in {*self.gone, *self.still})
        arrays.steps[:] = plan.steps
        arrays.operations["fails"] = 0.0
        for number, (service, operation) in enumerate(plan.names):
            self._operation(arrays, number, service, operation)
        for name in plan.services:
            for station in self.run.pool(name):
                self.run.hold(station, held=name in self.starved)
        for station in self.run.stations(STORE):
            self.run.hold(station, held=STORE in self.starved)
        arrays.stations["speed"] = plan.stations["speed"]
        for name, share in self.shares.items():
            stations = self.run.stations(name)
            for station in stations:
                arrays.stations["speed"][station] = share / float(plan.stations["servers"][station])

    def _edge(self, row: Any, name: str) -> None:
        callee, weather = name.partition("->")[2], self.weather.get(name, Weather())
        if self.links.get(name, "a") != "a":
            weather = Weather()
        row["delay"] = CUT if weather.drop or callee in self.still else weather.delay
        row["fails"] = 1.0 if callee in self.gone else weather.fail

    def _operation(self, arrays: Any, number: int, service: str, operation: str) -> None:
        plan, row = self.run.plan, arrays.operations[number]
        steps = range(int(row["first"]), int(row["end"]))
        if service in self.refused and any(plan.statements[step] for step in steps):
            row["fails"], row["failing"] = 1.0, FAILED
        for effect in self.effects.get(service, ()):
            if effect.operation not in ("", operation):
                continue
            if effect.raises:
                row["fails"], row["failing"] = effect.raises, RAISED
            if effect.cpu:
                self._processor_step(arrays, steps, f"{service}.{operation}")["seconds"] += effect.cpu
            for step in steps:
                if effect.statement and plan.statements[step] == effect.statement:
                    arrays.steps[step]["seconds"] += effect.longer

    def _processor_step(self, arrays: Any, steps: range, name: str) -> Any:
        found = [step for step in steps if arrays.steps[step]["station"] >= 0 and arrays.steps[step]["pool"] < 0]
        if not found:
            raise UsageError(f"{name} uses no processor in this plan", hint="give Costs(cores=1) and a cost of CPU")
        return arrays.steps[found[0]]


def set_edge(run: Run, name: str, policy: Any) -> None:
    """Give an edge another policy; calls that are under way keep the timeout with which they began."""
    row = run.arrays.edges[run.plan.edge(name)]
    breaker = int(run.plan.edges[run.plan.edge(name)]["breaker"])
    if policy.breaker is not None and breaker < 0:
        raise UsageError(f"{name} was compiled without a breaker", hint="give the design's wiring one")
    for field_ in ("retries", "budget", "burst", "tokens", "backoff", "jitter"):
        row[field_] = 0
    fill_edge(row, policy)
    row["breaker"] = breaker if policy.breaker is not None else -1
    rings = run.plan.rings
    row["ring"] = rings.index(policy.timeout, 2) if policy.timeout in rings[2:] else -1


def set_node(run: Run, name: str, policy: Any) -> None:
    """Give a service another policy."""
    row = run.arrays.nodes[run.plan.node(name)]
    cached = float(run.plan.nodes["ttl"][run.plan.node(name)]) > 0
    if (policy.cache is not None) != cached:
        raise UsageError(f"{name}: a cache cannot come or go in the model", hint="play it in the simulated world")
    row["queue"], row["lifo"], row["aimd"] = policy.queue, policy.order == "lifo", policy.limit == "aimd"
    row["cancel"], row["max_age"], row["shed"] = policy.cancel, policy.max_age, policy.shed
    if policy.cache is not None:
        row["ttl"], row["ttl_jitter"] = policy.cache.ttl, policy.cache.jitter
        row["stale"] = policy.cache.on_error == "stale"
