"""A plan: a design and a wiring as arrays of nodes, edges, operations with their steps, and entries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from telic.errors import InvalidDesign, UsageError
from telic.runtime.wiring import Wiring
from telic.worlds.queueing.costs import Costs
from telic.worlds.queueing.layout import CALL


@dataclass(frozen=True)
class Plan:
    """What `simulate` runs; arrays are templates and are never written to."""

    system: str
    services: tuple[str, ...]
    names: tuple[tuple[str, str], ...]  # service and operation, by number
    edge_names: tuple[str, ...]  # caller->callee
    statements: tuple[str, ...]  # by step; "" where the step is no statement
    entries: tuple[str, ...]  # operations of the workload
    shares: tuple[float, ...]
    entry_operations: tuple[int, ...]
    rate: float  # the workload's [requests/s]
    keys: tuple[float, int]  # exponent and count of the keys' popularity
    caches: int
    rings: tuple[float, ...]  # seconds of each ring
    costs: Costs
    wiring: Wiring
    nodes: Any
    edges: Any
    operations: Any
    queues: Any
    steps: Any
    stations: Any

    @property
    def hops(self) -> float:
        """Service-to-service calls that one request leads to on average when all goes well and no cache helps [1]."""
        below = np.zeros(len(self.names))
        for op in leaves_first(self):
            first, end = self.operations["first"][op], self.operations["end"][op]
            for step in self.steps[first:end]:
                if step["kind"] == CALL:
                    below[op] += step["share"] * (1.0 + below[step["op"]])
        return float(np.dot(self.shares, below[list(self.entry_operations)]))

    def node(self, service: str) -> int:
        """Return the number of `service`."""
        return _find(self.services, service, "service")

    def edge(self, name: str) -> int:
        """Return the number of the edge ``caller->callee``."""
        return _find(self.edge_names, name, "edge")


def leaves_first(plan: Plan) -> list[int]:
    """Return the operations so that whatever one calls comes before it."""
    callees: Mapping[int, Sequence[int]] = {
        number: [int(step["op"]) for step in plan.steps[row["first"] : row["end"]] if step["kind"] == CALL]
        for number, row in enumerate(plan.operations)
    }
    order: list[int] = []
    state = dict.fromkeys(callees, 0)
    for root in callees:
        stack = [(root, False)]
        while stack:
            number, done = stack.pop()
            if done:
                state[number] = 2
                order.append(number)
            elif state[number] == 0:
                state[number] = 1
                stack.append((number, True))
                for each in callees[number]:
                    if state[each] == 1:
                        raise InvalidDesign(f"{'.'.join(plan.names[each])} calls itself", hint="break the circle")
                    stack.append((each, False))
    return order


def _find(names: Sequence[str], name: str, what: str) -> int:
    if name not in names:
        raise UsageError(f"the plan has no {what} {name!r}", hint=f"one of {', '.join(names[:8])}, ...")
    return names.index(name)
