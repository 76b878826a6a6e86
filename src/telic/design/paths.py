"""The paths that requests take through a design, and what retries on them do to the load."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from telic.model.design import Design, ServiceDesign, ServiceOperation
from telic.model.intent import Workload
from telic.runtime.wiring import EdgePolicy


@dataclass(frozen=True)
class Hop:
    """A call from one operation to another."""

    caller: str
    callee: str
    operation: str
    times: float

    @property
    def edge(self) -> str:
        """``caller->callee``."""
        return f"{self.caller}->{self.callee}"


@dataclass(frozen=True)
class Visits:
    """The calls that reach a service under a workload."""

    rate: float  # without retries [1/s]
    amplified: float  # when every call fails and is tried again [1/s]
    braked: bool  # deadlines, a bounded queue and budgeted retries all the way


def paths(design: Design) -> Iterator[tuple[Hop, ...]]:
    """Return every path from an operation of the entry, each prefix included."""
    for operation in design.service(design.entry).operations:
        yield from _below(design, design.entry, operation, ())


def calls_between(design: Design, caller: str, callee: str) -> list[ServiceOperation]:
    """Return the operations of `callee` that `caller` asks for."""
    names = {
        call.operation for each in design.service(caller).operations for call in each.calls if call.service == callee
    }
    return [each for each in design.service(callee).operations if each.name in names]


def visits(design: Design, workload: Workload, service: str) -> Visits:
    """Return what reaches `service` under `workload`."""
    rate = amplified = 0.0
    braked = design.wiring.of_node(service).queue >= 0
    if service == design.entry:
        return Visits(workload.rate, workload.rate, braked)
    for operation, sent in _sent(design, workload):
        for path in _below(design, design.entry, operation, ()):
            if path[-1].callee != service:
                continue
            calls, extra = sent, 1.0
            for hop in path:
                policy = design.wiring.of_edge(hop.edge)
                calls *= hop.times
                extra *= amplification(policy)
                braked = braked and policy.deadline and _budgeted(policy)
            rate += calls
            amplified += calls * extra
    return Visits(rate, amplified, braked)


def amplification(policy: EdgePolicy) -> float:
    """Return by how much an edge multiplies calls that all fail [1]."""
    if policy.retry is None or policy.retry.max == 0:
        return 1.0
    return 1 + (min(policy.retry.max, policy.retry.budget) if policy.retry.budget else policy.retry.max)


def _sent(design: Design, workload: Workload) -> Iterator[tuple[ServiceOperation, float]]:
    """Return each operation of the entry and how often users send it [1/s]; parts of an id share its weight."""
    total = sum(workload.mix.values())
    entry: ServiceDesign = design.service(design.entry)
    for id_, weight in workload.mix.items():
        found = [each for each in entry.operations if id_ in each.derives]
        for each in found:
            yield each, workload.rate * weight / total / len(found)


def _below(
    design: Design, service: str, operation: ServiceOperation, above: tuple[Hop, ...]
) -> Iterator[tuple[Hop, ...]]:
    for call in operation.calls:
        path = (*above, Hop(service, call.service, call.operation, call.times))
        yield path
        below = next((each for each in design.service(call.service).operations if each.name == call.operation), None)
        if below is not None and len(path) < len(design.services):
            yield from _below(design, call.service, below, path)


def _budgeted(policy: EdgePolicy) -> bool:
    return policy.retry is None or policy.retry.max == 0 or policy.retry.budget > 0
