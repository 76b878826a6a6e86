"""What is known when a diagnosis is made: one frozen snapshot that every mechanism reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from telic.model import Change, InstanceState, State, Symptom, Topology, Window
from telic.operate.diagnosis.blame import Blame
from telic.operate.diagnosis.storm import Storm
from telic.operate.history import History, Motion
from telic.telemetry.queries import EdgeCalls, ExceptionGroup, OperationStep, QueueFlow, ReplicaStep, StatementCalls

CHANGE_BEFORE = 90.0  # a change so long before the onset may have brought it [s]
CHANGE_AFTER = 4.0  # the log tells a change when it is done, its effect may begin before [s]


@dataclass(frozen=True)
class Picture:
    """Telemetry of one window."""

    window: Window
    edges: Mapping[str, EdgeCalls] = field(default_factory=dict)
    statements: Sequence[StatementCalls] = ()
    operations: Sequence[OperationStep] = ()
    exceptions: Sequence[ExceptionGroup] = ()
    lag: Mapping[str, float] = field(default_factory=dict)  # service to worst event-loop lag [s]
    covered: float = 0.0  # part of the window in which anybody was served [s]

    def rate(self, service: str) -> float:
        """Return how many requests `service` served in a second [1/s]; 0 where too little time was seen."""
        served = sum(each.count for each in self.operations if each.service == service)
        return served / self.covered if self.covered >= 1.0 else 0.0

    def into(self, service: str) -> list[EdgeCalls]:
        """Return the edges that end at `service`."""
        return [each for each in self.edges.values() if each.callee == service]


@dataclass(frozen=True)
class SupervisorEvent:
    """Something that the supervisor told."""

    time: float  # [s since the Unix epoch]
    service: str
    name: str  # instance.exited
    entity: str
    reason: str


@dataclass(frozen=True)
class Findings:
    """Everything that mechanisms look at; nothing of it comes from whoever broke the system."""

    now: float
    onset: float  # first bad second [s since the Unix epoch]
    symptoms: Sequence[Symptom]
    topology: Topology
    state: State
    history: History
    changes: Sequence[Change]  # of others, oldest first
    current: Picture
    baseline: Picture | None
    blames: Sequence[Blame]  # one a harmed request
    events: Sequence[SupervisorEvent] = ()
    heard: Mapping[str, float] = field(default_factory=dict)  # service to time of its newest metric [s]
    answered: Mapping[str, float] = field(default_factory=dict)  # service to end of its newest server span [s]
    storm: Storm | None = None  # how work flows now and before; None where telemetry does not say
    evidence: Mapping[str, str] = field(default_factory=dict)  # topic to evidence id
    missing: Sequence[str] = ()
    queues: Mapping[str, QueueFlow] = field(default_factory=dict)  # subject to what went through it since the onset
    queues_before: Mapping[str, QueueFlow] = field(default_factory=dict)
    replicas: Sequence[ReplicaStep] = ()  # how far replicas are behind, now and before; empty where there are none

    def share(self, matches: Callable[[Blame], bool]) -> float | None:
        """Return the share [1] of harmed requests that were harmed where `matches` says; None without any."""
        tried = [each for each in self.blames if each.how != "not-tried"] or list(self.blames)
        return sum(1 for each in tried if matches(each)) / len(tried) if tried else None

    def changes_of(self, service: str, kind: str = "") -> list[Change]:
        """Return changes of `service` that may have brought the symptom, newest first."""
        found = [
            each
            for each in self.changes
            if each.entity.partition("->")[0] == service
            and (not kind or each.kind == kind)
            and self.onset - CHANGE_BEFORE <= each.time <= self.onset + CHANGE_AFTER
        ]
        return sorted(found, key=lambda each: -each.time)

    def instances(self, service: str) -> Sequence[InstanceState]:
        """Return the processes of `service` as they are now."""
        return self.state.services[service].instances if service in self.state.services else ()

    def ready(self, service: str) -> bool:
        """Whether every process of `service` is ready now."""
        instances = self.instances(service)
        return bool(instances) and all(each.phase == "ready" for each in instances)

    def motion(self, service: str) -> Motion | None:
        """Return how the process of `service` fared since the onset, or since it was stopped, if that came later.

        Somebody's bad second long before a fault puts the onset there; what the process did until it was stopped would
        then look like progress.
        """
        since = self.stopped_since(service)
        standing = None if since is None else self.history.motion(service, since)
        return standing or self.history.motion(service, self.onset - 0.6)

    def stopped_since(self, service: str) -> float | None:
        """Return since when the process of `service` is stopped and used no CPU [s since the Unix epoch]."""
        return self.history.stopped_since(service, self.onset - 0.6)

    def motion_before(self, service: str) -> Motion | None:
        """Return how the process of `service` fared before the onset."""
        return self.history.motion(service, self.onset - 30.0, self.onset - 1.0)

    def exits(self, service: str) -> list[SupervisorEvent]:
        """Return exits of `service` since shortly before the onset that nobody asked for."""
        return [
            each
            for each in self.events
            if each.service == service
            and each.name == "instance.exited"
            and "asked" not in each.reason
            and each.time >= self.onset - 5.0
        ]

    def lag_elsewhere(self, service: str) -> float:
        """Return the median event-loop lag of the other services [s]: what the machine as a whole makes of it."""
        others = [self.current.lag.get(each, 0.0) for each in self.state.services if each != service]
        return median(others) if others else 0.0

    def path(self, service: str) -> tuple[str, ...]:
        """Return the services (a store before them) up to the entry, as harmed requests went, else by the topology."""
        for each in self.blames:
            if each.path and each.path[0] == service:
                return each.path
        for each in self.blames:
            if each.path and each.kind == "statement" and each.entity.endswith(f"->{service}"):
                return (service, *each.path)
        way = _upwards(self.topology, service)
        if way[-1] == self.topology.entry:
            return way
        written = [_upwards(self.topology, each) for each in self.topology.callees(service)]  # users read it there
        found = [each for each in written if each[-1] == self.topology.entry]
        return (service, *min(found, key=len)) if found else way

    def cite(self, *topics: str) -> tuple[str, ...]:
        """Return the evidence ids of these topics, and of the same before the onset."""
        wanted = [name for each in topics for name in (each, f"{each} before")]
        return tuple(dict.fromkeys(self.evidence[each] for each in wanted if each in self.evidence))


def _upwards(topology: Topology, service: str) -> tuple[str, ...]:
    """Return a shortest way from `service` to the entry."""
    ways: list[tuple[str, ...]] = [(service,)]
    seen = {service}
    while ways:
        way = ways.pop(0)
        if way[-1] == topology.entry:
            return way
        for caller in topology.callers(way[-1]):
            if caller not in seen:
                seen.add(caller)
                ways.append((*way, caller))
    return (service,)
