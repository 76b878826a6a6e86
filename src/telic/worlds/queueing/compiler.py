"""Compiles a design with its wiring into a plan: who calls whom in which order, under which policies."""

from __future__ import annotations

from typing import Any

import numpy as np

from telic.errors import InvalidDesign
from telic.model.design import Design, ServiceDesign, ServiceOperation
from telic.model.intent import Workload
from telic.runtime.queues import terms_of
from telic.runtime.wiring import EdgePolicy, NodePolicy, Wiring
from telic.worlds.queueing.costs import Costs
from telic.worlds.queueing.layout import (
    CALL,
    CONSTANT,
    EDGE,
    NODE,
    OPERATION,
    POST,
    QUEUE,
    SPREADS,
    STATION,
    STEP_TYPE,
    WORK,
)
from telic.worlds.queueing.plan import Plan, leaves_first

SLOTS = 256  # of a service without a declared capacity, as in telic.runtime.policies.admission [1]
_RINGS = 14  # distinct timeouts that have a ring; further ones go through the heap [1]


def compile(design: Design, wiring: Wiring, workload: Workload, *, costs: Costs | None = None) -> Plan:
    """Turn a design with its wiring into what the compiled model runs.

    Parameters
    ----------
    design
        Services, operations with their call plans, capacities.
    wiring
        Policies of edges and nodes.
    workload
        The mix of entry operations, their rate and the popularity of keys.
    costs
        What requests cost; by default as in the simulated world.

    Raises
    ------
    InvalidDesign
        An operation of the mix that the entry does not serve, a call of an unknown operation, or a circle of calls.
    """
    return _Compiler(design, wiring, workload, costs or Costs()).plan()


class _Compiler:
    """Collects rows while it walks the design."""

    def __init__(self, design: Design, wiring: Wiring, workload: Workload, costs: Costs) -> None:
        self.design, self.wiring, self.workload, self.costs = design, wiring, workload, costs
        self.services = tuple(each.name for each in design.services)
        self.numbers = {(s.name, o.name): 0 for s in design.services for o in s.operations}
        self.numbers = {name: number for number, name in enumerate(self.numbers)}
        self.edges: dict[str, int] = {}
        self.queues: dict[int, int] = {}  # of operations
        self.steps: list[tuple[int, int, int, int, int, int, int, int, float, float]] = []
        self.statements: list[str] = []
        self.stations: list[tuple[int, int, float]] = []
        self.servers = self.caches = 0

    def plan(self) -> Plan:
        entries = self._entries()
        database = self._station(self.costs.database) if self.costs.database else -1
        nodes, operations = np.zeros(len(self.services), NODE), np.zeros(len(self.numbers), OPERATION)
        room = 0
        for number, service in enumerate(self.design.services):
            policy = self.wiring.of_node(service.name)
            room = _fill_node(nodes[number], service, policy, room)
            processor = self._station(self.costs.cores) if self.costs.cores else -1
            pool = self._station(self.costs.connections) if service.stores and self.costs.connections else -1
            for each in service.operations:
                row = operations[self.numbers[service.name, each.name]]
                row["node"], row["first"], row["cached"], row["queue"] = number, len(self.steps), -1, -1
                if policy.cache is not None and not each.mutating:
                    row["cached"], self.caches = self.caches, self.caches + 1
                self._steps(service, each, policy, processor, pool, database)
                row["end"] = len(self.steps)
        for operation, number in self.queues.items():
            operations[operation]["queue"] = number
        edges, rings = self._edges()
        made = Plan(
            system=self.design.system,
            services=self.services,
            names=tuple(self.numbers),
            edge_names=tuple(self.edges),
            statements=tuple(self.statements),
            entries=tuple(each for each, _, _ in entries),
            shares=tuple(share for _, share, _ in entries),
            entry_operations=tuple(operation for _, _, operation in entries),
            rate=self.workload.rate,
            keys=(self.workload.keys.exponent, max(1, self.workload.keys.count)),
            caches=self.caches,
            rings=rings,
            costs=self.costs,
            wiring=self.wiring,
            nodes=nodes,
            edges=edges,
            operations=operations,
            queues=self._queues(),
            steps=np.array(self.steps, dtype=STEP_TYPE),
            stations=np.array(self.stations, dtype=STATION),
        )
        leaves_first(made)
        return made

    def _entries(self) -> list[tuple[str, float, int]]:
        """Return id, share and operation of each entry; an id with several operations is shared evenly."""
        gateway = self.design.service(self.design.entry)
        total = sum(self.workload.mix.values())
        found = []
        for id_, weight in self.workload.mix.items():
            serving = [each for each in gateway.operations if id_ in each.derives]
            exact = [each for each in serving if each.derives[0] == id_ and len(each.derives) == 1]
            for each in exact or serving:
                number = self.numbers[gateway.name, each.name]
                found.append((id_, weight / total / len(exact or serving), number))
            if not serving:
                raise InvalidDesign(
                    f"{gateway.name} serves no operation {id_} of the workload {self.workload.id}",
                    hint="run `telic design` again, or take it out of the mix",
                )
        return found

    def _station(self, servers: int) -> int:
        self.stations.append((self.servers, servers, 1.0))
        self.servers += servers
        return len(self.stations) - 1

    def _steps(
        self,
        service: ServiceDesign,
        operation: ServiceOperation,
        policy: NodePolicy,
        processor: int,
        pool: int,
        database: int,
    ) -> None:
        """Work first, then calls one after the other, then statements."""
        costs, spread = self.costs, SPREADS[self.costs.spread]
        if costs.cpu > 0:
            self._step(WORK, -1, -1, spread, processor, -1, 1.0, costs.cpu)
        if (work := costs.work.get(service.name, 0.0)) > 0:
            self._step(WORK, -1, -1, spread, -1, -1, 1.0, work)
        if "postgres" in service.stores and operation.mutating and policy.dedupe:
            for _ in range(costs.keys):
                self._step(WORK, -1, -1, spread, database, pool, 1.0, costs.network + costs.statement, "idempotency")
        for call in operation.calls:
            if (call.service, call.operation) not in self.numbers:
                raise InvalidDesign(
                    f"{service.name}.{operation.name} calls {call.service}.{call.operation}, which does not exist",
                    hint="run `telic design` again",
                )
            asked = self.numbers[call.service, call.operation]
            if call.queued:
                self.queues.setdefault(asked, len(self.queues))
                kind, edge, takes = POST, -1, costs.publish
            else:
                edge = self.edges.setdefault(f"{service.name}->{call.service}", len(self.edges))
                kind, takes = CALL, 0.0
            whole, rest = divmod(call.times, 1.0)
            for share in [1.0] * int(whole) + ([rest] if rest > 0 else []):
                self._step(kind, asked, edge, CONSTANT, -1, -1, share, takes)
        for name in operation.statements:
            self._step(WORK, -1, -1, spread, database, pool, 1.0, costs.network + costs.of_statement(name), name)

    def _step(
        self,
        kind: int,
        op: int,
        edge: int,
        spread: int,
        station: int,
        pool: int,
        share: float,
        seconds: float,
        statement: str = "",
    ) -> None:
        number = len(self.steps) if statement else -1
        self.steps.append((kind, op, edge, spread, station, pool, number, 0, share, seconds))
        self.statements.append(statement)

    def _queues(self) -> Any:
        """Return a queue for each operation that is asked through one; its consumer takes messages on its settings."""
        rows, names = np.zeros(len(self.queues), QUEUE), list(self.numbers)
        rows["head"] = rows["tail"] = -1
        for operation, number in self.queues.items():
            terms = terms_of(self.design.service(names[operation][0]).settings)
            rows[number]["op"], rows[number]["pending"] = operation, terms.pending
            rows[number]["ack_wait"], rows[number]["retry"] = terms.ack_wait, terms.retry
        return rows

    def _edges(self) -> tuple[Any, tuple[float, ...]]:
        rows, rings = np.zeros(len(self.edges), EDGE), [self.costs.network, self.costs.patience]
        places = {name: number for number, name in enumerate(self.services)}
        breakers = 0
        for name, number in self.edges.items():
            policy, row = self.wiring.of_edge(name), rows[number]
            caller, _, callee = name.partition("->")
            row["caller"], row["callee"] = places[caller], places[callee]
            fill_edge(row, policy)
            if policy.timeout not in rings[2:] and len(rings) < _RINGS + 2:
                rings.append(policy.timeout)
            row["ring"] = rings.index(policy.timeout, 2) if policy.timeout in rings[2:] else -1
            if policy.breaker is not None:
                row["breaker"], breakers = breakers, breakers + 1
        return rows, tuple(rings)


