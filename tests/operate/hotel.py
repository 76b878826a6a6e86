"""A whole synthetic hotel: a `World` whose telemetry grows with virtual time and that obeys actions."""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace

import msgspec
from tests.operate import plan
from tests.operate.faults import Fault
from tests.operate.memory_store import EXPORT, MemoryStore
from tests.operate.traffic import Request, Weather

from telic.clock import Clock, VirtualClock
from telic.errors import ActionRefused
from telic.model import (
    Action,
    Change,
    Design,
    InstanceState,
    LinkState,
    Scalar,
    ServiceState,
    State,
    StoreState,
    Tally,
    Topology,
    Undo,
    Window,
    plain,
)
from telic.runtime.wiring import EdgePolicy, NodePolicy, RetryPolicy
from telic.tools.actions import policies

ENTRY_GOOD = 0.1  # users want their answer within [s]
START = 1_700_000_000.0


@dataclass
class Hotel:
    """Eight services and PostgreSQL under steady load."""

    clock: Clock = field(default_factory=lambda: VirtualClock(START))
    rate: float = 32.0
    seed: int = 1
    faults: list[Fault] = field(default_factory=list)
    noise: list[tuple[float, str]] = field(default_factory=list)  # decoys: when, which service
    applied: list[Action] = field(default_factory=list)
    tallies_of: dict[tuple[int, str], list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.begun = self.reached = self.clock.time()
        self.telemetry = MemoryStore(self.clock, self.rng, self.advance)
        self.versions = dict.fromkeys(plan.SERVICES, "1")
        self.previous = dict.fromkeys(plan.SERVICES, "")
        self.started = dict.fromkeys(plan.SERVICES, self.begun)
        self.cpu = dict.fromkeys(plan.SERVICES, 1.0)
        self.held = dict.fromkeys(plan.SERVICES, 0.0)
        self.restarts = dict.fromkeys(plan.SERVICES, 0)
        self.log: list[Change] = []
        self.policies: dict[str, EdgePolicy | NodePolicy] = {}
        self.shed_due = 0.0
        self.links = {each.name: "a" for each in plan.edges()}
        self.ports = {each.name: {"a": 22000 + 2 * i, "b": 22001 + 2 * i} for i, each in enumerate(plan.edges())}
        self.config: dict[str, dict[str, Scalar]] = {name: {"log.level": "INFO"} for name in plan.SERVICES}
        for each in plan.edges():
            self.config[each.caller][self._key(each.name)] = self.ports[each.name]["a"]
        self.pending = sorted(self.faults, key=lambda each: each.begins)
        self.faults = []
        self.number = 0
        self.next_request = self.begun
        self.next_metric = self.begun

    # -- what a world shows

    def topology(self) -> Topology:
        return plan.topology()

    def state(self) -> State:
        self.advance()
        services = {name: self._service(name) for name in plan.SERVICES}
        missing = tuple(
            f"{each.service}: SELECT, UPDATE ON {each.detail}"
            for each in self.faults
            if each.mechanism == "permission-revoked"
        )
        postgres = StoreState("postgres", InstanceState("postgres", 99, "ready", "18", self.begun), missing)
        links = {
            name: LinkState(
                name, active if self._port(name) in self.ports[name].values() else "other", self.ports[name]
            )
            for name, active in self.links.items()
        }
        return State("hotel", self.clock.time(), services, {"postgres": postgres}, links)

    def changes(self, window: Window) -> list[Change]:
        self.advance()
        return [each for each in self.log if window.start <= each.time < window.end]

    def store(self) -> MemoryStore:
        return self.telemetry

    def deploy(self, design: Design) -> None:
        return None

    def close(self) -> None:
        return None

    def dry_run(self, action: Action) -> str:
        if action.target.partition("->")[0] not in plan.SERVICES:
            raise ActionRefused(f"no {action.target}")
        return f"would {action}"

    def apply(self, action: Action) -> Undo:
        self.advance()
        self.applied.append(action)
        service = action.target.partition("->")[0]
        undo: Action | None = None
        if action.verb == "rollback":
            undo = Action("rollback", service, {"version": self.versions[service]})
            self._run(service, str(action.params["version"]))
        elif action.verb == "set_config":
            key = str(action.params["key"])
            undo = Action("set_config", service, {"key": key, "value": self.config[service][key]})
            self.config[service][key] = action.params["value"]
        elif action.verb == "failover":
            undo = Action("failover", action.target, {"link": self.links[action.target]})
            self.links[action.target] = str(action.params["link"])
            self.config[service][self._key(action.target)] = self.ports[action.target][str(action.params["link"])]
        elif action.verb in ("escape", "reopen", "set_policies"):
            old = {name: msgspec.to_builtins(each) for name, each in self.policies.items()}
            undo = Action("set_policies", service, {"policies": msgspec.json.encode(old).decode()})
            self._set_policies(action)
        elif action.verb == "restart":
            self.started[service] = self.clock.time()
            self.cpu[service] = self.held[service] = 0.0
        self._record(action.verb, service, str(action), "telic")
        self.faults = [each for each in self.faults if not each.mended_by(action)]
        return Undo(undo)

    def _set_policies(self, action: Action) -> None:
        if action.verb == "set_policies":
            self.policies = policies.read(str(action.params["policies"]), "undo")
            return
        shed = float(action.params.get("shed", 0.0))
        self.policies = {
            **self.policies,
            "gateway": NodePolicy(shed=shed),
            action.target: NodePolicy(queue=8, order="lifo", max_age=0.1),
        }
        if budget := float(action.params.get("budget", 0.0)):
            self.policies["search->hotel"] = EdgePolicy(retry=RetryPolicy(1, budget))

    # -- what users got

    def tallies(self) -> list[Tally]:
        """Requests by the second in which users sent them, as a load generator records them."""
        return [Tally(second, name, good, bad) for (second, name), (good, bad) in sorted(self.tallies_of.items())]

    # -- how time passes

    def advance(self) -> None:
        """Let everything happen that happens until now."""
        now = self.clock.time()
        while True:
            upcoming = [("request", self.next_request), ("metric", self.next_metric)]
            if self.pending:
                upcoming.append(("fault", self.pending[0].begins))
            if self.noise:
                upcoming.append(("noise", self.noise[0][0]))
            what, at = min(upcoming, key=lambda each: each[1])
            if at > now:
                return
            if what == "request":
                self._request(at)
                self.next_request = at + self.rng.expovariate(self.rate)
            elif what == "metric":
                self._measure(at)
                self.next_metric = at + EXPORT
            elif what == "fault":
                self._break(self.pending.pop(0))
            else:
                self._decoy(*self.noise.pop(0))

    def _request(self, at: float) -> None:
        name = self.rng.choices(list(plan.OPERATIONS), [share for share, _ in plan.OPERATIONS.values()])[0]
        self.number += 1
        store = self.telemetry
        request = Request(
            Weather(self.faults, self.versions),
            self.rng,
            f"{self.number:08x}",
            lambda row, end: store.put("spans", row, end),
            lambda row, end: store.put("logs", row, end),
        )
        gateway = self.policies.get("gateway")
        self.shed_due += gateway.shed if isinstance(gateway, NodePolicy) else 0.0
        refused = self.shed_due >= 1.0
        self.shed_due -= refused
        answer = request.run(plan.OPERATIONS[name][1], at, refused=refused)
        good = not answer.error and answer.end - at < ENTRY_GOOD
        self.tallies_of.setdefault((int(at), name), [0, 0])[0 if good else 1] += 1

    def _measure(self, at: float) -> None:
        for service in plan.SERVICES:
            hung = self._wrong("hang", service) or self._wrong("crash-loop", service)
            starved = self._wrong("cpu-starvation", service)
            if self._wrong("hang", service):
                self.held[service] += EXPORT
            elif starved:
                self.cpu[service] += 0.05 * EXPORT
                self.held[service] += 0.85 * EXPORT
            elif not hung:
                self.cpu[service] += 0.03 * EXPORT
            crash = self._wrong("crash-loop", service)
            if crash and self.rng.random() < 0.4:
                self._exit(service, at)
            if not hung:
                self._fullness(service, at)
                lag = self.rng.uniform(0.1, 0.4) if starved else self.rng.uniform(0.001, 0.008)
                lag += self.rng.uniform(0.08, 0.2) if self._wrong("busy-machine", "machine") else 0.0
                time = round(at * 1e9)
                row = (
                    time, time, service, f"{service}-1", "telic.event_loop.lag", "gauge", "s", lag,
                    None, None, "", "", "{}", 0,
                )  # fmt: skip
                self.telemetry.put("metrics", row, at)

    def _fullness(self, service: str, at: float) -> None:
        """Two slots, a quarter of them taken; all of them and a queue where it collapsed."""
        storming = self._wrong("metastable-overload", service)
        values = {
            "limit": 2.0,
            "active": 2.0 if storming else 0.0,
            "queued": 90.0 if storming else 0.0,
            "age": 1.3 if storming else 0.0,
            "busy": 2.0 * EXPORT if storming else 0.5 * EXPORT,
        }
        for name, value in values.items():
            row = (
                round(at * 1e9), round((at - EXPORT) * 1e9), service, f"{service}-1", f"telic.admission.{name}",
                "sum" if name == "busy" else "gauge", "1", value, None, None, "", "", "{}", 0,
            )  # fmt: skip
            self.telemetry.put("metrics", row, at)

    def _exit(self, service: str, at: float) -> None:
        self.restarts[service] += 1
        for name, reason in (("instance.exited", "exit 1"), ("instance.backoff", "next start in 1 s")):
            row = (
                round(at * 1e9), service, f"{service}-1", self.versions[service], "INFO", 9, name, "", "", name, "",
                f'{{"entity": "{service}-1", "reason": "{reason}"}}', 0,
            )  # fmt: skip
            self.telemetry.put("logs", row, at)

    def _break(self, fault: Fault) -> None:
        service, at = fault.service, fault.begins
        if fault.mechanism in ("slow-query", "exception") or (
            fault.mechanism == "crash-loop" and fault.kind == "deploy"
        ):
            self._run(service, "2")
            self._record("deploy", service, f"{service}: tidy up", "ann", at, before="1", after="2")
        elif fault.mechanism == "crash-loop":
            self.config[service]["log.level"] = "VERBOSE"
            self._record("config", service, "more detail in logs", "bob", at, diff="log.level: INFO -> VERBOSE")
        elif fault.mechanism == "wrong-config":
            key = f"upstream.{fault.detail}.port"
            old = self.config[service][key]
            self.config[service][key] = 20150
            self._record("config", service, "new ports", "eve", at, diff=f"{key}: {old} -> 20150")
        if fault.mechanism == "crash-loop":
            self._exit(service, at)
        self.faults = [*self.faults, fault]

    def _decoy(self, at: float, service: str) -> None:
        if self.rng.random() < 0.5:
            self._run(service, str(int(self.versions[service]) + 1), at)
            self._record("deploy", service, f"{service}: reword a comment", "dan", at, before="1", after="2")
        else:
            self._record("config", service, "a little more pool", "dan", at, diff="store.postgres.pool: 3 -> 4")

    # -- small parts

    def _run(self, service: str, version: str, at: float | None = None) -> None:
        self.previous[service], self.versions = self.versions[service], {**self.versions, service: version}
        self.started[service] = self.clock.time() if at is None else at
        self.cpu[service] = self.held[service] = 0.0

    def _record(
        self, kind: str, entity: str, summary: str, author: str, at: float | None = None, *,
        diff: str = "", before: str = "", after: str = "",
    ) -> None:  # fmt: skip
        kinds = {"rollback": "deploy", "set_config": "config", "failover": "config"}
        known = kinds.get(kind, kind if kind in ("deploy", "config", "grant", "restart") else "other")
        time = self.clock.time() if at is None else at + 0.2
        self.log.append(Change(f"c{len(self.log) + 1}", time, known, entity, summary, author, diff, before, after))  # type: ignore[arg-type]

    def _wrong(self, mechanism: str, entity: str) -> bool:
        return any(each.mechanism == mechanism and each.entity == entity for each in self.faults)

    def _service(self, name: str) -> ServiceState:
        stopped, crashing = self._wrong("hang", name), self._wrong("crash-loop", name)
        starved = self._wrong("cpu-starvation", name)
        instance = InstanceState(
            f"{name}-1",
            0 if crashing else 1000 + plan.SERVICES.index(name),
            "unready" if stopped or (starved and self.rng.random() < 0.5) else "backoff" if crashing else "ready",
            self.versions[name],
            self.started[name],
            self.restarts[name],
            "exit 1" if crashing else "",
            cpu_seconds=self.cpu[name],
            throttled_seconds=self.held[name],
            process_state="T" if stopped or (starved and self.rng.random() < 0.8) else "S",
        )
        mine = {target: plain(each) for target, each in self.policies.items() if target.partition("->")[0] == name}
        return ServiceState(
            name, self.versions[name], self.previous[name], 1, dict(self.config[name]), mine, (instance,)
        )

    def _key(self, edge: str) -> str:
        callee = edge.partition("->")[2]
        return "store.postgres.port" if callee == "postgres" else f"upstream.{callee}.port"

    def _port(self, edge: str) -> Scalar:
        return self.config[edge.partition("->")[0]][self._key(edge)]


def broken(fault: Fault, *, seed: int = 1, decoy: str = "", rate: float = 32.0) -> Hotel:
    """A hotel in which `fault` begins so many seconds after the start, with a decoy shortly before it."""
    begins = START + fault.begins
    noise = [(begins - 2.0 - 6.0 * random.Random(seed).random(), decoy)] if decoy else []
    return Hotel(VirtualClock(START), rate, seed, [replace(fault, begins=begins)], noise)