def _fill_node(row: Any, service: ServiceDesign, policy: NodePolicy, room: int) -> int:
    """Write a node's row; return where the next node's ring of held slots begins."""
    capacity = service.capacity
    row["slots"] = capacity.slots if capacity else SLOTS
    row["hold"] = capacity.service_time if capacity else 0.0
    row["hold_first"], row["hold_room"] = room, row["slots"]
    row["head"] = row["tail"] = -1
    row["limit"], row["quiet_until"] = row["slots"], -np.inf
    row["queue"], row["lifo"], row["aimd"] = policy.queue, policy.order == "lifo", policy.limit == "aimd"
    row["cancel"] = getattr(policy, "cancel", True)
    row["max_age"], row["shed"] = getattr(policy, "max_age", 0.0), getattr(policy, "shed", 0.0)
    if policy.cache is not None:
        row["ttl"], row["ttl_jitter"] = policy.cache.ttl, policy.cache.jitter
        row["stale"] = policy.cache.on_error == "stale"
    return room + int(row["slots"])


def fill_edge(row: Any, policy: EdgePolicy) -> None:
    """Write the policy of an edge; its ring and the number of its breaker stay."""
    row["timeout"], row["passes"], row["breaker"], row["opened"] = policy.timeout, policy.deadline, -1, -np.inf
    if policy.retry is not None:
        retry = policy.retry
        row["retries"], row["budget"], row["burst"] = retry.max, retry.budget, max(retry.burst, 1.0)
        row["tokens"], row["backoff"], row["jitter"] = row["burst"], retry.backoff, retry.jitter
    if policy.breaker is not None:
        breaker = policy.breaker
        row["window"], row["minimum"] = breaker.window, breaker.minimum
        row["ratio"], row["open"] = breaker.ratio, breaker.open
